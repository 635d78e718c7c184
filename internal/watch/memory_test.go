// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"net/http/httptest"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

// counting is a resource that remembers the number of observations of its objects; those of events count hundredfold.
// Objects of size 0 have no memory.
func counting() Resource {
	return NewStatefulResource(Resource{Group: testGroup, Kind: "Widget", Versions: []string{"v1"}, Families: []*exposition.Family{thingSize}},
		func(o *thing, _ fleet.View, s lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			step := int64(1)
			if s.Live {
				step = 100
			}
			m := lifecycle.Memory{Since: s.Before.Since + step}
			r.Add(thingSize, float64(m.Since), "c", "Widget", o.Metadata.Name)
			if o.Spec.Size == 0 {
				return lifecycle.Memory{}
			}
			return m
		})
}

// TestMemory checks that the memory of an object outlives events and relists, and is dropped when the object is
// deleted.
func TestMemory(t *testing.T) {
	a := newFakeAPI(t, (*httptest.Server).Start)
	a.serve("Widget", "v1")
	a.put("widgets", "a", `{"size":1}`)
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) {
		o.Sets = []Set{{Collector: "test", Resources: []Resource{counting()}}}
	})
	r.wantRows(size("Widget", "a", 1))
	a.put("widgets", "a", `{"size":2}`)
	r.wantRows(size("Widget", "a", 101))
	a.cut("widgets", fakeapi.Frame("ERROR", fakeapi.Expired))
	r.wantRows(size("Widget", "a", 102))
	a.put("widgets", "a", `{"size":0}`)
	r.wantRows(size("Widget", "a", 202))
	a.put("widgets", "a", `{"size":3}`)
	r.wantRows(size("Widget", "a", 100))
	a.remove("widgets", "a")
	r.wantRows()
	a.put("widgets", "a", `{"size":4}`)
	r.wantRows(size("Widget", "a", 100))
}

// TestMemories checks that memories outlive a cluster and its connection, until the cluster or the collector is
// removed.
func TestMemories(t *testing.T) {
	a := newFakeAPI(t, (*httptest.Server).Start)
	a.serve("Widget", "v1")
	a.put("widgets", "a", `{"size":1}`)
	memories := NewMemories()
	sets := []Set{{Collector: "test", Resources: []Resource{counting()}}}
	for _, step := range []struct {
		before func()
		want   int
	}{
		{func() {}, 1},
		{func() {}, 2},
		{func() { memories.Keep([]string{"c"}); memories.KeepCollectors(sets) }, 3},
		{func() { memories.Keep([]string{"other"}) }, 1},
		{func() { memories.KeepCollectors([]Set{{Collector: "other"}}) }, 1},
	} {
		step.before()
		r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.Sets, o.Memories = sets, memories })
		r.wantRows(size("Widget", "a", step.want))
	}
}

// TestUnsupportedVersions checks that a kind that is served in unknown versions is not absent.
func TestUnsupportedVersions(t *testing.T) {
	a := newFakeAPI(t, (*httptest.Server).Start)
	a.serve("Widget", "v8", "v9")
	a.serve("Gadget", "v1")
	r := watchAPI(t, a)
	r.wantLine(`cobaltcore_watch_unsupported_versions{cluster="c",collector="test",group="` + testGroup + `",kind="Widget",versions="v8,v9"} 1`)
	r.wantNoLine(`cobaltcore_watch_unsupported_versions{cluster="c",collector="test",group="` + testGroup + `",kind="Gadget"`)
	a.serve("Widget", "v1")
	r.wantNoLine(`cobaltcore_watch_unsupported_versions`)
}
