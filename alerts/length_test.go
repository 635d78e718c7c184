// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// TestFluxExpressionsAreShort checks that rules about Flux objects select rows and do not join over
// all objects.
func TestFluxExpressionsAreShort(t *testing.T) {
	const most = 400
	for _, r := range alerts.Rules() {
		if strings.Contains(r.Expr, "cobaltcore_flux_resource_") && len(r.Expr) >= most {
			t.Errorf("%s: the expression has %d characters, want fewer than %d:\n%s", r.Name, len(r.Expr), most, r.Expr)
		}
	}
}

// TestCatalogueIsShort checks that the rule file without its header does not become larger than
// it was with 124 rules. With -v, it prints the longest expression.
func TestCatalogueIsShort(t *testing.T) {
	const mostBytes, mostLines = 197_800, 4_130
	text, err := alerts.RuleFile(alerts.Catalogue(), "cluster")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Count(text, []byte("\n"))
	t.Logf("%d bytes in %d lines", len(text), lines)
	if len(text) >= mostBytes || lines >= mostLines {
		t.Errorf("the file of rules has %d bytes in %d lines, want fewer than %d in %d: shorten expressions or texts; "+
			"for a new rule, mostBytes may grow by its size, with the reason in the commit message",
			len(text), lines, mostBytes, mostLines)
	}
	longest := ""
	for _, g := range plainGroups(t, "cluster") {
		for _, r := range g.Rules {
			if len(r.Expr) > len(longest) {
				longest = r.Expr
			}
		}
	}
	t.Logf("the longest expression has %d characters:\n%s", len(longest), longest)
}
