// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// writeAPI dumps a fake cluster into a new directory.
func writeAPI(t *testing.T, a fakeAPI) (SnapshotReport, string) {
	t.Helper()
	r := &rig{t: t, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	r.connectTo(a)
	dir := t.TempDir()
	d, err := WriteSnapshot(t.Context(), fleet.Cluster{Name: "c", Source: fleet.SourceKubeconfig, Kubeconfig: r.kubeconfig}, testSets(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return d, dir
}

// replay serves a directory.
func replay(t *testing.T, dir string, meta snapshot.Meta) (rows, watches []string) {
	t.Helper()
	if err := meta.Write(dir); err != nil {
		t.Fatal(err)
	}
	c, e := snapshotCluster(t, snapshot.Dir{Path: dir, ShiftTime: true})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	testutil.Eventually(t, func() (bool, string) { return c.Settled(), "not settled" })
	cancel()
	<-done
	for _, line := range scrape(e, "cobaltcore_") {
		if strings.HasPrefix(line, "cobaltcore_cluster_up") || strings.HasPrefix(line, "cobaltcore_cluster_failing") ||
			strings.HasPrefix(line, "cobaltcore_watch_present") || strings.HasPrefix(line, "cobaltcore_watch_synced") || strings.HasPrefix(line, "cobaltcore_watch_failing") {
			watches = append(watches, strings.ReplaceAll(line, `cluster="c",collector="test",group="test.example.com",`, ""))
		}
	}
	return scrape(e, "test_"), watches
}

func TestWriteSnapshotReplays(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).StartTLS)
	a.serve("Widget", "v1", "v2")
	a.serve("Gadget", "v1")
	a.put("widgets", "a", `{"size":1,"password":"s3cr3t"}`)
	a.put("widgets", "b", `{"size":"two","kubeconfig":"x-kubeconfig"}`)
	d, dir := writeAPI(t, a)
	want := SnapshotReport{ServerVersion: "v1.36.2", Kinds: []SnapshotKind{
		{Group: testGroup, Kind: "Widget", Version: "v2", Objects: 2}, {Group: testGroup, Kind: "Gadget", Version: "v1"},
	}}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	text, err := os.ReadFile(filepath.Join(dir, "widget.json"))
	if err != nil || strings.Contains(string(text), "s3cr3t") || strings.Count(string(text), "\n") != 4 {
		t.Errorf("%s, %v", text, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "widget.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	rows, watches := replay(t, dir, snapshot.Meta{ServerVersion: d.ServerVersion})
	if diff := cmp.Diff([]string{size("Widget", "a", 1), `test_size{cluster="c",target_cluster="x-kubeconfig",kind="Widget",name="b"} 0`}, rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		`cobaltcore_cluster_up{cluster="c"} 1`,
		`cobaltcore_watch_present{kind="Gadget",version="v1"} 1`, `cobaltcore_watch_present{kind="Widget",version="v2"} 1`,
		`cobaltcore_watch_synced{kind="Gadget"} 1`, `cobaltcore_watch_synced{kind="Widget"} 1`,
	}, watches); diff != "" {
		t.Error(diff)
	}
}

// TestWriteSnapshotRecordsForbiddenKinds: it is unknown in the replay, too.
func TestWriteSnapshotRecordsForbiddenKinds(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).StartTLS)
	a.serve("Widget", "v1")
	a.put("widgets", "a", `{"size":1}`)
	a.serve("Gadget", "v1")
	a.deny("gadgets", fakeapi.Status(http.StatusForbidden, "Forbidden", "s3cr3t"))
	d, dir := writeAPI(t, a)
	failed := d.Kinds[1]
	if failed.Failure == nil || failed.Failure.Reason != failure.ReasonForbidden || strings.Contains(failed.Failure.Text, "s3cr3t") {
		t.Fatalf("%+v", failed)
	}
	if _, err := os.Stat(filepath.Join(dir, "gadget.json")); err == nil {
		t.Error("a kind that was not read has a file")
	}
	rows, watches := replay(t, dir, snapshot.Meta{Missing: []snapshot.Missing{{Group: testGroup, Kind: "Gadget", Version: "v1", Reason: "forbidden"}}})
	if diff := cmp.Diff([]string{size("Widget", "a", 1)}, rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		`cobaltcore_cluster_up{cluster="c"} 1`,
		`cobaltcore_watch_failing{kind="Gadget",reason="forbidden"} 1`,
		`cobaltcore_watch_present{kind="Gadget",version="v1"} 1`, `cobaltcore_watch_present{kind="Widget",version="v1"} 1`,
		`cobaltcore_watch_synced{kind="Gadget"} 0`, `cobaltcore_watch_synced{kind="Widget"} 1`,
	}, watches); diff != "" {
		t.Error(diff)
	}
	again, err := WriteSnapshot(t.Context(), fleet.Cluster{Name: "c", Snapshot: &snapshot.Dir{Path: dir}}, testSets(), t.TempDir())
	if err != nil || len(again.Kinds) != 2 || again.Kinds[1].Failure == nil || again.Kinds[1].Failure.Reason != failure.ReasonForbidden {
		t.Errorf("dumped again: %+v, %v", again, err)
	}
}

