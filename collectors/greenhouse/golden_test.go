// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

var update = flag.Bool("update", false, "write the golden files")

func goldenOf(file string) string {
	return filepath.Join("testdata", strings.TrimSuffix(file, filepath.Ext(file))+".golden")
}

func readGolden(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(goldenOf(file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestObjectsBecomeTheRowsOfTheirGoldenFile renders the objects of each file of
// testdata and compares the whole exposition with the file beside it.
func TestObjectsBecomeTheRowsOfTheirGoldenFile(t *testing.T) {
	for _, file := range cases(t) {
		t.Run(file, func(t *testing.T) {
			all := objects(t, file)
			for _, o := range all {
				checkIdentity(t, o)
			}
			got := render(t, "management", all...)
			mustParse(t, got)
			if *update {
				if err := os.WriteFile(goldenOf(file), []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(readGolden(t, file), got); diff != "" {
				t.Errorf("rows (-want +got, -update accepts them):\n%s", diff)
			}
		})
	}
}

// TestNoObjectIsPartlyDecoded: no object of
// testdata has a value of another type than the one that is read.
func TestNoObjectIsPartlyDecoded(t *testing.T) {
	for _, file := range cases(t) {
		h := newHarness(t, "management")
		for _, o := range objects(t, file) {
			if _, partial := h.entry(t, o.Kind, o.raw); partial {
				t.Errorf("%s: %s %s is decoded in part", file, o.Kind, o.Metadata.Name)
			}
		}
	}
}

// TestAKindAddsOnlyToFamiliesThatItDeclares: rows of other families are dropped
// without a word.
func TestAKindAddsOnlyToFamiliesThatItDeclares(t *testing.T) {
	generous := (Collector{}).Resources()
	for i := range generous {
		generous[i].Families = Families()
	}
	for _, file := range cases(t) {
		h := newHarnessOf(t, "management", generous)
		h.set(t, objects(t, file)...)
		if diff := cmp.Diff(readGolden(t, file), h.get(t)); diff != "" {
			t.Errorf("%s:\n%s", file, diff)
		}
	}
}

// checkIdentity makes sure that an object is what it looks like.
func checkIdentity(t *testing.T, o object) {
	t.Helper()
	for _, r := range (Collector{}).Resources() {
		if r.Kind == o.Kind {
			g, version, _ := strings.Cut(o.APIVersion, "/")
			if g != r.Group || !slices.Contains(r.Versions, version) {
				t.Errorf("%s %s is a %s, not one of %s/%v", o.Kind, o.Metadata.Name, o.APIVersion, r.Group, r.Versions)
			}
			return
		}
	}
	t.Errorf("no resource watches %s", o.Kind)
}

// TestEveryKindAndEveryFamilyHasAGoldenFile keeps testdata complete.
func TestEveryKindAndEveryFamilyHasAGoldenFile(t *testing.T) {
	kinds, families := map[string]bool{}, map[string]bool{}
	for _, file := range cases(t) {
		for _, o := range objects(t, file) {
			kinds[o.Kind] = true
		}
		for line := range strings.Lines(readGolden(t, file)) {
			if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
				family, _, _ := strings.Cut(rest, " ")
				families[family] = true
			}
		}
	}
	if resources := (Collector{}).Resources(); len(resources) != 9 || len(kinds) != 9 {
		t.Errorf("the collector watches %d kinds, testdata has %d, not 9", len(resources), len(kinds))
	}
	for _, f := range (Collector{}).Families() {
		if !families[f.Name] {
			t.Errorf("no golden file has a row of %s", f.Name)
		}
	}
}

func TestPromlintFindsNothingInTheGoldenFiles(t *testing.T) {
	for _, file := range cases(t) {
		problems, err := promlint.New(strings.NewReader(readGolden(t, file))).Lint()
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s: %s", file, p.Metric, p.Text)
		}
	}
}

// TestTheClusterComesFirst: what a row is about is read from left to right.
func TestTheClusterComesFirst(t *testing.T) {
	for _, file := range cases(t) {
		for row := range samples(readGolden(t, file)) {
			name, labels, _ := strings.Cut(row, "{")
			if !strings.HasPrefix(name, "cobaltcore_greenhouse_") || !strings.HasPrefix(labels, `cluster="management",`) {
				t.Errorf("%s: %s", file, row)
			}
		}
	}
}

// TestEveryGoldenFileHasObjects finds what a renamed case left behind.
func TestEveryGoldenFileHasObjects(t *testing.T) {
	want := map[string]bool{}
	for _, file := range cases(t) {
		want[goldenOf(file)] = true
	}
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !want[f] {
			t.Errorf("%s has no objects", f)
		}
	}
}
