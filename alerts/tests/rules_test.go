// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// only limits the fixtures to some rules to save time. Tests about all rules then fail.
var only = flag.String("only", "", "regular expression of the names of rules whose fixtures are run")

// fixtures runs the exporters once for all tests.
var fixtures = sync.OnceValues(func() ([]ruletest.Fixture, error) {
	dir, err := os.MkdirTemp("", "rules-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	rules, err := regexp.Compile(*only)
	if err != nil {
		return nil, err
	}
	return ruletest.Fixtures(context.Background(), dir, rules)
})

func allFixtures(t *testing.T) []ruletest.Fixture {
	t.Helper()
	all, err := fixtures()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var evaluators = sync.OnceValue(func() map[string]*ruletest.Evaluator {
	return map[string]*ruletest.Evaluator{"cluster": ruletest.NewEvaluator("cluster"), "clusterName": ruletest.NewEvaluator("clusterName")}
})

// withoutTargets lists the alerts that fire in a fixture because it has no targets.
func withoutTargets() []string { return []string{"ExporterWatchdog", "ExporterMissing"} }

// evaluate returns all alerts except those that every fixture has, unless the case is about one of
// them.
func evaluate(t *testing.T, f ruletest.Fixture, label string, rows []ruletest.Row) []ruletest.Alert {
	t.Helper()
	e := evaluators()[label]
	m, err := e.Moment(t.Context(), rows, f.Series, ruletest.TakenAt())
	if err != nil {
		t.Fatal(err)
	}
	found, err := e.Alerts(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(found, func(a ruletest.Alert) bool {
		return slices.Contains(withoutTargets(), a.Rule.Name) && f.Rule != a.Rule.Name
	})
}

// TestRules compares all alerts of all fixtures with the expected ones.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, f := range allFixtures(t) {
		t.Run(f.Name, func(t *testing.T) {
			found := evaluate(t, f, "cluster", f.Rows)
			if got := ruletest.Strings(found); collectortest.Update() {
				write(t, f, got)
			} else if diff := cmp.Diff(f.Want, got, cmpEmpty); diff != "" {
				t.Errorf("alerts differ from the section want of testdata/%s.txtar (-want +got); "+
					"run go test -run TestRules -update if this is intended:\n%s", f.Rule, diff)
			}
			for _, a := range found {
				for _, problem := range textProblems(a.Labels.Get("cluster"), a.Summary, a.Description) {
					t.Errorf("%s: %s", a, problem)
				}
			}
		})
	}
}

var cmpEmpty = cmp.Transformer("nonil", func(s []string) []string { return append([]string{}, s...) })

// write replaces the section "want" of the case by the alerts.
func write(t *testing.T, f ruletest.Fixture, got []string) {
	t.Helper()
	file := filepath.Join("testdata", f.Rule+".txtar")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(text)
	name := strings.TrimPrefix(strings.TrimPrefix(f.Name, f.Rule), "/")
	name = strings.TrimPrefix(name+"/want", "/")
	archive.Files = slices.DeleteFunc(archive.Files, func(file txtar.File) bool { return file.Name == name })
	if len(got) > 0 {
		at := len(archive.Files)
		for i, file := range archive.Files {
			if filepath.Dir(file.Name) == filepath.Dir(name) {
				at = i + 1
			}
		}
		archive.Files = slices.Insert(archive.Files, at, txtar.File{Name: name, Data: []byte(strings.Join(got, "\n") + "\n")})
	}
	if next := txtar.Format(archive); !bytes.Equal(next, text) {
		if err := os.WriteFile(file, next, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryRuleHasItsFixtures checks that each rule has a fixture in which it fires, and one in
// which it just does not fire.
func TestEveryRuleHasItsFixtures(t *testing.T) {
	t.Parallel()
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, f := range allFixtures(t) {
		own := slices.ContainsFunc(f.Want, func(line string) bool { return strings.HasPrefix(line, f.Rule+"{") })
		fires[f.Rule] = fires[f.Rule] || own
		quiet[f.Rule] = quiet[f.Rule] || !own
	}
	for _, name := range alerts.Names() {
		if !fires[name] {
			t.Errorf("no fixture makes %s fire: add a case to testdata/%s.txtar with its alert in the section want", name, name)
		}
		if !quiet[name] && name != "ExporterWatchdog" {
			t.Errorf("no fixture shows when %s does not fire: add a case to testdata/%s.txtar below a directory, such as quiet/a.yaml", name, name)
		}
	}
}
