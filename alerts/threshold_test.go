// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// TestThresholds checks that a declared threshold is used in its rule, and that the texts of the
// rule contain the number.
func TestThresholds(t *testing.T) {
	const other = 123456
	for _, r := range alerts.Rules() {
		changed := r.Changed(alerts.Change{Threshold: other})
		for _, text := range []string{r.Expr, r.Since, r.Summary, r.Description, changed.Expr, changed.Since, changed.Description} {
			if strings.Contains(text, "$threshold") {
				t.Errorf("%s: no number in %s", r.Name, text)
			}
		}
		if _, err := alerts.Parse(changed.Expr); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		if r.Threshold == nil {
			if changed.Expr != r.Expr || slices.Contains(alerts.Adjustable(), r.Name) {
				t.Errorf("%s has no threshold and takes one", r.Name)
			}
			continue
		}
		if !strings.Contains(changed.Expr, "123456") || r.Threshold.Default <= 0 || r.Threshold.Unit == "" || r.Threshold.Meaning == "" {
			t.Errorf("%s: a threshold is in the expression, above 0 and has a unit and a meaning: %+v", r.Name, *r.Threshold)
		}
		if again := changed.Changed(alerts.Change{Threshold: r.Threshold.Default}); again.Expr != r.Expr || again.Since != r.Since ||
			again.Description != r.Description {
			t.Errorf("%s: the default does not give the rule of the catalogue", r.Name)
		}
	}
}

// TestNumbersAreThresholds checks that a number in an expression is the threshold of its rule,
// unless it counts members (two versions, three raft servers) or is the threshold of another rule.
func TestNumbersAreThresholds(t *testing.T) {
	ofOthers := map[string]float64{"CertManagerRenewalOverdueCritical": 3600} // CertManagerRenewalOverdue
	for _, r := range alerts.Rules() {
		e, err := alerts.Parse(r.Expr)
		if err != nil {
			t.Fatal(err)
		}
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			l, ok := n.(*parser.NumberLiteral)
			if ok && (l.Val > 3 || l.Val != math.Trunc(l.Val)) && l.Val != ofOthers[r.Name] && (r.Threshold == nil || r.Threshold.Default != l.Val) {
				t.Errorf("%s: %v is no threshold", r.Name, l.Val)
			}
			return nil
		})
	}
}

func TestInstallation(t *testing.T) {
	rules := map[string]alerts.Rule{}
	in := alerts.Installation{Disabled: []string{"FluxSuspended"}, Changes: map[string]alerts.Change{
		"FluxProgressingTooLong": {For: time.Hour, Severity: alerts.Critical, Threshold: 5400},
		"FluxDrifted":            {Threshold: 5400},
	}}
	for _, g := range in.Apply(alerts.Catalogue()) {
		for _, r := range g.Rules {
			rules[r.Name] = r
		}
	}
	if _, ok := rules["FluxSuspended"]; ok || len(rules) != len(alerts.Names())-1 {
		t.Errorf("there are %d rules", len(rules))
	}
	long := rules["FluxProgressingTooLong"]
	if !strings.HasSuffix(long.Expr, "> 5400)") || !strings.Contains(long.Description, "more than 1h30m.") || long.For != time.Hour || long.Severity != alerts.Critical {
		t.Errorf("%+v", long)
	}
	for _, r := range alerts.Rules() {
		if r.Name == "FluxDrifted" && r.Expr != rules[r.Name].Expr {
			t.Errorf("%+v", rules[r.Name])
		}
	}
}

// TestCausesOutliveChanges checks that causes keep firing for as long as a consequence for which an
// installation sets a longer time, even in only one cluster.
func TestCausesOutliveChanges(t *testing.T) {
	const long = 3 * time.Hour
	in := alerts.Installation{Changes: map[string]alerts.Change{
		"ESOExternalSecretFailing": {Clusters: map[string]alerts.ClusterChange{"lab": {Change: alerts.Change{KeepFiringFor: long}}}},
		"OpenBaoDown":              {KeepFiringFor: time.Minute},
	}}
	kept := map[string]time.Duration{}
	for _, g := range in.Apply(alerts.Catalogue()) {
		for _, r := range g.Rules {
			kept[r.Name] = max(kept[r.Name], r.KeepFiringFor)
		}
	}
	for _, cause := range []string{"ESOStoreNotReady", "OpenBaoDown", "OpenBaoAuthProbeFailing"} {
		if kept[cause] < long {
			t.Errorf("%s is kept for %v, its consequence for %v", cause, kept[cause], long)
		}
	}
	if kept["FluxDrifted"] >= long {
		t.Errorf("FluxDrifted, which is no cause of it, is kept for %v", kept["FluxDrifted"])
	}
}

