// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// figureRows returns, for pages with figures of make bench, the rows of docs/performance.md from which each row comes: one for
// each value of a cell.
func figureRows() map[string]map[string][]string {
	const body, cpu = "gzip body", "gzip scrape CPU"
	return map[string]map[string][]string{
		"README.md": {
			"CPU until then":                                     {"CPU until complete"},
			"peak memory":                                        {"peak memory (VmHWM) of the whole run"},
			"gzip scrape: CPU, body":                             {cpu, body},
			"gzip scrape while objects change: p99":              {"p99 of those scrapes"},
			"CPU per 1,000 updates that change no row":           {"CPU per 1,000 neutral status updates"},
			"CPU per 1,000 Ready flips":                          {"CPU per 1,000 Ready flips"},
			"update → end of the gzip scrape that shows it, p50": {"update → end of the gzip response that shows it, p50"},
		},
		"docs/comparison.md": {
			"CPU until complete": {"CPU until complete"},
			"peak memory":        {"peak memory (VmHWM) of the whole run"},
			"gzip scrape, CPU":   {cpu},
			"gzip body":          {body},
			"plain scrape, CPU":  {"plain scrape CPU"},
			"plain body":         {"plain body"},
		},
	}
}

// TestFigures compares the figures of make bench in pages with those that it has written: they are the same, rounded.
func TestFigures(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "docs/performance.md"), "<!-- begin: objects 50000 -->")
	section, _, _ = strings.Cut(section, "<!-- end: objects 50000 -->")
	for page, rows := range figureRows() {
		text := read(t, page)
		for row, from := range rows {
			got := tableRow(text, row)
			if len(got) < 3 {
				t.Errorf("%s has no row %q", page, row)
				continue
			}
			for i, source := range from {
				want := tableRow(section, source)
				if len(got) == 3 && len(want) == 5 { // without ratios
					want = []string{want[0], want[1], want[3]}
				}
				for column, cell := range got {
					if values := figures(cell); len(want) != len(got) || i >= len(values) && !isRatio(len(got), column) ||
						i < len(values) && !values[i].rounds(figures(want[column])) {
						t.Errorf("%s: %s: %q, in docs/performance.md %v", page, row, cell, want)
					}
				}
			}
		}
	}
}

// isRatio reports whether a column of a table with ratios has one for all values.
func isRatio(columns, column int) bool { return columns == 5 && column%2 == 0 && column > 0 }

// tableRow returns the cells of a row beside its first one; nil if there is none.
func tableRow(text, first string) []string {
	_, rest, ok := strings.Cut(text, "\n| "+first+" |")
	if !ok {
		return nil
	}
	row, _, _ := strings.Cut(rest, "\n")
	cells := strings.Split(strings.TrimSuffix(row, "|"), "|")
	for i := range cells {
		cells[i] = strings.Trim(cells[i], " *")
	}
	return cells
}

var figure = regexp.MustCompile(`([0-9][0-9,]*(?:\.[0-9]+)?) ?(ms|s|KB|MB|MiB)?\b`)

// number is a value in milliseconds, bytes, or without a unit, and half of its last digit.
type number struct{ value, half float64 }

// figures returns the numbers in a cell.
func figures(cell string) []number {
	units := map[string]float64{"": 1, "ms": 1, "s": 1e3, "KB": 1e3, "MB": 1e6, "MiB": 1 << 20}
	var out []number
	for _, m := range figure.FindAllStringSubmatch(cell, -1) {
		digits := strings.ReplaceAll(m[1], ",", "")
		_, decimals, _ := strings.Cut(digits, ".")
		if n, err := strconv.ParseFloat(digits, 64); err == nil {
			out = append(out, number{n * units[m[2]], 0.5 * math.Pow10(-len(decimals)) * units[m[2]]})
		}
	}
	return out
}

// rounds reports whether n is the first of the others, rounded to its digits.
func (n number) rounds(of []number) bool {
	return len(of) > 0 && math.Abs(n.value-of[0].value) <= n.half*(1+1e-9)
}

// TestRounded checks which figures are the same.
func TestRounded(t *testing.T) {
	for cell, want := range map[string]bool{"48.1 s": true, "48 s": true, "48.2 s": false, "48.1 ms": false, "48,100 ms": true} {
		if got := figures(cell)[0].rounds(figures("48.1 s")); got != want {
			t.Errorf("%s is 48.1 s: %t", cell, got)
		}
	}
}
