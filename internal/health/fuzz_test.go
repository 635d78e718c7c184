// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// FuzzReadRules reads a rule file. Each problem is one line that begins with the file and the line
// number; if there is no problem, each rule has a name and an expression.
func FuzzReadRules(f *testing.F) {
	f.Add("groups: [{name: g, labels: {team: a}, rules: [{alert: A, expr: 'up == 0', for: 5m, labels: {severity: warning}}]}]\n")
	f.Add("groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: sum(\n")
	f.Add("groups: [{name: g, rules: [{alert: A, expr: up, annotations: {summary: '{{ .Labels }'}}]}]\n")
	f.Add("groups: {}\n")
	f.Add("a: &a [*a]\n")
	file := filepath.Join(f.TempDir(), "rules.yaml")
	located := regexp.MustCompile(`^` + regexp.QuoteMeta(file) + `:\d+: `)
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		groups, err := ReadRules(t.Context(), file)
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				if !located.MatchString(line) {
					t.Errorf("%q", line)
				}
			}
			return
		}
		for _, g := range groups {
			for _, r := range g.Rules {
				if r.Alert+r.Record == "" || r.Expr == "" {
					t.Errorf("%+v", r)
				}
			}
		}
	})
}
