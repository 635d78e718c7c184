// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "fmt"

// adjustment is the texts of a rule with a placeholder instead of its threshold.
type adjustment struct {
	Unit        Unit   `yaml:"unit"`
	Expr        string `yaml:"expr"`
	Description string `yaml:"description"`
}

// AdjustableRuleFile returns [RuleFile] for the templates of the chart, which change
// thresholds without this package: each rule that has a threshold also has its texts
// with $threshold in its place. Prometheus does not read them.
func AdjustableRuleFile(groups []Group, label string) ([]byte, error) {
	file, err := rulesFor(groups, label)
	if err != nil {
		return nil, err
	}
	adjustments := map[string]*adjustment{}
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Threshold == nil {
				continue
			}
			if adjustments[r.Name], err = r.adjustment(label); err != nil {
				return nil, err
			}
		}
	}
	for _, g := range file.Groups {
		for i := range g.Rules {
			g.Rules[i].Threshold = adjustments[g.Rules[i].Alert]
		}
	}
	return encode(file)
}

// adjustment returns the texts of a rule with the placeholder of its threshold.
func (r Rule) adjustment(label string) (*adjustment, error) {
	r.Expr = r.declared.expr
	expr, err := ExprFor(r.Query(), label)
	if err != nil {
		return nil, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	return &adjustment{Unit: r.Threshold.Unit, Expr: expr, Description: templateFor(r.declared.description, label)}, nil
}