func TestWriteSnapshotOfADeadCluster(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).StartTLS)
	a.Replace(fakeapi.Gateway)
	d, dir := writeAPI(t, a)
	if d.Failure == nil || d.Failure.Reason != failure.ReasonServer || len(d.Kinds) > 0 {
		t.Errorf("%+v", d)
	}
	meta := snapshot.Meta{Missing: []snapshot.Missing{{Reason: "server"}}}
	_, watches := replay(t, dir, meta)
	if diff := cmp.Diff([]string{`cobaltcore_cluster_failing{cluster="c",reason="server"} 1`, `cobaltcore_cluster_up{cluster="c"} 0`}, watches); diff != "" {
		t.Error(diff)
	}
	again, err := WriteSnapshot(t.Context(), fleet.Cluster{Name: "c", Snapshot: &snapshot.Dir{Path: dir}}, testSets(), t.TempDir())
	if err != nil || again.Failure == nil || again.Failure.Reason != failure.ReasonServer {
		t.Errorf("dumped again: %+v, %v", again, err)
	}
}

// TestWriteSnapshotReadsAllPages: a list that has become too old on the way is listed anew.
func TestWriteSnapshotReadsAllPages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tooOld bool
		asked  []string
	}{
		"three pages": {asked: []string{"500 ", "500 2", "500 3"}},
		"too old":     {tooOld: true, asked: []string{"500 ", "500 2", "500 3", " "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newFakeAPI(t, (*httptest.Server).StartTLS)
			a.serve("Widget", "v1")
			var asked []string
			a.deny("widgets", func(w http.ResponseWriter, r *http.Request) {
				limit, at := r.URL.Query().Get("limit"), r.URL.Query().Get("continue")
				asked = append(asked, limit+" "+at)
				item := func(n string) string { return `{"metadata":{"name":"` + n + `"},"spec":{"size":1}}` }
				page := func(next string, items ...string) {
					_, _ = fmt.Fprintf(w, `{"metadata":{"resourceVersion":"9","continue":%q},"items":[%s]}`, next, strings.Join(items, ","))
				}
				switch {
				case limit == "":
					page("", item("x"), item("y"), item("z"))
				case at == "":
					page("2", item("a"))
				case at == "2":
					page("3", item("b"))
				case tc.tooOld:
					w.WriteHeader(http.StatusGone)
					_, _ = io.WriteString(w, fakeapi.Expired)
				default:
					page("", item("c"))
				}
			})
			d, dir := writeAPI(t, a)
			if len(d.Kinds) != 1 || d.Kinds[0].Objects != 3 || d.Kinds[0].Failure != nil {
				t.Errorf("%+v", d.Kinds)
			}
			if diff := cmp.Diff(tc.asked, asked); diff != "" {
				t.Error(diff)
			}
			names := []string{"a", "b", "c"}
			if tc.tooOld {
				names = []string{"x", "y", "z"}
			}
			rows, _ := replay(t, dir, snapshot.Meta{})
			for i, n := range names {
				names[i] = size("Widget", n, 1)
			}
			if diff := cmp.Diff(names, rows); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWriteSnapshotCannotWrite: that is the one error there is.
func TestWriteSnapshotCannotWrite(t *testing.T) {
	t.Parallel()
	dir := writeFiles(t, map[string]string{"a.json": document("Widget", "v1", "a", "1")})
	_, err := WriteSnapshot(t.Context(), fleet.Cluster{Name: "c", Snapshot: &snapshot.Dir{Path: dir}}, testSets(), filepath.Join(dir, "missing"))
	if err == nil {
		t.Error("no error")
	}
}

// TestKindsOfTheSameNameHaveFilesOfTheirOwn, each with its group.
func TestKindsOfTheSameNameHaveFilesOfTheirOwn(t *testing.T) {
	other := thingResource("Widget", false, "v1")
	other.Group = "other.example.com"
	d := &writer{resources: []Resource{other, thingResource("Widget", false, "v1"), thingResource("Gadget", false, "v1")}}
	var names []string
	for _, r := range d.resources {
		names = append(names, d.fileName(r))
	}
	if want := []string{"widget.other.example.com.json", "widget.test.example.com.json", "gadget.json"}; !slices.Equal(want, names) {
		t.Error(names)
	}
}
