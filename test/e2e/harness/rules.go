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
	"testing"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
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

// Hasty is the divisor of the times that rules wait in a test.
const Hasty = 60

// HastyRules writes the rules of a file with a sixtieth of the time that they wait before
// they fire and before they no longer do. Their texts stay the same, so tests make objects
// that are old enough.
func HastyRules(t *testing.T, file string) string {
	t.Helper()
	rules := ReadRules(t, file)
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			for _, key := range []string{"for", "keep_firing_for"} {
				text, ok := r[key].(string)
				if !ok {
					continue
				}
				d, err := model.ParseDuration(text)
				Must(t, err)
				r[key] = (d / Hasty).String()
			}
		}
	}
	return rules.Write(t)
}
