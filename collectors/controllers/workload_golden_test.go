// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

var updateGolden = flag.Bool("update", false, "write the golden files")

func workloadGolden(file string) string { return strings.TrimSuffix(file, ".yaml") + ".golden" }

// compareGolden holds an exposition to a file.
func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	validExposition(t, got)
	if *updateGolden {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("rows (-want +got, -update accepts them):\n%s", diff)
	}
	problems, err := promlint.New(strings.NewReader(got)).Lint()
	if err != nil {
		t.Error(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// TestWorkloadsBecomeTheRowsOfTheirGoldenFile renders the objects of each file of
// testdata and compares the whole exposition with the file beside it.
func TestWorkloadsBecomeTheRowsOfTheirGoldenFile(t *testing.T) {
	t.Parallel()
	for _, file := range workloadFiles(t) {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			compareGolden(t, workloadGolden(file), workloadRows(t, "management", readWorkloads(t, file)...))
		})
	}
}

// TestTheFleetBecomesTheRowsOfItsGoldenFiles does the same with the workloads of the
// snapshot fleet.
func TestTheFleetBecomesTheRowsOfItsGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, cluster := range []string{"management", "control-plane", "hypervisor", "storage"} {
		t.Run(cluster, func(t *testing.T) {
			t.Parallel()
			all := readWorkloads(t, filepath.Join("..", "..", "test", "fleet", cluster, "controllers.yaml"))
			compareGolden(t, filepath.Join("testdata", "fleet", cluster+".golden"), workloadRows(t, cluster, all...))
		})
	}
}

// TestEveryWorkloadFamilyHasAGoldenRow keeps testdata complete.
func TestEveryWorkloadFamilyHasAGoldenRow(t *testing.T) {
	t.Parallel()
	families, kinds := map[string]bool{}, map[string]bool{}
	for _, file := range workloadFiles(t) {
		for _, o := range readWorkloads(t, file) {
			kinds[o.Kind] = true
		}
		golden, err := os.ReadFile(workloadGolden(file))
		if err != nil {
			t.Fatal(err)
		}
		for row := range sampleRows(string(golden)) {
			name, labels, _ := strings.Cut(row, "{")
			families[name] = true
			if !strings.HasPrefix(labels, `cluster="management",namespace="`) {
				t.Errorf("%s: %s", file, row)
			}
		}
	}
	for _, f := range deploymentFamilies() {
		if !families[f.Name] {
			t.Errorf("no golden file has a row of %s", f.Name)
		}
	}
	for _, r := range (Collector{}).Resources() {
		if !kinds[r.Kind] {
			t.Errorf("testdata has no %s", r.Kind)
		}
	}
}

// TestEveryGoldenFileHasWorkloads finds what a renamed case left behind.
func TestEveryGoldenFileHasWorkloads(t *testing.T) {
	t.Parallel()
	golden, err := filepath.Glob("testdata/workloads/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	if objects := workloadFiles(t); len(golden) != len(objects) {
		t.Errorf("%d golden files for %d files of workloads", len(golden), len(objects))
	}
}
