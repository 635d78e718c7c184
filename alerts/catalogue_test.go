// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"testing"
)

func TestExpressionsParse(t *testing.T) {
	for _, g := range Catalogue() {
		for _, r := range g.Recordings {
			if _, err := ExprFor(r.Expr, "clusterName"); err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
		}
		for _, r := range g.Rules {
			for what, expr := range map[string]string{"expr": r.Expr, "since": r.Since} {
				if expr == "" {
					continue
				}
				if _, err := ExprFor(expr, "clusterName"); err != nil {
					t.Errorf("%s: %s: %v", r.Name, what, err)
				}
			}
		}
	}
}
