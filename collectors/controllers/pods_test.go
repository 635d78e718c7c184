// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	stdcmp "cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// storedCluster returns a snapshot with the pods of testdata and the metrics of two of them.
func storedCluster(t *testing.T) fleet.Cluster {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "management")
	if err := os.CopyFS(dir, os.DirFS("testdata/snapshot")); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"kustomize-controller": "flux-system/kustomize-controller-5d8f-x2x", "external-secrets": "external-secrets/external-secrets-77c-abc",
	} {
		writeFile(t, filepath.Join(dir, "controllers", to+".prom"), collectortest.ReadFile(t, filepath.Join("testdata", from+".prom")))
	}
	return fleet.Cluster{Name: "management", Source: fleet.SourceSnapshot, Snapshot: &snapshot.Dir{Path: dir, ShiftTime: true}}
}

// TestPodGoldenFiles compares the rows of pods and the metrics of two of them.
func TestPodGoldenFiles(t *testing.T) {
	t.Parallel()
	p, e := startPods(t, storedCluster(t), podConfig(), nil)
	p.poll(t.Context())
	collectortest.Golden(t, filepath.Join("testdata", "pods.golden"), servedRows(t, e))
	if s := p.Status(); !p.Settled() || !s.Up || s.LastSuccess.IsZero() || len(s.Errors) > 0 {
		t.Errorf("%+v", s)
	}
	text := servedText(t, e)
	for _, f := range podFamilies() {
		if f != podsFailing && !strings.Contains(text, "\n"+f.Name+"{") {
			t.Errorf("no row of %s", f.Name)
		}
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Error(err)
	}
	for _, problem := range problems {
		if strings.HasPrefix(problem.Metric, "cobaltcore_") { // re-exported metrics keep their names and helps
			t.Errorf("%s: %s", problem.Metric, problem.Text)
		}
	}
}

// TestFleetHasControllerMetrics checks that each file belongs to an existing pod, and that all of its
// samples are re-exported.
func TestFleetHasControllerMetrics(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "test", "fleet", "management")
	files, err := filepath.Glob(filepath.Join(dir, "controllers", "*", "*.prom"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	p, e := startPods(t, fleet.Cluster{Name: "management", Source: fleet.SourceSnapshot, Snapshot: &snapshot.Dir{Path: dir, ShiftTime: true}},
		podConfig(), nil)
	p.poll(t.Context())
	taken := servedText(t, e)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".prom")
		samples, exported := 0, strings.Count(taken, `controller_pod="`+name+`"`)
		for line := range strings.Lines(collectortest.ReadFile(t, file)) {
			if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
				samples++
			}
		}
		if samples == 0 || exported != samples {
			t.Errorf("%s: %d of %d samples are exported again", file, exported, samples)
		}
	}
}

// TestStoredPodAgesAreFixed checks that timestamps move with the clock.
func TestStoredPodAgesAreFixed(t *testing.T) {
	t.Parallel()
	const later = 100 * 24 * time.Hour
	cluster := storedCluster(t)
	meta, err := cluster.Snapshot.ReadMeta(t.Context())
	if err != nil || meta.TakenAt.IsZero() {
		t.Fatal(meta, err)
	}
	now := meta.TakenAt
	p, e := startPods(t, cluster, podConfig(), func(s *collectors.Site) { s.Now = func() time.Time { return now } })
	p.poll(t.Context())
	before := servedRows(t, e, podCreated.Name, podLastRestart.Name)
	now = now.Add(later)
	p.poll(t.Context())
	after := servedRows(t, e, podCreated.Name, podLastRestart.Name)
	a, b := strings.Fields(before), strings.Fields(after)
	if len(a) != len(b) || len(a) < 4 {
		t.Fatalf("%d and %d fields", len(a), len(b))
	}
	for i := 1; i < len(a); i += 2 {
		if number(t, b[i])-number(t, a[i]) != later.Seconds() {
			t.Errorf("%s moved from %s to %s", a[i-1], a[i], b[i])
		}
	}
}

