// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// writeFiles writes files below a new directory and returns it.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var snapshotNow = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func snapshotCluster(t *testing.T, s snapshot.Dir) (*Cluster, *exposition.Exposition) {
	t.Helper()
	e := newExposition(t)
	c := fleet.Cluster{Name: "c", Source: fleet.SourceSnapshot, Snapshot: &s}
	w := NewCluster(c, fleet.TargetsOf([]fleet.Cluster{c}), Options{
		Exposition: e, Sets: testSets(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return snapshotNow },
		ProbeInterval: 20 * time.Millisecond,
	})
	e.Swap(nil, w.Groups())
	return w, e
}

// run runs a cluster until the test ends.
func run(t *testing.T, c *Cluster) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// object is a document as YAML in one line, which is JSON, too.
func document(kind, version, name, size string) string {
	return `{"apiVersion": "test.example.com/` + version + `", "kind": "` + kind + `", "metadata": {"name": "` + name + `"}, "spec": {"size": ` + size + "}}\n"
}

func TestSnapshotObjects(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"nothing": {files: map[string]string{"snapshot.yaml": "serverVersion: v1.36.2\n"}},
		"one object": {
			files: map[string]string{"a.yaml": "apiVersion: test.example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec:\n  size: 1\n"},
			want:  []string{size("Widget", "a", 1)},
		},
		"several documents, some empty": {
			files: map[string]string{"a.yml": "# a comment\n---\n" + document("Widget", "v1", "a", "1") + "---\n---\n# another\n---\n" + document("Gadget", "v1", "g", "9")},
			want:  []string{size("Widget", "a", 1), size("Gadget", "g", 9)},
		},
		"JSON":                     {files: map[string]string{"a.json": document("Widget", "v1", "a", "1")}, want: []string{size("Widget", "a", 1)}},
		"a stream of JSON":         {files: map[string]string{"a.json": document("Widget", "v1", "a", "1") + document("Widget", "v1", "b", "2")}, want: []string{size("Widget", "a", 1), size("Widget", "b", 2)}},
		"a list as kubectl has it": {files: map[string]string{"a.yaml": "apiVersion: v1\nkind: List\nitems:\n- " + document("Widget", "v1", "a", "1") + "- " + document("Gadget", "v1", "g", "9")}, want: []string{size("Widget", "a", 1), size("Gadget", "g", 9)}},
		"a list as the API has it": {files: map[string]string{"a.json": `{"apiVersion":"test.example.com/v1","kind":"WidgetList","metadata":{},"items":[` + document("Widget", "v1", "a", "1") + "]}"}, want: []string{size("Widget", "a", 1)}},
		"a list in a list":         {files: map[string]string{"a.json": `{"kind":"List","items":[{"kind":"WidgetList","items":[` + document("Widget", "v1", "a", "1") + "]}]}"}, want: []string{size("Widget", "a", 1)}},
		"an empty list":            {files: map[string]string{"a.json": `{"kind":"List","items":[]}`, "b.json": `{"apiVersion":"test.example.com/v1","kind":"WidgetList","items":[]}`}},
		"directories":              {files: map[string]string{"x/y/a.YAML": document("Widget", "v1", "a", "1"), "z/b.yaml": document("Widget", "v1", "b", "2")}, want: []string{size("Widget", "a", 1), size("Widget", "b", 2)}},
		"other files":              {files: map[string]string{"README.md": document("Widget", "v1", "a", "1"), "a.txt": "{[", "Makefile": "all:", "b.yaml": document("Widget", "v1", "b", "1")}, want: []string{size("Widget", "b", 1)}},
		"unknown kinds": {
			files: map[string]string{"a.yaml": document("Gizmo", "v1", "x", "1") + "---\n" + strings.ReplaceAll(document("Widget", "v1", "x", "1"), "test.example.com", "other.example.com") +
				"---\n" + document("Widget", "v9", "x", "1") + "---\n" + document("Widget", "v1", "a", "1")},
			want: []string{size("Widget", "a", 1)},
		},
		"answers of another system": {
			files: map[string]string{"openbao/main/n/sys-health.json": `{"_status": 200}`, "openbao/main/n/tls.json": `{"not_after": "2027-01-01T00:00:00Z"}`, "a.json": document("Widget", "v1", "a", "1")},
			want:  []string{size("Widget", "a", 1)},
		},
		"two versions":        {files: map[string]string{"a.yaml": document("Widget", "v1", "a", "1"), "b.yaml": document("Widget", "v2", "b", "2")}, want: []string{size("Widget", "a", 1), size("Widget", "b", 2)}},
		"overlap: later wins": {files: map[string]string{"a.yaml": document("Widget", "v1", "a", "1") + "---\n" + document("Widget", "v1", "a", "2"), "b.yaml": document("Widget", "v1", "a", "3")}, want: []string{size("Widget", "a", 3)}},
		"no owner":            {files: map[string]string{"a.yaml": document("Widget", "v1", "a", "-1") + "---\n" + document("Widget", "v1", "b", "1")}, want: []string{size("Widget", "b", 1)}},
		"the wrong type":      {files: map[string]string{"a.yaml": document("Widget", "v1", "a", `"many"`)}, want: []string{size("Widget", "a", 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, e := snapshotCluster(t, snapshot.Dir{Path: writeFiles(t, tc.files)})
			if _, err := c.loadSnapshot(t.Context(), *c.view.Load(), true); err != nil {
				t.Fatal(err)
			}
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, scrape(e, "test_size")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSnapshotBehindLink(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "current")
	if err := os.Symlink(writeFiles(t, map[string]string{"a.yaml": document("Widget", "v1", "a", "1")}), link); err != nil {
		t.Fatal(err)
	}
	c, e := snapshotCluster(t, snapshot.Dir{Path: link})
	if _, err := c.loadSnapshot(t.Context(), *c.view.Load(), true); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{size("Widget", "a", 1)}, scrape(e, "test_size")); diff != "" {
		t.Error(diff)
	}
}

func TestSnapshotErrors(t *testing.T) {
	t.Parallel()
	const widget = "apiVersion: test.example.com/v1\nkind: Widget\nmetadata:\n  name: a\n"
	for name, tc := range map[string]struct {
		files map[string]string
		parts []string // of the error
	}{
		"no directory":            {parts: []string{"missing", "no such file"}},
		"no file":                 {files: map[string]string{"cluster/readme.txt": "nothing"}, parts: []string{"cluster: no Kubernetes object found"}},
		"comments only":           {files: map[string]string{"cluster/a.yaml": "# nothing\n---\n"}, parts: []string{"no Kubernetes object found"}},
		"an empty file":           {files: map[string]string{"cluster/a.yaml": "\n"}, parts: []string{"a.yaml:1: the file is empty"}},
		"no name":                 {files: map[string]string{"cluster/a.yaml": widget + "---\n" + widget + "---\napiVersion: test.example.com/v1\nkind: Widget\nmetad: {}\n"}, parts: []string{"a.yaml:11: Widget has no metadata.name"}},
		"unknown key":             {files: map[string]string{"cluster/snapshot.yaml": "taken: 2026-11-20T09:00:00Z\n"}, parts: []string{"cluster/snapshot.yaml", "taken"}},
		"unknown key above":       {files: map[string]string{"cluster/a.yaml": "", "snapshot.yaml": "when: now\n"}, parts: []string{"snapshot.yaml", "when"}},
		"no time":                 {files: map[string]string{"cluster/snapshot.yaml": "takenAt: yesterday\n"}, parts: []string{"snapshot.yaml", "yesterday"}},
		"snapshot.yaml is no map": {files: map[string]string{"cluster/snapshot.yaml": "- a\n"}, parts: []string{"snapshot.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(writeFiles(t, tc.files), "cluster")
			if tc.files == nil {
				path = filepath.Join(path, "missing")
			}
			c, e := snapshotCluster(t, snapshot.Dir{Path: path})
			_, err := c.loadSnapshot(t.Context(), *c.view.Load(), true)
			if err == nil {
				t.Fatalf("no error; %q", scrape(e, ""))
			}
			for _, part := range tc.parts {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v does not mention %q", err, part)
				}
			}
		})
	}
}

// TestSnapshotTime has an object that was two days old at the dump, three days
// ago.
func TestSnapshotTime(t *testing.T) {
	t.Parallel()
	const (
		object  = `{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"a","creationTimestamp":"2026-11-18T09:00:00Z"}}`
		taken   = "takenAt: 2026-11-20T09:00:00Z\nserverVersion: v1.36.2\n"
		as      = `test_created_timestamp_seconds{cluster="c",kind="Widget",name="a"} 1794992400`
		shifted = `test_created_timestamp_seconds{cluster="c",kind="Widget",name="a"} 1795251600`
	)
	for name, tc := range map[string]struct {
		files   map[string]string
		shift   bool
		want    string
		version string
	}{
		"shifted":                      {map[string]string{"c/snapshot.yaml": taken}, true, shifted, "v1.36.2"},
		"snapshot.yaml above":          {map[string]string{"snapshot.yaml": taken}, true, shifted, "v1.36.2"},
		"the nearer snapshot.yaml":     {map[string]string{"snapshot.yaml": "takenAt: 2020-01-01T00:00:00Z\n", "c/snapshot.yaml": taken}, true, shifted, "v1.36.2"},
		"off in the configuration":     {map[string]string{"c/snapshot.yaml": taken}, false, as, "v1.36.2"},
		"off in the snapshot":          {map[string]string{"c/snapshot.yaml": taken + "shiftTime: false\n"}, true, as, "v1.36.2"},
		"off in the snapshot above":    {map[string]string{"snapshot.yaml": taken + "shiftTime: false\n"}, true, as, "v1.36.2"},
		"on in the snapshot is not on": {map[string]string{"c/snapshot.yaml": taken + "shiftTime: true\n"}, false, as, "v1.36.2"},
		"no takenAt":                   {map[string]string{"c/snapshot.yaml": "serverVersion: v1\n"}, true, as, "v1"},
		"no snapshot.yaml":             {nil, true, as, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"c/a.json": object}
			maps.Copy(files, tc.files)
			c, e := snapshotCluster(t, snapshot.Dir{Path: filepath.Join(writeFiles(t, files), "c"), ShiftTime: tc.shift})
			if _, err := c.loadSnapshot(t.Context(), *c.view.Load(), true); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tc.want}, scrape(e, "test_created")); diff != "" {
				t.Error(diff)
			}
			wantInfo := []string{`cobaltcore_cluster_info{cluster="c",role="",region="",owner="",source="snapshot",version="` + tc.version + `",cluster_uid=""} 1`}
			if diff := cmp.Diff(wantInfo, scrape(e, "cobaltcore_cluster_info")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSnapshotDoesNotAge: half an hour later, its ages are the same.
func TestSnapshotDoesNotAge(t *testing.T) {
	t.Parallel()
	dir := writeFiles(t, map[string]string{
		"snapshot.yaml": "takenAt: 2026-11-20T09:00:00Z\n",
		"a.json":        `{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"a","creationTimestamp":"2026-11-20T08:00:00Z"}}`,
	})
	c, e := snapshotCluster(t, snapshot.Dir{Path: dir, ShiftTime: true})
	var later atomic.Int64
	now := func() time.Time { return snapshotNow.Add(time.Duration(later.Load())) }
	c.options.Now = now
	run(t, c)
	wantAge := func() {
		t.Helper()
		want := fmt.Sprintf(`test_created_timestamp_seconds{cluster="c",kind="Widget",name="a"} %d`, now().Add(-time.Hour).Unix())
		testutil.Eventually(t, func() (bool, string) {
			got := scrape(e, "test_created")
			return slices.Equal([]string{want}, got), strings.Join(got, "\n")
		})
	}
	wantAge()
	later.Store(int64(30 * time.Minute))
	wantAge()
}

// TestSnapshotMistyped names each value of the wrong type, and counts it once.
func TestSnapshotMistyped(t *testing.T) {
	t.Parallel()
	dir := writeFiles(t, map[string]string{
		"snapshot.yaml": "takenAt: 2026-11-20T09:00:00Z\n",
		"a.yaml":        document("Widget", "v1", "a", "1") + "---\n" + document("Widget", "v1", "b", `"many"`),
	})
	c, e := snapshotCluster(t, snapshot.Dir{Path: dir, ShiftTime: true})
	for _, first := range []bool{true, false} {
		if _, err := c.loadSnapshot(t.Context(), *c.view.Load(), first); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := c.SnapshotProblems()
	want := []string{filepath.Join(dir, "a.yaml") + ":3: Widget b: spec.size has a value of the wrong type, which is left out"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	count := `cobaltcore_watch_partial_decodes_total{cluster="c",collector="test",group="test.example.com",kind="Widget"} 1`
	if !slices.Contains(scrape(e, "cobaltcore_watch_partial_decodes_total"), count) {
		t.Errorf("%q", scrape(e, "cobaltcore_watch_partial_decodes_total"))
	}
}

// TestSnapshotRefersToUnrecordedKinds: a kind is unrecorded if an object refers to it and there is nothing
// of it, not even an empty list.
func TestSnapshotRefersToUnrecordedKinds(t *testing.T) {
	t.Parallel()
	with := func(spec string) string {
		return `{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":` + spec + "}\n"
	}
	for name, tc := range map[string]struct {
		file string
		want bool
	}{
		"reference":      {with(`{"sourceRef":{"kind":"Gadget","name":"g"}}`), true},
		"references":     {with(`{"data":[{"storeRefs":[{"name":"x","kind":"Other"},{"name":"g","kind":"Gadget"}]}]}`), true},
		"other kind":     {with(`{"sourceRef":{"kind":"Gizmo","name":"g"}}`), false},
		"no reference":   {with(`{"health":{"kind":"Gadget","name":"g"}}`), false},
		"recorded":       {with(`{"sourceRef":{"kind":"Gadget","name":"g"}}`) + document("Gadget", "v1", "other", "1"), false},
		"an empty list":  {with(`{"sourceRef":{"kind":"Gadget","name":"g"}}`) + `{"apiVersion":"test.example.com/v1","kind":"GadgetList","items":[]}`, false},
		"spec is a text": {with(`"Gadget"`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, e := snapshotCluster(t, snapshot.Dir{Path: writeFiles(t, map[string]string{"a.json": tc.file})})
			if _, err := c.loadSnapshot(t.Context(), *c.view.Load(), true); err != nil {
				t.Fatal(err)
			}
			var want []string
			if tc.want {
				want = []string{`cobaltcore_watch_unrecorded{cluster="c",collector="test",group="test.example.com",kind="Gadget"} 1`}
			}
			if diff := cmp.Diff(want, scrape(e, "cobaltcore_watch_unrecorded")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSnapshotRuns follows the fleet and the files; what cannot be read changes
// nothing.
func TestSnapshotRuns(t *testing.T) {
	t.Parallel()
	const object = `{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"size":1,"kubeconfig":"x-kubeconfig"}}`
	dir := writeFiles(t, map[string]string{"a.json": object})
	c, e := snapshotCluster(t, snapshot.Dir{Path: dir})
	if c.Settled() {
		t.Error("settled before it runs")
	}
	run(t, c)
	r := &rig{Cluster: c, t: t, exposition: e}
	row := func(target string) string {
		return `test_size{cluster="c",target_cluster="` + target + `",kind="Widget",name="a"} 1`
	}
	r.wantRows(row("x-kubeconfig"))
	testutil.Eventually(t, func() (bool, string) { return c.Settled(), "not settled" })
	stop := r.always([]string{row("x-kubeconfig")}, []string{row("x")})
	c.SetTargets(fleet.TargetsOf([]fleet.Cluster{{Name: "c"}, {Name: "x"}}))
	r.wantRows(row("x"))
	stop()
	stop = r.always([]string{row("x")})
	if err := os.WriteFile(filepath.Join(dir, "b.yaml"), []byte("kind: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	r.wantLine(`cobaltcore_cluster_failing{cluster="c",reason="config"} 1`)
	r.wantLine(`cobaltcore_cluster_up{cluster="c"} 0`)
	stop()
	r.wantRows(row("x"))
	if err := os.Remove(filepath.Join(dir, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	r.wantLine(`cobaltcore_cluster_up{cluster="c"} 1`)
	if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte(`{"apiVersion":"test.example.com/v1","kind":"GadgetList","items":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r.wantRows()
	r.wantLine(`cobaltcore_watch_present{cluster="c",collector="test",group="test.example.com",kind="Widget",version=""} 0`)
}
