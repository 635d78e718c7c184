// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package collectortest

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

// Update reports whether golden files are to be written.
func Update() bool { return *update }

// Golden compares the rows of an exposition with a golden file, or writes the file. Help texts and
// types are left out, because they are the same in every file and are in docs/metrics.md.
func Golden(tb testing.TB, file, got string) {
	tb.Helper()
	got = withoutComments(got)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	if diff := cmp.Diff(ReadFile(tb, file), got); diff != "" {
		tb.Errorf("rows differ from the golden file (-want +got); run go test with -update if this is intended:\n%s", diff)
	}
}

func withoutComments(exposition string) string {
	var b strings.Builder
	for line := range strings.Lines(exposition) {
		if !strings.HasPrefix(line, "# ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// ReadFile reads a file that must exist.
func ReadFile(tb testing.TB, file string) string {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// Lint checks text with the linter of Prometheus.
func Lint(tb testing.TB, text string) {
	tb.Helper()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		tb.Error(err)
	}
	for _, p := range problems {
		tb.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// Run checks the cases of the suite one by one, and all of them together.
func (s Suite) Run(t *testing.T) {
	t.Helper()
	for _, c := range s.Cases(t) {
		t.Run(c.File, func(t *testing.T) { s.CheckCase(t, c) })
	}
	t.Run("complete", func(t *testing.T) { s.checkComplete(t) })
	t.Run("leftovers", func(t *testing.T) { s.checkLeftovers(t) })
	t.Run("identity", func(t *testing.T) { s.checkUnique(t) })
	if s.Prefix != "" {
		t.Run("labels", func(t *testing.T) { s.checkFirst(t) })
	}
}

// CheckCase renders the objects of a case and compares the rows with its golden file.
func (s Suite) CheckCase(tb testing.TB, c Case) {
	tb.Helper()
	got := s.checkGolden(tb, c)
	Lint(tb, got)
	s.checkWhole(tb, c)
	s.checkDeclared(tb, c)
	if s.Check != nil {
		s.Check(tb, c, got)
	}
}

func (s Suite) checkGolden(tb testing.TB, c Case) string {
	tb.Helper()
	for _, o := range c.Objects {
		s.checkIdentity(tb, o)
	}
	got := s.Render(tb, c.Cluster, c.Objects...)
	MustParse(tb, got)
	Golden(tb, c.Golden, got)
	return got
}

// checkIdentity checks that the rows identify the object by its kind, namespace and name.
func (s Suite) checkIdentity(tb testing.TB, o Object) {
	tb.Helper()
	for _, r := range s.Collector.Resources() {
		if r.Kind == o.Kind {
			g, version, _ := strings.Cut(o.APIVersion, "/")
			if g != r.Group || !slices.Contains(r.Versions, version) {
				tb.Errorf("%s %s is a %s, not one of %s/%v", o.Kind, o.Metadata.Name, o.APIVersion, r.Group, r.Versions)
			}
			return
		}
	}
	tb.Errorf("no watch.Resource of the collector has the kind %s", o.Kind)
}

// checkWhole fails for objects of a case with a value of the wrong type.
func (s Suite) checkWhole(tb testing.TB, c Case) {
	tb.Helper()
	r := s.Rig(tb, c.Cluster)
	for _, o := range c.Objects {
		if _, partial, err := r.Of(tb, o.Kind).Render(o.Raw); partial || err != nil {
			tb.Errorf("%s: %s %s is decoded in part: %v", c.File, o.Kind, o.Metadata.Name, err)
		}
	}
}

// checkDeclared fails for kinds that add rows to undeclared families, because these rows are
// dropped without an error.
func (s Suite) checkDeclared(tb testing.TB, c Case) {
	tb.Helper()
	generous := s.Collector.Resources()
	for i := range generous {
		generous[i].Families = s.Collector.Families()
	}
	r := s.rigOf(tb, c.Cluster, generous)
	r.Set(tb, c.Objects...)
	if diff := cmp.Diff(ReadFile(tb, c.Golden), withoutComments(r.Get(tb))); diff != "" {
		tb.Errorf("%s: rows differ when the kinds declare all families of the collector (-golden +got). If the golden file is up to date, "+
			"add the family to Families of the watch.Resource; otherwise run go test with -update first:\n%s", c.File, diff)
	}
}

// checkComplete checks that each kind and each family is in a golden file.
func (s Suite) checkComplete(tb testing.TB) {
	tb.Helper()
	kinds, families := s.Kinds, s.Families
	if families == nil {
		families = s.Collector.Families()
	}
	seen, filled := map[string]bool{}, map[string]bool{}
	for _, c := range s.Cases(tb) {
		for _, o := range c.Objects {
			seen[o.Kind] = true
		}
		for row := range Rows(ReadFile(tb, c.Golden)) {
			filled[FamilyOf(row)] = true
		}
	}
	resources := s.Collector.Resources()
	if len(resources) != kinds || len(seen) != kinds {
		tb.Errorf("the collector watches %d kinds and testdata has %d, want %d (Suite.Kinds)", len(resources), len(seen), kinds)
	}
	for _, r := range resources {
		if !seen[r.Kind] {
			tb.Errorf("no golden file for %s: add an object of this kind to testdata and run go test with -update", r.Kind)
		}
	}
	for _, f := range families {
		if !filled[f.Name] && !f.Internal {
			tb.Errorf("no golden file has a row of %s: add an object that has one to testdata and run go test with -update; if one exists, "+
				"add the family to Families of its watch.Resource", f.Name)
		}
	}
}

// checkFirst checks that the labels of all rows begin with the cluster.
func (s Suite) checkFirst(tb testing.TB) {
	tb.Helper()
	for _, c := range s.Cases(tb) {
		for row := range Rows(ReadFile(tb, c.Golden)) {
			name, rest, _ := strings.Cut(row, "{")
			if !strings.HasPrefix(name, s.Prefix) || !strings.HasPrefix(rest, `cluster="`+c.Cluster+`",`+s.Labels) {
				tb.Errorf("%s: %s", c.File, row)
			}
		}
	}
}

// checkLeftovers fails for golden files without a case.
func (s Suite) checkLeftovers(tb testing.TB) {
	tb.Helper()
	want := map[string]bool{}
	for _, c := range s.Cases(tb) {
		want[c.Golden] = true
	}
	for _, pattern := range s.Files {
		files, err := filepath.Glob(s.golden(filepath.Join("testdata", pattern)))
		if err != nil {
			tb.Fatal(err)
		}
		for _, f := range files {
			if !want[f] {
				tb.Errorf("%s is left over: the file with its objects does not exist; remove it", f)
			}
		}
	}
}

// checkUnique renders each object under three identities that differ only in namespace or name, and
// checks that they do not share a series.
func (s Suite) checkUnique(tb testing.TB) {
	tb.Helper()
	r := s.Rig(tb, Management)
	for _, o := range s.Objects(tb) {
		var all []Object
		for _, id := range [][2]string{{"a", "x"}, {"a", "y"}, {"b", "x"}} {
			named, _ := o.With(tb, "metadata.name", id[1])
			named, namespaced := named.With(tb, "metadata.namespace", id[0])
			if namespaced || id[0] == "a" {
				all = append(all, named)
			}
		}
		r.Set(tb, all...)
		MustParse(tb, r.Get(tb))
	}
}
