// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

func TestLayout(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 70)
	for _, test := range []struct{ expr, want string }{
		{`((a == 0) and on (x) (b))`, `a == 0 and on (x) b`},
		{`(a or b) and on (x) (c unless on (x) d)`, `(a or b) and on (x) (c unless on (x) d)`},
		{`(a and b) or (c * (d + e))`, `a and b or c * (d + e)`},
		{`a - (b - c) - (d * e)`, `a - (b - c) - d * e`},
		{`2 ^ (3 ^ 2)`, `2 ^ (3 ^ 2)`},
		{`max by (x) ((a))`, `max by (x) (a)`},
		{long + ` unless on (x) ` + long, long + "\nunless on (x) " + long},
		{`max by (x) (` + long + `) > 1 or max by (y) (` + long + `)`, "  max by (x) (" + long + ") > 1\nor max by (y) (" + long + ")"},
		{`max by (x) (` + long + ` + ` + long + `) > 1`, "max by (x) (\n  " + long + "\n  + " + long + "\n) > 1"},
		{
			`label_replace(` + long + ` + ` + long + `, "b", "c", "", "")`,
			"label_replace(\n  " + long + "\n  + " + long + ",\n  \"b\", \"c\", \"\", \"\")",
		},
		{`label_replace(` + long + `, "b", "` + long + `", "", "")`, "label_replace(\n  " + long + ",\n  \"b\", \"" + long + "\", \"\", \"\")"},
		{`(` + long + ` or ` + long + `) * 2`, "(\n  " + long + "\n  or " + long + "\n) * 2"},
	} {
		if diff := cmp.Diff(test.want, alerts.Layout(t, test.expr)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.expr, diff)
		}
	}
}

// TestLayoutKeepsTheMeaning checks that removing superfluous parentheses does not change the meaning, and
// that the layout is idempotent.
func TestLayoutKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	for _, r := range alerts.Rules() {
		text := alerts.Layout(t, r.Expr)
		if got, want := alerts.FullyParenthesized(t, text), alerts.FullyParenthesized(t, r.Expr); got != want {
			t.Errorf("%s:\n%s\n%s", r.Name, got, want)
		}
		if again := alerts.Layout(t, text); again != text {
			t.Errorf("%s: laid out again\n%s\n%s", r.Name, text, again)
		}
	}
}
