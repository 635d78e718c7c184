// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"slices"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// TestExpiryHasTheLimitsOfTheAlerts checks that the colours of the page change when the alerts fire.
func TestExpiryHasTheLimitsOfTheAlerts(t *testing.T) {
	t.Parallel()
	limit := func(name string) string {
		rules := alerts.Rules()
		i := slices.IndexFunc(rules, func(r alerts.Rule) bool { return r.Name == name })
		if i < 0 {
			return ""
		}
		_, after, _ := strings.Cut(rules[i].Expr, " < ")
		if end := strings.IndexAny(after, ")\n"); end >= 0 {
			after = after[:end]
		}
		return strings.TrimSpace(after)
	}
	for _, e := range slices.Concat(baoExpiries(), otherExpiries()) {
		if e.rule == "" || e.rule == "OpenBaoCRLExpiring" { // a share of the validity
			continue
		}
		if want := limit(e.rule); e.warning != want {
			t.Errorf("%s: a warning at %q, but %s fires at %q", e.title, e.warning, e.rule, want)
		}
		if want := limit(e.rule + "Critical"); want != "" && e.critical != want {
			t.Errorf("%s: bad at %q, but %sCritical fires at %q", e.title, e.critical, e.rule, want)
		}
	}
}
