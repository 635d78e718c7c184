// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "fmt"

// adjustment has the texts of a rule with a placeholder in place of its threshold.
type adjustment struct {
	Unit        Unit   `yaml:"unit"`
	Expr        string `yaml:"expr"`
	Description string `yaml:"description"`
}

// ThresholdFile returns the texts of each rule with a threshold by its name, with $threshold in
// place of the number. The templates of the chart use it to change thresholds.
func ThresholdFile(label string) ([]byte, error) {
	adjustments := map[string]adjustment{}
	for _, r := range Rules() {
		if r.Threshold == nil {
			continue
		}
		var err error
		if adjustments[r.Name], err = r.adjustment(label); err != nil {
			return nil, err
		}
	}
	return encode(adjustments)
}

// adjustment returns the texts of a rule with the placeholder of its threshold.
func (r Rule) adjustment(label string) (adjustment, error) {
	r.Expr = r.declared.expr
	expr, err := ExprFor(r.Query(), label)
	if err != nil {
		return adjustment{}, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	return adjustment{Unit: r.Threshold.Unit, Expr: expr, Description: templateFor(r.declared.description, label)}, nil
}
