// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

const canary = "s3cr3t-canary"

// writeSnapshot writes a snapshot of a probe, which must have no canary, and returns its rows.
func writeSnapshot(t *testing.T, p *pods, conf config.Controllers) (rows string, answers int, missing []snapshot.Missing) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "management")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w := &snapshot.Writer{Fleet: filepath.Dir(dir), Cluster: dir}
	if err := p.WriteSnapshot(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, podsFile)); err == nil && !p.source.isTrusted() {
		if pods, owners := bytes.Count(text, []byte(`"creationTimestamp"`)), bytes.Count(text, []byte(`"kustomize-controller-x"`)); pods != owners {
			t.Errorf("%d pods have %d owners: %s", pods, owners, text)
		}
	}
	meta := snapshot.Meta{TakenAt: p.now().Add(-p.source.shift()), Missing: w.Missing}
	if err := meta.Write(dir); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("%s: %s", path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	again, e := startPods(t, fleet.Cluster{Name: "management", Source: fleet.SourceSnapshot, Snapshot: &snapshot.Dir{Path: dir, ShiftTime: true}}, conf,
		func(s *collectors.Site) { s.Now = p.now })
	again.poll(t.Context())
	return servedRows(t, e), w.Answers, w.Missing
}

// manyPods returns a server with pods in all states and controllers with all metrics. Fields that are not read
// contain secrets.
func manyPods(t *testing.T) *stubServer {
	t.Helper()
	s := newStubServer(t)
	sick := func(metadata, spec, status map[string]any) {
		metadata["labels"].(map[string]string)[canary] = canary
		metadata["labels"].(map[string]string)["app.kubernetes.io/version"] = "v1"
		metadata["ownerReferences"] = append(metadata["ownerReferences"].([]any), map[string]any{"apiVersion": "v1", "kind": canary, "name": canary})
		metadata["annotations"] = map[string]string{canary: canary, "kubectl.kubernetes.io/default-container": "main"}
		spec["nodeName"] = canary
		spec["containers"] = []any{
			map[string]any{"name": "sidecar", "image": canary, "env": []any{map[string]any{"name": "TOKEN", "value": canary}}},
			map[string]any{"name": "main", "image": "user:" + canary + "@registry.example.com/x@sha256:0123", "args": []any{canary}},
		}
		status["message"] = canary
		status["conditions"] = []any{
			map[string]any{"type": canary, "status": canary, "reason": canary},
			map[string]any{"type": "PodScheduled", "status": "False", "reason": canary, "message": canary},
		}
		status["initContainerStatuses"] = []any{map[string]any{"name": canary, "state": map[string]any{"waiting": map[string]any{"reason": "PodInitializing", "message": canary}}}}
		status["containerStatuses"] = []any{
			map[string]any{"restartCount": 3, "state": map[string]any{"waiting": map[string]any{"reason": canary}},
				"lastState": map[string]any{"terminated": map[string]any{"reason": "OOMKilled", "finishedAt": "2026-11-20T10:00:00Z", "message": canary}}},
			map[string]any{"restartCount": 1, "lastState": map[string]any{"terminated": map[string]any{"reason": canary, "finishedAt": "2026-11-21T10:00:00Z"}}},
		}
	}
	s.pods = []map[string]any{
		podObject("well", nil), podObject("sick", sick), podObject("dumb", nil), podObject("odd", nil), podObject("none", nil), podObject("forbidden", nil),
		podObject("ended", func(_, _, status map[string]any) { status["phase"] = "Failed" }),
		podObject("mute", func(_, spec, _ map[string]any) {
			spec["containers"] = []any{map[string]any{"name": "x", "image": "x:1"}}
		}),
	}
	s.proxied["flux-system/well:8080"] = respondWith(`# HELP workqueue_depth ` + canary + `
# TYPE workqueue_depth gauge
workqueue_depth{name="a b \"c\\d\n"} 3 1700000000000
workqueue_depth{name="https://user:` + canary + `@git.example.com/\\x?token=` + canary + `",controller="Get \"https://` + canary + `@h/\": \"https://a:` + canary + `@h\": EOF"} 4
# TYPE gotk_reconcile_duration_seconds histogram
gotk_reconcile_duration_seconds_bucket{kind="` + canary + `",le="+Inf"} 3
gotk_reconcile_duration_seconds_sum{kind="Kustomization",namespace="x"} 1.5
gotk_reconcile_duration_seconds_count{kind="Kustomization",namespace="x"} 3
# TYPE own_` + canary[:6] + `_total counter
own_total{token="` + canary + `"} 1
# TYPE controller_runtime_active_workers gauge
controller_runtime_active_workers{controller="x"} NaN
`)
	s.proxied["flux-system/odd:8080"] = respondWith("gotk_reconcile_duration_seconds 1\ngotk_reconcile_duration_seconds{a=\"b\"} 1\nworkqueue_depth 1\n")
	s.proxied["flux-system/none:8080"] = respondWith("own_total 1\n")
	s.proxied["flux-system/dumb:8080"] = respondWith("<html>" + canary)
	s.proxied["flux-system/forbidden:8080"] = respondWithError(http.StatusForbidden, canary)
	return s
}

