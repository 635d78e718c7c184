// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// A kind with far more objects than the limit needs only the memory of the limit: further objects are left out as a
// whole, and counted.
func TestTwoHundredThousandObjects(t *testing.T) {
	t.Parallel()
	const n, limit = 200_000, 150_000
	e, err := exposition.New(exposition.Options{MaxObjects: limit, MaxLabelValue: 64}, append(Families(), thingSize, thingCreated)...)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCluster(fleet.Cluster{Name: "c"}, nil, Options{
		Exposition: e, Sets: testSets(), Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	e.Swap(nil, c.Groups())
	k := c.kinds[0]
	s := newStore(k, fleet.View{Cluster: "c"})
	s.begin()
	long := strings.Repeat("x", 253)
	for i := range n {
		o := &thing{}
		o.Metadata.Namespace, o.Metadata.Name = "n", fmt.Sprintf("%06d", i)
		if i%1000 == 0 {
			o.Metadata.Name += long
		}
		if err := s.stageObject(o); err != nil {
			t.Fatal(err)
		}
	}
	k.noteStart("v2")
	s.replace()
	got := map[string]int{
		"rows":   len(scrape(e, "test_size{")),
		"marked": strings.Count(strings.Join(scrape(e, "test_size{"), "\n"), "…"),
	}
	if diff := cmp.Diff(map[string]int{"rows": limit, "marked": limit / 1000}, got); diff != "" {
		t.Error(diff)
	}
	const labels = `{cluster="c",collector="test",group="test.example.com",kind="Widget"} `
	for _, want := range []string{
		"cobaltcore_watch_objects" + labels + "150000",
		"cobaltcore_watch_objects_cut" + labels + "50000",
		"cobaltcore_watch_objects_with_cut_labels" + labels + "150",
	} {
		if len(scrape(e, want)) != 1 {
			t.Errorf("no %s in %q", want, scrape(e, "cobaltcore_watch_objects"))
		}
	}
}

// TestObjectsBeyondALimitLeaveNothing checks that an object beyond a limit, from a list or an event, leaves neither a memory
// nor a note.
func TestObjectsBeyondALimitLeaveNothing(t *testing.T) {
	t.Parallel()
	e, err := exposition.New(exposition.Options{MaxObjects: 2}, append(Families(), thingSize)...)
	if err != nil {
		t.Fatal(err)
	}
	resource := NewStatefulResource(
		Resource{Group: testGroup, Kind: "Widget", Versions: []string{"v1"}, Families: []*exposition.Family{thingSize}, Notes: true},
		func(o *thing, _ fleet.View, _ lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			r.Add(thingSize, 1, "c", "Widget", o.Metadata.Name)
			r.Note(o.Metadata.Name)
			return lifecycle.Memory{Since: 1}
		})
	n := &notebook{notes: map[string]any{}}
	c := NewCluster(fleet.Cluster{Name: "c"}, nil, Options{
		Exposition: e, Sets: []Set{{Collector: "test", Resources: []Resource{resource}}}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Notes: map[string]Notes{"test": n},
	})
	e.Swap(nil, c.Groups())
	k := c.kinds[0]
	s := newStore(k, fleet.View{Cluster: "c"})
	named := func(name string) *thing {
		o := &thing{}
		o.Metadata.Name, o.Spec.Size = name, 1
		return o
	}
	s.begin()
	for _, name := range []string{"a", "b", "c"} {
		if err := s.stageObject(named(name)); err != nil {
			t.Fatal(err)
		}
	}
	s.maxList = s.received
	if err := s.stageObject(named("c")); !errors.Is(err, failure.ErrTooLarge) {
		t.Errorf("an object more than a list may have: %v", err)
	}
	s.replace()
	s.update(named("d"))
	if kept := len(k.memory.byKey); kept != 2 {
		t.Errorf("%d objects are remembered, want 2", kept)
	}
	n.want(t, map[string]any{"Widget a": "a", "Widget b": "b"})
	if objects, over, _ := k.group.Size(); objects != 2 || over != 2 {
		t.Errorf("%d objects and %d left out", objects, over)
	}
}
