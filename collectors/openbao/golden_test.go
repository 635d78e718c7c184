// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestGoldenFiles reads the answers of each case of
// testdata as a snapshot and compares all rows.
func TestGoldenFiles(t *testing.T) {
	for _, name := range loadCases(t) {
		t.Run(name, func(t *testing.T) {
			site, i := snapshotCase(t, name, new(time.Duration))
			round(t.Context(), i)
			got := serve(t, site.Exposition)
			mustParse(t, got)
			collectortest.Lint(t, got)
			golden(t, name, collectortest.Lines(got))
		})
	}
}

// snapshotCase returns the instance of a case, some time after its snapshot.
func snapshotCase(t *testing.T, name string, later *time.Duration) (collectors.Site, *instance) {
	t.Helper()
	dir := t.TempDir()
	o := buildCase(t, name, dir)
	cluster := fleet.Cluster{
		Name: "management", Source: fleet.SourceSnapshot,
		Snapshot: &snapshot.Dir{Path: filepath.Join(dir, "management"), ShiftTime: true},
	}
	meta, err := cluster.Snapshot.ReadMeta(t.Context())
	if err != nil || meta.TakenAt.IsZero() {
		t.Fatalf("snapshot.yaml: %v, %v", meta, err)
	}
	site := newSite(t, func() time.Time { return meta.TakenAt.Add(*later) })
	site.Cluster = cluster
	return site, start(o, site)
}

// TestRunReachesTheGoldenRows checks that the three concurrent loops result in the same rows as
// consecutive rounds.
func TestRunReachesTheGoldenRows(t *testing.T) {
	for _, name := range []string{"healthy-2.4", "leader-sealed", "all-sealed", "partial"} {
		t.Run(name, func(t *testing.T) {
			site, i := snapshotCase(t, name, new(time.Duration))
			run(t, i)
			testutil.Until(t, "settled", i.Settled)
			want := readGolden(t, name)
			got := collectortest.Lines(serve(t, site.Exposition))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// run runs the probe until the test ends.
func run(tb testing.TB, p collectors.Probe) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	tb.Cleanup(func() { cancel(); <-done })
}

// TestSnapshotAgesAreFixed checks that timestamps move with the clock and other rows do not change.
func TestSnapshotAgesAreFixed(t *testing.T) {
	const later = 100 * 24 * time.Hour
	for _, name := range []string{"healthy-2.4", "pki", "kv", "one-killed"} {
		age := time.Duration(0)
		site, i := snapshotCase(t, name, &age)
		round(t.Context(), i)
		at := rowsOf(t, site)
		age = later
		round(t.Context(), i)
		now := rowsOf(t, site)
		if len(at) != len(now) {
			t.Fatalf("%s: %d rows became %d", name, len(at), len(now))
		}
		moved := 0
		for row, value := range at {
			want := 0.0
			if family, _, _ := strings.Cut(row, "{"); strings.HasSuffix(family, "_timestamp_seconds") {
				want = later.Seconds()
				moved++
			}
			if got := number(t, now[row]) - number(t, value); got != want {
				t.Errorf("%s: %s moved by %v, not by %v", name, row, got, want)
			}
		}
		if moved == 0 {
			t.Errorf("%s has no timestamps", name)
		}
	}
}

// TestSnapshotDirectories checks both places in which a snapshot may have the answers.
func TestSnapshotDirectories(t *testing.T) {
	for where, place := range map[string]string{"beside": ".", "inside": "management"} {
		t.Run(where, func(t *testing.T) {
			all, dir := t.TempDir(), t.TempDir()
			o := buildCase(t, "healthy-2.4", all)
			if err := os.MkdirAll(filepath.Join(dir, "management"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(filepath.Join(dir, place, "openbao"), os.DirFS(filepath.Join(all, "openbao"))); err != nil {
				t.Fatal(err)
			}
			site := newSite(t, time.Now)
			site.Cluster.Snapshot = &snapshot.Dir{Path: filepath.Join(dir, "management")}
			i := start(o, site)
			round(t.Context(), i)
			rowsOf(t, site).want(t, map[string]string{`nodes{state="active"}`: "1", `nodes{state="standby"}`: "2"})
		})
	}
}

// TestEveryFamilyHasAGoldenFile keeps testdata complete.
func TestEveryFamilyHasAGoldenFile(t *testing.T) {
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	filled := map[string]bool{}
	for _, f := range files {
		for line := range strings.Lines(readGolden(t, strings.TrimSuffix(filepath.Base(f), ".golden"))) {
			name, _, _ := strings.Cut(line, "{")
			filled[name] = true
		}
	}
	b := newBao(t, "partial", nil) // for measurements, which a snapshot does not have
	b.site.Now = time.Now
	i := b.start(t)
	i.pollNodesOnce(t.Context())
	filled["cobaltcore_openbao_exporter_token_renewed"] = true // a snapshot has no login; see TestLoginIsSharedByAllRounds
	filled["cobaltcore_openbao_requests_left"] = true          // a snapshot has few requests; see TestMountsAreRotated
	filled["cobaltcore_openbao_node_response_seconds"] = len(rowsOf(t, b.site).with("node_response_seconds")) == 1
	for _, f := range (Collector{}).Families() {
		if !filled[f.Name] {
			t.Errorf("no golden file has a row of %s", f.Name)
		}
	}
}

// TestEveryGoldenFileHasACase finds golden files of cases that no longer exist.
func TestEveryGoldenFileHasACase(t *testing.T) {
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	known := slices.Concat(loadCases(t), loginCases())
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".golden"); !slices.Contains(known, name) {
			t.Errorf("%s belongs to no case", f)
		}
	}
}

// golden compares rows with the golden file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	collectortest.Golden(t, goldenFile(name), got)
}

func goldenFile(name string) string { return filepath.Join("testdata", name+".golden") }

func readGolden(t *testing.T, name string) string {
	t.Helper()
	return collectortest.ReadFile(t, goldenFile(name))
}