func number(t *testing.T, text string) (v float64) {
	t.Helper()
	if _, err := fmt.Sscan(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSnapshotDirectoryChanges adds and removes pods and metrics. Unreadable files change nothing.
func TestSnapshotDirectoryChanges(t *testing.T) {
	t.Parallel()
	cluster := storedCluster(t)
	dir := cluster.Snapshot.Path
	p, e := startPods(t, cluster, podConfig(), nil)
	p.poll(t.Context())
	before := servedRows(t, e)
	writeFile(t, filepath.Join(dir, "broken.yaml"), "apiVersion: v1\nkind: Pod\nmetadata: {name: [s3cr3t]}\n")
	p.poll(t.Context())
	if got := servedRows(t, e, podReady.Name); !strings.Contains(before, got) || got == "" || p.Status().Up || p.Status().Errors["decode"] == 0 {
		t.Errorf("%+v\n%s", p.Status(), got)
	}
	for _, gone := range []string{"broken.yaml", "controllers/external-secrets/external-secrets-77c-abc.prom"} {
		if err := os.Remove(filepath.Join(dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	p.poll(t.Context())
	if text := servedText(t, e); strings.Contains(text, "externalsecret_sync_calls_total") || !strings.Contains(text, "gotk_reconcile_duration_seconds_sum") || !p.Status().Up {
		t.Errorf("%+v\n%s", p.Status(), text)
	}
	writeFile(t, filepath.Join(dir, "controllers/external-secrets/external-secrets-77c-abc.prom"), "workqueue_depth 1\n<html>\n")
	p.poll(t.Context())
	if diff := cmp.Diff(map[string]string{"external-secrets-77c-abc": "decode"}, failingPods(t, e)); diff != "" {
		t.Error(diff)
	}
}

// TestRunEndsWithItsContext checks that Run ends at once during a list or a scrape.
func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"/api/v1/pods", "/api/v1/namespaces/flux-system/pods/kustomize-controller-1:8080/proxy/metrics"} {
		s := newStubServer(t)
		s.pods = append(s.pods, podObject("kustomize-controller-1", nil))
		reached := make(chan struct{}, 99)
		s.on[where] = func(_ http.ResponseWriter, r *http.Request) { reached <- struct{}{}; <-r.Context().Done() }
		p, e := startPods(t, s.cluster, podConfig(), nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.Run(ctx) }()
		<-reached
		cancel()
		<-done
		if got := failingPods(t, e); len(got) > 0 || p.Settled() || len(p.Status().Errors) > 0 {
			t.Errorf("stopping is a failure: %v", got)
		}
	}
}

// TestCountedPods checks that pods in other namespaces and pods that no workload of the system controls are
// neither exported nor scraped, even if their labels match.
func TestCountedPods(t *testing.T) {
	t.Parallel()
	owner := func(apiVersion, kind, name string, controller bool) []any {
		return []any{
			map[string]any{"apiVersion": "v1", "kind": "Node", "name": "node-0"},
			map[string]any{"apiVersion": apiVersion, "kind": kind, "name": name, "controller": controller},
		}
	}
	seen := map[string]string{"flux-system/kustomize-controller": "flux", "flux-system/other": "aurora", "flux-system/released": ""}
	for _, tc := range []struct {
		name, namespace string
		owners          []any
		workloads       map[string]string // systems by key
		namespaces      []string
		want            bool
	}{
		{name: "deployment", owners: owner("apps/v1", "ReplicaSet", "kustomize-controller-x", true), workloads: seen, want: true},
		{name: "deployment that is not listed yet", owners: owner("apps/v1", "ReplicaSet", "kustomize-controller-x", true), want: true},
		{name: "unknown deployment", owners: owner("apps/v1", "ReplicaSet", "forged-x", true), workloads: seen},
		{name: "deployment of another system", owners: owner("apps/v1", "ReplicaSet", "other-x", true), workloads: seen},
		{name: "deployment of no system", owners: owner("apps/v1", "ReplicaSet", "released-x", true), workloads: seen},
		{name: "replica set of no deployment", owners: owner("apps/v1", "ReplicaSet", "kustomize-controller-y", true), workloads: seen},
		{name: "stateful set", owners: owner("apps/v1", "StatefulSet", "kustomize-controller", true), want: true},
		{name: "not the controller", owners: owner("apps/v1", "ReplicaSet", "kustomize-controller-x", false), workloads: seen},
		{name: "job", owners: owner("batch/v1", "Job", "kustomize-controller", true), workloads: seen},
		{name: "another group", owners: owner("tenant.example.com/v1", "ReplicaSet", "kustomize-controller-x", true), workloads: seen},
		{name: "no owner", workloads: seen},
		{name: "its namespace", owners: owner("apps/v1", "ReplicaSet", "kustomize-controller-x", true), workloads: seen, namespaces: []string{"none", "flux-system"}, want: true},
		{name: "other namespaces", owners: owner("apps/v1", "ReplicaSet", "kustomize-controller-x", true), workloads: seen, namespaces: []string{"none"}},
		{name: "a deployment elsewhere", namespace: "tenant", owners: owner("apps/v1", "ReplicaSet", "kustomize-controller-x", true), workloads: seen},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newStubServer(t)
			s.pods = []map[string]any{podObject("kustomize-controller-a", func(metadata, _, _ map[string]any) {
				metadata["namespace"], metadata["ownerReferences"] = stdcmp.Or(tc.namespace, "flux-system"), tc.owners
			})}
			s.proxied[stdcmp.Or(tc.namespace, "flux-system")+"/kustomize-controller-a:8080"] = respondWith("workqueue_depth{name=\"x\"} 3\n")
			conf := podConfig()
			conf.Namespaces = tc.namespaces
			p, e := startPods(t, s.cluster, conf, nil)
			watched := e.Group(exposition.Key{Cluster: "management", Collector: Name, Kind: "Deployment"}, []*exposition.Family{workloadInfo})
			e.Swap(nil, []*exposition.Group{watched})
			rows := watched.Rows()
			for key, system := range tc.workloads {
				watched.Set(key, rows, func(r *exposition.Rows) { r.Add(workloadInfo, 1, "", "", "Deployment", system) })
			}
			p.poll(t.Context())
			shown := strings.Contains(servedRows(t, e, podInfo.Name), "kustomize-controller-a")
			asked := strings.Contains(strings.Join(s.requests(), "\n"), "/proxy/metrics")
			if shown != tc.want || asked != tc.want {
				t.Errorf("shown: %t, asked: %t, want %t", shown, asked, tc.want)
			}
		})
	}
}
