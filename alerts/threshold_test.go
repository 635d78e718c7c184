// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// TestThresholds: a threshold that is declared is in its rule, and what a rule says is
// said with a number.
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
		if again := changed.Changed(alerts.Change{Threshold: r.Threshold.Default}); again.Expr != r.Expr || again.Since != r.Since || again.Description != r.Description {
			t.Errorf("%s: the default does not give the rule of the catalogue", r.Name)
		}
	}
}

func TestSite(t *testing.T) {
	rules := map[string]alerts.Rule{}
	for _, g := range alerts.Site([]string{"FluxSuspended"}, map[string]alerts.Change{
		"FluxProgressingTooLong": {For: time.Hour, Severity: alerts.Critical, Threshold: 5400},
		"FluxDrifted":            {Threshold: 5400},
	}) {
		for _, r := range g.Rules {
			rules[r.Name] = r
		}
	}
	if _, ok := rules["FluxSuspended"]; ok || len(rules) != len(alerts.Names())-1 {
		t.Errorf("there are %d rules", len(rules))
	}
	long := rules["FluxProgressingTooLong"]
	if !strings.HasSuffix(long.Expr, "> 5400)") || !strings.HasSuffix(long.Description, "more than 1h30m.") || long.For != time.Hour || long.Severity != alerts.Critical {
		t.Errorf("%+v", long)
	}
	for _, r := range alerts.Rules() {
		if r.Name == "FluxDrifted" && r.Expr != rules[r.Name].Expr {
			t.Errorf("%+v", rules[r.Name])
		}
	}
}

// TestAdjustableRuleFile: beside each rule with a threshold is what makes it one with
// another threshold.
func TestAdjustableRuleFile(t *testing.T) {
	text, err := alerts.AdjustableRuleFile(alerts.Catalogue(), "clusterName")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Threshold   *struct{ Unit, Expr, Description string }
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	rules := map[string]alerts.Rule{}
	for _, r := range alerts.Rules() {
		rules[r.Name] = r
	}
	var found []string
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if r.Threshold == nil {
				continue
			}
			found = append(found, r.Alert)
			number := strconv.FormatFloat(rules[r.Alert].Threshold.Default, 'f', -1, 64)
			got := strings.ReplaceAll(r.Threshold.Expr, "$threshold", number)
			if got == r.Threshold.Expr || strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(r.Expr), "") {
				t.Errorf("%s: with the default it is %s, want %s", r.Alert, got, r.Expr)
			}
			if r.Threshold.Unit == "" || r.Threshold.Description == "" {
				t.Errorf("%s: %+v", r.Alert, *r.Threshold)
			}
		}
	}
	if !slices.Equal(found, alerts.Adjustable()) {
		t.Errorf("the file has thresholds for %v, want %v", found, alerts.Adjustable())
	}
}
