// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// TestFamiliesAndSelfAreDisjoint checks that no name is in both parts of a response, because that
// would make the response invalid.
func TestFamiliesAndSelfAreDisjoint(t *testing.T) {
	self := newSelfMetrics(fleet.Shard{Count: 1}, true, nil)
	names := map[string]bool{}
	descriptions := make(chan *prometheus.Desc)
	go func() { self.Describe(descriptions); close(descriptions) }()
	for d := range descriptions {
		// A Desc has no accessor for the name, so it is parsed from Desc{fqName: "x", help: …}.
		_, rest, _ := strings.Cut(d.String(), `fqName: "`)
		name, _, _ := strings.Cut(rest, `"`)
		names[name] = true
	}
	gathered, err := self.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range gathered {
		names[f.GetName()] = true
	}
	if !names["cobaltcore_build_info"] || !names["go_goroutines"] || !names["promhttp_metric_handler_requests_total"] {
		t.Fatalf("the registry has %v", names)
	}
	seen := map[string]bool{}
	for _, f := range Families() {
		if names[f.Name] {
			t.Errorf("%s is both a row and a metric of the exporter", f.Name)
		}
		if seen[f.Name] {
			t.Errorf("%s is declared twice", f.Name)
		}
		seen[f.Name] = true
	}
}

// TestLabelsAreReserved compares the label names that clusterLabel must not have with the declared
// labels.
func TestLabelsAreReserved(t *testing.T) {
	reserved := config.ReservedLabels()
	for _, f := range Families() {
		for i, l := range f.Labels {
			switch {
			case l == exposition.ClusterLabel && i == 0:
			case l == exposition.ClusterLabel:
				t.Errorf("%s: cluster is not the first label", f.Name)
			case !slices.Contains(reserved, l):
				t.Errorf("%s: add the label %s to config.ReservedLabels in internal/config/labels.go", f.Name, l)
			}
		}
	}
}

func TestLoadConfigKnowsTheFamilies(t *testing.T) {
	for text, want := range map[string]string{
		"[flux_resource_info, cobaltcore_cluster_up, promhttp_metric_handler_requests_total, go_goroutines]":                "",
		"[my_seconds, my_seconds_sum, my_seconds_count, workqueue_depth]}\ncollectors: {controllers: {allow: [my_seconds]}": "",
		"[my_seconds]": `line.yaml:2: metrics.include[0]: there is no metric family "my_seconds"`,
		"[flux_resource_inf, nope]": `line.yaml:2: metrics.include[0]: there is no metric family "flux_resource_inf", did you mean "flux_resource_info"?
line.yaml:2: metrics.include[1]: there is no metric family "nope"`,
	} {
		file := filepath.Join(t.TempDir(), "line.yaml")
		if err := os.WriteFile(file, []byte("clusters: [{name: a, inCluster: true}]\nmetrics: {include: "+text+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, err := LoadConfig(t.Context(), file); err != nil {
			got = strings.ReplaceAll(err.Error(), filepath.Dir(file)+"/", "")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
