// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// notebook keeps the notes of objects.
type notebook struct {
	mu    sync.Mutex
	notes map[string]any
}

func (n *notebook) Replace(kind string, notes map[string]any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.DeleteFunc(n.notes, func(key string, _ any) bool { return key[:len(kind)] == kind })
	for key, note := range notes {
		n.notes[kind+" "+key] = note
	}
}

func (n *notebook) Set(kind, key string, note any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if note == nil {
		delete(n.notes, kind+" "+key)
		return
	}
	n.notes[kind+" "+key] = note
}

func (n *notebook) want(t *testing.T, want map[string]any) {
	t.Helper()
	testutil.Eventually(t, func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		diff := cmp.Diff(want, n.notes)
		return diff == "", diff
	})
}

// noting returns a resource whose objects have their size as a note, unless they are empty.
func noting() Resource {
	return NewResource(Resource{
		Group: testGroup, Kind: "Widget", Versions: []string{"v1"}, Families: []*exposition.Family{thingSize}, Notes: true,
	}, func(o *thing, _ fleet.View, r *exposition.Rows) {
		r.Add(thingSize, float64(o.Spec.Size), "", "Widget", o.Metadata.Name)
		if o.Spec.Size > 0 {
			r.Note(o.Spec.Size)
		}
	})
}

func TestNotes(t *testing.T) {
	t.Parallel()
	for _, watchList := range []bool{true, false} {
		t.Run(fmt.Sprintf("watchList %v", watchList), func(t *testing.T) {
			t.Parallel()
			a := newFakeAPI(t, (*httptest.Server).Start)
			a.serve("Widget", "v1")
			a.put("widgets", "a", `{"size":1}`)
			a.put("widgets", "empty", `{"size":0}`)
			n := &notebook{notes: map[string]any{}}
			watchAPI(t, a, func(c *fleet.Cluster, o *Options) {
				c.WatchList = watchList
				o.Sets, o.Notes = []Set{{Collector: "test", Resources: []Resource{noting()}}}, map[string]Notes{"test": n}
			})
			n.want(t, map[string]any{"Widget n/a": 1})
			a.put("widgets", "b", `{"size":2}`)
			a.put("widgets", "a", `{"size":3}`)
			n.want(t, map[string]any{"Widget n/a": 3, "Widget n/b": 2})
			a.put("widgets", "b", `{"size":0}`)
			n.want(t, map[string]any{"Widget n/a": 3})
			a.remove("widgets", "a")
			n.want(t, map[string]any{})
			a.put("widgets", "c", `{"size":4}`)
			n.want(t, map[string]any{"Widget n/c": 4})
			a.serve("Widget") // served no longer
			n.want(t, map[string]any{})
		})
	}
}

func TestNotesOfASnapshot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "widgets.yaml")
	object := func(name string, size int) string {
		return fmt.Sprintf("apiVersion: %s/v1\nkind: Widget\nmetadata: {name: %s, namespace: default}\nspec: {size: %d}\n---\n", testGroup, name, size)
	}
	if err := os.WriteFile(file, []byte(object("a", 1)+object("b", 2)), 0o600); err != nil {
		t.Fatal(err)
	}
	n := &notebook{notes: map[string]any{}}
	watchAPI(t, newFakeAPI(t, (*httptest.Server).Start), func(c *fleet.Cluster, o *Options) {
		c.Source, c.Snapshot = fleet.SourceSnapshot, &snapshot.Dir{Path: dir}
		o.Sets, o.Notes = []Set{{Collector: "test", Resources: []Resource{noting()}}}, map[string]Notes{"test": n}
	})
	n.want(t, map[string]any{"Widget default/a": 1, "Widget default/b": 2})
	if err := os.WriteFile(file, []byte(object("a", 5)), 0o600); err != nil {
		t.Fatal(err)
	}
	n.want(t, map[string]any{"Widget default/a": 5})
}

// onReplace is called for the notes of each list.
type onReplace func()

func (f onReplace) Replace(string, map[string]any) { f() }
func (onReplace) Set(string, string, any)          {}

// TestStopWhileListCompletes stops clusters when their first list is complete. Nothing of them is left that others wait for.
func TestStopWhileListCompletes(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	buffers := fleet.NewBuffers()
	watch := func(n Notes) *rig {
		return watchAPI(t, a, func(_ *fleet.Cluster, o *Options) {
			o.Sets, o.Notes, o.Buffers = []Set{{Collector: "test", Resources: []Resource{noting()}}}, map[string]Notes{"test": n}, buffers
		})
	}
	for range 2 * runtime.GOMAXPROCS(0) {
		started, stopped := make(chan *rig, 1), make(chan struct{})
		r := watch(onReplace(func() {
			(<-started).cancel()
			close(stopped)
		}))
		started <- r
		<-stopped
		r.stop()
	}
	watch(onReplace(func() {})).wantLine(
		`cobaltcore_watch_synced{cluster="c",collector="test",group="test.example.com",kind="Widget"} 1`)
}
