// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"fmt"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// TestNarrow checks which of the values 90, 100 and 110 a selector needs at the time 100, and
// whether the result may change with the time although the selection does not.
func TestNarrow(t *testing.T) {
	for expr, want := range map[string]string{
		`x`:                                       "90 100 110",
		`x == 90`:                                 "90",
		`95 < x`:                                  "100 110",
		`(x) != bool 90`:                          "90 100 110",
		`x < time()`:                              "90",
		`x <= time() - 10`:                        "90",
		`x == time()`:                             "90 100 110 clock",
		`time() - x`:                              "90 100 110 clock",
		`time() - x > 0`:                          "90 clock",
		`5 > time() - x`:                          "100 110 clock",
		`x + 60 * 60 < time() + 3595`:             "90 clock",
		`x * 2 > 210`:                             "90 100 110",
		`time() - (x < time())`:                   "90 clock",
		`max by (cluster, name) (x) < time()`:     "90",
		`min without (pod) (x) < 100`:             "90",
		`max by (cluster) (x) > 100`:              "90 100 110",
		`min without (name) (x) < 100`:            "90 100 110",
		`sum by (cluster, name) (x) > 100`:        "90 100 110",
		`count(x > 100)`:                          "110",
		`(x unless y) > 100`:                      "90 100 110",
		`x > 100 unless y`:                        "110",
		`x > y`:                                   "90 100 110",
		`absent(x) > 0`:                           "90 100 110",
		`x > scalar(y)`:                           "90 100 110",
		`group by (cluster) (x)`:                  "90 100 110 by cluster",
		`group by (cluster) (x > 100)`:            "110",
		`group without (name) (x)`:                "90 100 110",
		`label_replace(x > 100, "a", "", "", "")`: "110",
	} {
		parsed, err := alerts.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		parser.Inspect(parsed, func(n parser.Node, path []parser.Node) error {
			if v, ok := n.(*parser.VectorSelector); ok && v.Name == "x" {
				by, settled := newNarrowing(v, path, []string{"cluster", "name"})
				for _, value := range []float64{90, 100, 110} {
					if by.keep == nil || by.keep(value, 100) {
						got += fmt.Sprint(value, " ")
					}
				}
				if by.by != nil {
					got += fmt.Sprint("by ", by.by[0], " ")
				}
				if dependsOnTime(parsed, []*parser.BinaryExpr{settled}) {
					got += "clock "
				}
			}
			return nil
		})
		if got != want+" " {
			t.Errorf("%s: %s, want %s", expr, got, want)
		}
	}
}
