//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// Rules is the content of a rule file.
type Rules struct {
	Groups []RuleGroup `yaml:"groups" json:"groups"`
}

// RuleGroup is a group of rules, which are evaluated in this order.
type RuleGroup struct {
	Name  string           `yaml:"name" json:"name"`
	Rules []map[string]any `yaml:"rules" json:"rules"`
}

// ReadRules reads a rule file.
func ReadRules(t *testing.T, file string) Rules {
	t.Helper()
	content, err := os.ReadFile(file)
	Must(t, err)
	var r Rules
	Must(t, yaml.Unmarshal(content, &r))
	return r
}

// Only returns the rules with the given names.
func (r Rules) Only(names []string) Rules {
	var out Rules
	for _, g := range r.Groups {
		g.Rules = slices.DeleteFunc(slices.Clone(g.Rules), func(rule map[string]any) bool {
			name, _ := cmp.Or(rule["alert"], rule["record"]).(string)
			return !slices.Contains(names, name)
		})
		if len(g.Rules) > 0 {
			out.Groups = append(out.Groups, g)
		}
	}
	return out
}

// Write writes the rules to a file that exists until the test ends.
func (r Rules) Write(t *testing.T) string {
	t.Helper()
	content, err := json.Marshal(r) // which is YAML, too
	Must(t, err)
	file := filepath.Join(t.TempDir(), "rules.yaml")
	Must(t, os.WriteFile(file, content, 0o600))
	return file
}

// Hasty is the divisor of all times for which rules wait in a test.
const Hasty = 60

// ScaledChanges returns changes by which rules wait for a sixtieth of their time, before
// they fire and since the onset. Other thresholds, such as the age of a certificate, stay.
func ScaledChanges() map[string]alerts.Change {
	changes := map[string]alerts.Change{}
	for _, r := range alerts.Rules() {
		c := alerts.Change{For: r.For / Hasty}
		if r.Threshold != nil && strings.Contains(r.Expr, "_since_timestamp_seconds") {
			c.Threshold = r.Threshold.Default / Hasty
		}
		changes[r.Name] = c
	}
	return changes
}

// ScaledRules writes a file with all rules for rows in which the label cluster is called
// label. They wait for a sixtieth of their time, and fire on for a sixtieth.
func ScaledRules(t *testing.T, label string) string {
	t.Helper()
	return ScaledRulesWith(t, label, ScaledChanges())
}

// ScaledRulesWith is [ScaledRules] with the given changes.
func ScaledRulesWith(t *testing.T, label string, changes map[string]alerts.Change) string {
	t.Helper()
	groups := alerts.Installation{Changes: changes}.Apply(alerts.Catalogue())
	for _, g := range groups {
		for i := range g.Rules {
			g.Rules[i].KeepFiringFor /= Hasty
		}
	}
	content, err := alerts.RuleFile(groups, label)
	Must(t, err)
	out := filepath.Join(t.TempDir(), "rules.yaml")
	Must(t, os.WriteFile(out, content, 0o600))
	return out
}
