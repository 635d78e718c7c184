// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package ruletest runs the fixtures of the rules in alerts/tests/testdata: small fleets of objects
// and recorded answers, with the expected alerts. The rows come from an exporter that runs in this
// process. Prometheus' engine, promtool and the health report evaluate the same fixtures.
package ruletest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// readFixture reads a file of alerts/tests/testdata.
func readFixture(name string) ([]byte, error) {
	dir, err := fixtureDir()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
}

func fixtureDir() (string, error) {
	root, err := testutil.RepoRoot()
	return filepath.Join(root, "alerts", "tests", "testdata"), err
}

// TakenAt returns the time of all fixtures.
func TakenAt() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }

// Case is a small fleet.
//
// It is declared in testdata/<rule>.txtar. Sections are merged over a
// healthy fleet of two clusters, a and b, in which everything has the same names:
//
//	a.yaml, b.yaml            objects; one that is only "$patch: delete" is removed
//	a.answers.yaml, …         answers of OpenBao and Aurora by file; null removes
//	rows                      rows that no object makes; one without a value is removed
//	series                    metrics of others, in the notation of promtool
//	want                      all alerts that follow; none without this section
//
// Sections below a directory are another case of the same rule. A section called
// "empty" begins with no objects and no answers.
type Case struct {
	Name string
	// Rule is the rule that the case tests.
	Rule string
	// Series are the metrics of others, a sample each minute; the rows are all there
	// at the last one of them.
	Series []Series
	// Want are the sorted expected alerts in the form of [Alert.String].
	Want []string

	file     string
	sections map[string]string
}

// Cases returns all fixtures.
func Cases() ([]Case, error) {
	dir, err := fixtureDir()
	if err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		return nil, err
	}
	var cases []Case
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		of, err := parseCases(name, text)
		if err != nil {
			return nil, err
		}
		cases = append(cases, of...)
	}
	return cases, nil
}

func parseCases(file string, text []byte) ([]Case, error) {
	rule := strings.TrimSuffix(filepath.Base(file), ".txtar")
	byName := map[string]map[string]string{}
	for _, f := range txtar.Parse(text).Files {
		dir, section := path.Split(f.Name)
		if !slices.Contains(sectionNames(), section) {
			return nil, fmt.Errorf("%s: unknown section %s, want one of %v, below a directory for another case", file, f.Name, sectionNames())
		}
		name := path.Join(rule, dir)
		if byName[name] == nil {
			byName[name] = map[string]string{}
		}
		byName[name][section] = string(f.Data)
	}
	var cases []Case
	for name, sections := range byName {
		c := Case{Name: name, Rule: rule, file: file, sections: sections, Want: lines(sections["want"])}
		for _, line := range lines(sections["series"]) {
			s, err := parseSeries(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			c.Series = append(c.Series, s)
		}
		cases = append(cases, c)
	}
	slices.SortFunc(cases, func(a, b Case) int { return cmp.Compare(a.Name, b.Name) })
	return cases, nil
}

func sectionNames() []string {
	return []string{"a.yaml", "b.yaml", "a.answers.yaml", "b.answers.yaml", "rows", "series", "want", "empty"}
}

func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// Fixture is a case with its rows: the rows of an exporter in the families that rules use.
type Fixture struct {
	Case

	Rows []Row
	// All has the rows of all families if the case is the first one of its rule.
	All []Row
}

// atOnce is the maximum number of exporters that run at the same time.
const atOnce = 4

// Fixtures runs an exporter for each case whose rule matches the pattern, with their files
// below dir.
func Fixtures(ctx context.Context, dir string, rules *regexp.Regexp) ([]Fixture, error) {
	cases, err := Cases()
	if err != nil {
		return nil, err
	}
	cases = slices.DeleteFunc(cases, func(c Case) bool { return !rules.MatchString(c.Rule) })
	all, errs := make([]Fixture, len(cases)), make([]error, len(cases))
	var running sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i, c := range cases {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			all[i].Case = c
			used := ruleMetrics()
			if c.Name == c.Rule {
				used = nil
			}
			var rows []Row
			if rows, errs[i] = c.rows(ctx, filepath.Join(dir, c.Name), used); used == nil {
				all[i].All = slices.Clone(rows)
			}
			all[i].Rows = ofRules(rows)
		})
	}
	running.Wait()
	return all, errors.Join(errs...)
}