// TestSnapshotHasNoConfidentialPodFields checks that only the credentials are removed from images and from labels of
// controllers.
func TestSnapshotHasNoConfidentialPodFields(t *testing.T) {
	t.Parallel()
	p, e := startPods(t, manyPods(t).cluster, podConfig(), nil)
	p.poll(t.Context())
	text := servedText(t, e)
	if strings.Contains(text, canary) {
		t.Errorf("a row has the secret:\n%s", text)
	}
	for _, want := range []string{
		`image="registry.example.com/x@sha256:0123"`, `name="https://git.example.com/\\x"`, `controller="Get \"https://h/\": \"https://…@h\": EOF"`, `name="a b \"c\\d\n"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no row has %s:\n%s", want, text)
		}
	}
}

// TestSnapshotHasTheSameRows checks snapshots of a cluster and of a snapshot, and that neither has other content
// of the objects and the controllers.
func TestSnapshotHasTheSameRows(t *testing.T) {
	t.Parallel()
	allow := podConfig()
	allow.Allow = []string{"gotk_reconcile_duration_seconds", "workqueue_depth", "own_total", "other_seconds"}
	none := podConfig()
	none.Via = "none"
	selected := podConfig()
	selected.Selectors = map[string]string{"aurora": "app.kubernetes.io/part-of in (flux),pod-template-hash", "flux": "!team"}
	for name, tc := range map[string]struct {
		config  config.Controllers
		change  func(*stubServer)
		answers int
	}{
		"all":       {podConfig(), nil, 3},
		"selectors": {selected, nil, 3},
		"a long name": {podConfig(), func(s *stubServer) {
			name := strings.Repeat("p", 252)
			s.pods = append(s.pods, podObject(name, nil))
			s.proxied["flux-system/"+name+":8080"] = respondWith("workqueue_depth{name=\"long\"} 1\n")
		}, 4},
		"none": {none, nil, 0},
		"allow": {allow, func(s *stubServer) {
			s.proxied["flux-system/none:8080"] = respondWith("own_total 1\n# TYPE other_seconds histogram\nother_seconds_bucket{le=\"1\",x=\"" + canary + "\"} 2\nother_seconds_sum 1\nother_seconds_count 2\n")
			s.proxied["flux-system/well:8080"] = respondWith("workqueue_depth 1\n")
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := manyPods(t)
			if tc.change != nil {
				tc.change(s)
			}
			live, e := startPods(t, s.cluster, tc.config, nil)
			live.poll(t.Context())
			got, answers, missing := writeSnapshot(t, live, tc.config)
			if diff := cmp.Diff(servedRows(t, e), got); diff != "" || answers != tc.answers || len(missing) > 0 {
				t.Errorf("%d answers, missing %v, rows (-live +replayed):\n%s", answers, missing, diff)
			}
		})
	}
	t.Run("snapshot", func(t *testing.T) {
		t.Parallel()
		p, e := startPods(t, storedCluster(t), podConfig(), nil)
		p.poll(t.Context())
		got, answers, missing := writeSnapshot(t, p, podConfig())
		if diff := cmp.Diff(servedRows(t, e), got); diff != "" || answers != 2 || len(missing) > 0 {
			t.Errorf("%d answers, missing %v, rows (-before +again):\n%s", answers, missing, diff)
		}
	})
}

// TestUnlistedPodsAreNotedAsMissing checks lists that fail for all systems or for one of them.
func TestUnlistedPodsAreNotedAsMissing(t *testing.T) {
	t.Parallel()
	all := []snapshot.Missing{{Cluster: "management", Kind: "Pod", Version: "v1", Reason: string(failure.ReasonForbidden)}}
	flux := []snapshot.Missing{{Cluster: "management", Kind: "Pod", Version: "v1", System: "flux", Reason: string(failure.ReasonForbidden)}}
	for name, tc := range map[string]struct {
		refuses func(selector string) bool
		want    []snapshot.Missing
	}{
		"all":  {func(string) bool { return true }, all},
		"flux": {func(selector string) bool { return strings.Contains(selector, "flux") }, flux},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := manyPods(t)
			s.on["/api/v1/pods"] = func(w http.ResponseWriter, r *http.Request) {
				if tc.refuses(r.URL.Query().Get("labelSelector")) {
					apiError(http.StatusForbidden, "Forbidden")(w, r)
					return
				}
				s.list(w, r)
			}
			live, e := startPods(t, s.cluster, podConfig(), nil)
			live.poll(t.Context())
			got, _, missing := writeSnapshot(t, live, podConfig())
			if diff := cmp.Diff(tc.want, missing); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(servedRows(t, e), got); diff != "" || !strings.Contains(got, podsFailing.Name) {
				t.Errorf("rows (-live +replayed):\n%s", diff)
			}
		})
	}
}

// TestSnapshotTimeout checks that pods that were not read in time are reported as missing.
func TestSnapshotTimeout(t *testing.T) {
	t.Parallel()
	for where, endpoint := range map[string]string{"/api/v1/pods": "", "/api/v1/namespaces/flux-system/pods/well:8080/proxy/metrics": "metrics"} {
		s := manyPods(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.on[where] = func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }
		p, _ := startPods(t, s.cluster, podConfig(), nil)
		dir := t.TempDir()
		w := &snapshot.Writer{Fleet: dir, Cluster: dir}
		err := p.WriteSnapshot(ctx, w)
		want := []snapshot.Missing{{Cluster: "management", Kind: "Pod", Version: "v1", Endpoint: endpoint, Reason: string(failure.ReasonTimeout)}}
		if diff := cmp.Diff(want, w.Missing); diff != "" || err != nil {
			t.Error(where, diff, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "controllers")); err == nil {
			t.Error("there are metrics")
		}
	}
}

// TestSnapshotStaysInItsDirectory checks that no name of a pod leads outside the directory of the snapshot.
func TestSnapshotStaysInItsDirectory(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	s.pods = []map[string]any{podObject("../../../out", func(metadata, _, _ map[string]any) { metadata["namespace"] = ".." })}
	p, _ := startPods(t, s.cluster, podConfig(), func(s *collectors.Site) { s.Now = time.Now })
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := p.WriteSnapshot(t.Context(), &snapshot.Writer{Fleet: filepath.Dir(dir), Cluster: dir}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "..", "..", "*", "*"))
	if err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}