// TestInstallationClusters checks that a rule with changes for single clusters exists once for the
// other clusters and once for each of these, and that no cluster is in both.
func TestInstallationClusters(t *testing.T) {
	in := alerts.Installation{
		PlaybookBaseURL: "https://wiki.example.com/", DashboardBaseURL: "https://grafana.example.com/d/",
		Changes: map[string]alerts.Change{"OpenBaoNodeDown": {
			KeepFiringFor: time.Hour, Labels: map[string]string{"hours": "working"},
			Clusters: map[string]alerts.ClusterChange{
				"a.b": {Change: alerts.Change{For: 2 * time.Hour, Labels: map[string]string{"hours": "all"}}},
				"lab": {Disabled: true},
			},
		}},
	}
	var found []alerts.Rule
	for _, g := range in.Apply(alerts.Catalogue()) {
		for _, r := range g.Rules {
			if r.Name == "OpenBaoNodeDown" {
				found = append(found, r)
			}
		}
	}
	if len(found) != 2 {
		t.Fatalf("there are %d rules, want two", len(found))
	}
	for i, want := range []struct {
		suffix, hours string
		after         time.Duration
	}{
		{`unless on (cluster) cobaltcore_cluster_up{cluster=~"a\\.b|lab"}`, "working", found[0].For},
		{`and on (cluster) cobaltcore_cluster_up{cluster=~"a\\.b"}`, "all", 2 * time.Hour},
	} {
		r := found[i]
		if !strings.HasSuffix(r.Query(), want.suffix) || r.For != want.after || r.KeepFiringFor != time.Hour || r.Labels("cluster")["hours"] != want.hours {
			t.Errorf("%+v", r)
		}
		if _, err := alerts.ExprFor(r.Query(), "clusterName"); err != nil {
			t.Error(err)
		}
	}
	texts, err := found[0].Annotations("cluster")
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://wiki.example.com/OpenBaoNodeDown.md"; texts["runbook_url"] != want || found[0].Labels("cluster")["playbook"] != want {
		t.Errorf("the playbook is at %v", texts)
	}
	if !strings.HasPrefix(texts["dashboard"], "https://grafana.example.com/d/cobaltcore-openbao?var-cluster=") {
		t.Errorf("the dashboard is at %s", texts["dashboard"])
	}
}

// TestThresholdFile checks that each rule with a threshold is in the file, and that it equals the
// rule of the catalogue with the default.
func TestThresholdFile(t *testing.T) {
	text, err := alerts.ThresholdFile("cluster")
	if err != nil {
		t.Fatal(err)
	}
	var found map[string]struct{ Unit, Expr, Description string }
	if err := yaml.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	for _, r := range alerts.Rules() {
		if r.Threshold == nil {
			continue
		}
		want, err := alerts.ExprFor(r.Query(), "cluster")
		if err != nil {
			t.Fatal(err)
		}
		number := strconv.FormatFloat(r.Threshold.Default, 'f', -1, 64)
		got := strings.ReplaceAll(found[r.Name].Expr, "$threshold", number)
		if got == found[r.Name].Expr || strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(want), "") {
			t.Errorf("%s: with the default it is %s, want %s", r.Name, got, want)
		}
		if found[r.Name].Unit == "" || found[r.Name].Description == "" {
			t.Errorf("%s: %+v", r.Name, found[r.Name])
		}
	}
	if names := slices.Sorted(maps.Keys(found)); !slices.Equal(names, slices.Sorted(slices.Values(alerts.Adjustable()))) {
		t.Errorf("the file has thresholds for %v, want %v", names, alerts.Adjustable())
	}
}