// rows runs an exporter on the fleet of the case, with its files in dir, and returns the rows of the
// used families; of all families if used is nil.
func (c Case) rows(ctx context.Context, dir string, used map[string]bool) ([]Row, error) {
	s := site{dir: dir, clusters: []string{"a", "b"}}
	if err := s.write(c); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	rows, err := s.scrape(ctx, used)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	changes, err := parseChanges(c.sections["rows"])
	if err != nil {
		return nil, fmt.Errorf("%s: rows: %w", c.Name, err)
	}
	return changes.apply(contacted(rows)), nil
}

// Bare runs an exporter on two clusters without any of the watched kinds.
func Bare(ctx context.Context, dir string) ([]Row, error) {
	return Case{Name: "bare", sections: map[string]string{"empty": ""}}.rows(ctx, dir, ruleMetrics())
}

// HealthyRows runs an exporter on the fleet that all cases begin with, and returns the rows of all
// families.
func HealthyRows(ctx context.Context, dir string) ([]Row, error) {
	return Case{Name: "healthy"}.rows(ctx, dir, nil)
}

// SnapshotFleet runs an exporter on a copy of test/fleet as it was at [TakenAt].
func SnapshotFleet(ctx context.Context, dir string) ([]Row, error) {
	root, err := testutil.RepoRoot()
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "test", "fleet"))); err != nil {
		return nil, err
	}
	return Recorded(ctx, dir)
}

// Recorded runs an exporter on the snapshots of a directory, which has a fleet.yaml, as
// they were at [TakenAt].
func Recorded(ctx context.Context, dir string) ([]Row, error) {
	if err := writeFiles(dir, map[string]string{snapshot.MetaFile: snapshotMeta(false)}); err != nil {
		return nil, err
	}
	body, err := scrape(ctx, filepath.Join(dir, "fleet.yaml"))
	if err != nil {
		return nil, err
	}
	rows, err := ParseRows(withFamilies(body, ruleMetrics()))
	return contacted(rows), err
}

// ruleMetrics returns the metrics that rules use. It parses all rules once.
var ruleMetrics = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, g := range alerts.Catalogue() {
		for _, expr := range expressions(g) {
			e, err := alerts.Parse(expr)
			if err != nil {
				continue // reported by the tests of the catalogue
			}
			for _, m := range alerts.Metrics(e) {
				names[m] = true
			}
		}
	}
	return names
})

// contacted returns the rows of an exporter that was in contact with its clusters at the moment of
// the fixtures.
func contacted(rows []Row) []Row {
	for i := range rows {
		if rows[i].Name() == "cobaltcore_cluster_last_contact_timestamp_seconds" {
			rows[i].Value = float64(TakenAt().Unix())
		}
	}
	return rows
}

// withFamilies returns the rows of a response in the used families; all rows if used is nil.
func withFamilies(body string, used map[string]bool) string {
	if used == nil {
		return body
	}
	kept := strings.Builder{}
	for line := range strings.Lines(body) {
		if used[line[:max(0, strings.IndexAny(line, "{ "))]] {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// ofRules returns the rows of the families that rules use.
func ofRules(rows []Row) []Row {
	names := ruleMetrics()
	return slices.DeleteFunc(rows, func(r Row) bool { return !names[r.Name()] })
}

func expressions(g alerts.Group) []string {
	var all []string
	for _, r := range g.Recordings {
		all = append(all, r.Expr)
	}
	for _, r := range g.Rules {
		if all = append(all, r.Expr); r.Since != "" {
			all = append(all, r.Since)
		}
	}
	return all
}
