// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// TestFluxExpressionsAreShort: a rule about Flux objects selects rows, it does not join
// them over all objects.
func TestFluxExpressionsAreShort(t *testing.T) {
	const most = 400
	for _, r := range alerts.Rules() {
		if strings.Contains(r.Expr, "cobaltcore_flux_resource_") && len(r.Expr) >= most {
			t.Errorf("%s: the expression has %d characters, want fewer than %d:\n%s", r.Name, len(r.Expr), most, r.Expr)
		}
	}
}
