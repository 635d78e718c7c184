//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// Hasty is by what the time that rules wait is divided in a test.
const Hasty = 60

// HastyRules is a file with the rules of another one that wait for a sixtieth of their
// time, before they fire and before they no longer do. What they say stays the same: so
// tests make objects that are old enough.
func HastyRules(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	Must(t, err)
	var rules struct {
		Groups []struct {
			Name  string           `yaml:"name" json:"name"`
			Rules []map[string]any `yaml:"rules" json:"rules"`
		} `yaml:"groups" json:"groups"`
	}
	Must(t, yaml.Unmarshal(content, &rules))
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
	content, err = json.Marshal(rules) // which is YAML, too
	Must(t, err)
	out := filepath.Join(t.TempDir(), "rules.yaml")
	Must(t, os.WriteFile(out, content, 0o600))
	return out
}
