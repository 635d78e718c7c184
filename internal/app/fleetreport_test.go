// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

var update = flag.Bool("update", false, "write the golden files")

// moments matches the times in a report that depend on the time of the request.
var moments = regexp.MustCompile(`"(generatedAt|lastContact|lastEvent|lastSuccess|since)": "[^"]*"`)

// TestReportOfTheSnapshotFleet compares the answer of GET /api/v1/clusters with golden files:
// without shards, and for a shard that follows the clusters of the other shard.
func TestReportOfTheSnapshotFleet(t *testing.T) {
	t.Parallel()
	s := snapshotFleet(t)
	for name, e := range map[string]*exporter{"clusters": s.run(), "clusters-1-2": s.run(shard(1, 2))} {
		e.body()
		code, got := e.ask(http.MethodGet, "/api/v1/clusters")
		if code != http.StatusOK {
			t.Fatalf("%s: %d %s", name, code, got)
		}
		got = moments.ReplaceAllString(got, `"$1": "TIME"`)
		golden := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got, -update accepts it): %s", name, diff)
		}
	}
}

// clusters returns the answer of GET /api/v1/clusters.
func (e *exporter) clusters() (fleetreport.Report, string) {
	e.t.Helper()
	code, text := e.ask(http.MethodGet, "/api/v1/clusters")
	var report fleetreport.Report
	if err := json.Unmarshal([]byte(text), &report); err != nil || code != http.StatusOK {
		e.t.Fatalf("%d %v %s", code, err, text)
	}
	return report, text
}

// TestReportHasProblems checks that the report lists problems with clusters, their kinds and
// discovery, even before the exporter is ready, and quotes neither a server nor a Secret.
func TestReportHasProblems(t *testing.T) {
	t.Parallel()
	h, storage, other := newHub(t, "m"), newFakeCluster(t, "s"), newFakeCluster(t)
	h.management.secret("storage-kubeconfig", storage.Kubeconfig("hunter2"))
	h.management.secret("other-kubeconfig", other.Kubeconfig("t0ken"))
	h.management.secret("broken-kubeconfig", "hunter2")
	h.write("dead.kubeconfig", strings.Replace(other.Kubeconfig("hunter2"), other.URL, "https://"+blackhole(t)+"/?token=hunter2", 1))
	other.forbid(externalSecrets)
	h.discover("- {name: dead, kubeconfig: {path: dead.kubeconfig}}\n- {name: nonsense, kubeconfig: {path: nonsense.kubeconfig}}\n")
	h.write("nonsense.kubeconfig", "hunter2: [")
	e := h.run()
	if report, _ := e.clusters(); report.Ready || report.Shard != nil || len(report.Clusters) < 3 || report.Discovery == nil {
		t.Errorf("before the exporter is ready: %+v", report)
	}
	var (
		report fleetreport.Report
		text   string
		got    map[string]string
	)
	want := map[string]string{
		"dead": "kubeconfig, up false, timeout", "management": "kubeconfig, up true, ", "nonsense": "kubeconfig, up false, config",
		"other": "flux-secret, up true, ; ExternalSecret: forbidden", "storage": "flux-secret, up false, unauthorized",
	}
	testutil.Eventually(t, func() (bool, string) {
		report, text = e.clusters()
		got = map[string]string{}
		for _, c := range report.Clusters {
			if c.ClusterReport == nil {
				return false, c.Name + " has no state"
			}
			got[c.Name] = fmt.Sprintf("%s, up %t, ", c.Source, c.Up)
			if c.Failing != nil {
				got[c.Name] += c.Failing.Reason
			}
			for _, collector := range c.Collectors {
				for _, k := range collector.Kinds {
					if k.Failing != nil {
						got[c.Name] += "; " + k.Kind + ": " + k.Failing.Reason
					}
				}
			}
		}
		diff := cmp.Diff(want, got)
		return diff == "", diff
	})
	uids := regexp.MustCompile(`"uid": "[^"]*"`) // URLs of the fake clusters
	if text := uids.ReplaceAllString(text, ""); strings.Contains(text, "hunter2") || strings.Contains(text, "://") {
		t.Errorf("the report quotes too much: %s", text)
	}
	byName := func(name string) fleetreport.Cluster {
		return report.Clusters[slices.IndexFunc(report.Clusters, func(c fleetreport.Cluster) bool { return c.Name == name })]
	}
	if f := byName("storage").Failing; !strings.HasPrefix(f.Error, "the API server answered Unauthorized") || f.Since.IsZero() {
		t.Errorf("storage: %+v", f)
	}
	if diff := cmp.Diff(&fleetreport.Secret{Cluster: "management", Namespace: "n", Name: "storage-kubeconfig"}, byName("storage").Secret); diff != "" {
		t.Error(diff)
	}
	wantPlace := []fleetreport.Place{{
		Cluster: "management", Source: "flux-secret", Namespace: "n", Up: true, Clusters: []string{"other", "storage"},
		Findings: []fleetreport.Finding{{Name: "broken-kubeconfig", Reason: "not_a_kubeconfig"}},
	}}
	if report.Discovery[0].LastSuccess == nil {
		t.Error("no last success")
	}
	report.Discovery[0].LastSuccess = nil
	if diff := cmp.Diff(wantPlace, report.Discovery); diff != "" {
		t.Error(diff)
	}
}

// TestReportIsDocumented checks that the example in docs/operations.md has the same fields as the
// served report.
func TestReportIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(page, []byte("`GET /api/v1/clusters`"))
	_, rest, _ = bytes.Cut(rest, []byte("```json\n"))
	example, _, found := bytes.Cut(rest, []byte("```"))
	if !found {
		t.Fatal("there is no example")
	}
	decoder := json.NewDecoder(bytes.NewReader(example))
	decoder.DisallowUnknownFields()
	var report fleetreport.Report
	if err := decoder.Decode(&report); err != nil {
		t.Fatalf("the example: %v", err)
	}
	again, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fields(t, again), fields(t, example)); diff != "" {
		t.Errorf("fields (-served +example): %s", diff)
	}
	for _, golden := range []string{"testdata/clusters.json", "testdata/clusters-1-2.json"} {
		text, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range fields(t, text) {
			if !slices.Contains(fields(t, example), field) && !strings.Contains(field, ".errors.") {
				t.Errorf("%s has %s, the example has not", golden, field)
			}
		}
	}
}

// fields returns the paths of all values in a JSON text, without indices.
func fields(t *testing.T, text []byte) []string {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walk func(string, any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, more := range v {
				found[path+"."+key] = true
				walk(path+"."+key, more)
			}
		case []any:
			for _, more := range v {
				walk(path, more)
			}
		}
	}
	walk("", value)
	return slices.Sorted(maps.Keys(found))
}
