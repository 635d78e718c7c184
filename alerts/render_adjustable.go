// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"strconv"
	"strings"
)

// adjustment is what a rule says with a placeholder instead of its threshold.
type adjustment struct {
	Unit        Unit   `yaml:"unit"`
	Expr        string `yaml:"expr"`
	Description string `yaml:"description"`
}

// AdjustableRuleFile is [RuleFile] for who changes thresholds without this package, as
// the templates of the chart do: beside each rule that has a threshold is what it says
// with $threshold in its place. Prometheus does not read that.
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

// adjustment of a rule with a threshold. The placeholder is no PromQL, so a number that
// is nowhere else stands for it until the expression is written.
func (r Rule) adjustment(label string) (*adjustment, error) {
	const number = 987654321
	r = r.at(number)
	expr, err := ExprFor(r.Query(), label)
	if err != nil {
		return nil, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	return &adjustment{
		Unit: r.Threshold.Unit, Expr: strings.ReplaceAll(expr, strconv.Itoa(number), threshold),
		Description: templateFor(r.declared.description, label),
	}, nil
}
