// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// AddHistogram appends the samples of one histogram: its buckets, its sum and its count. counts are the observations of each
// bucket, not cumulative, and last the observations above the last bound. The values are as for [Rows.Add].
func (r *Rows) AddHistogram(decl *Family, counts []uint64, sum float64, values ...string) {
	i := r.find(decl)
	if i < 0 || len(counts) != len(decl.Buckets)+1 {
		return
	}
	start := len(r.lines[i])
	r.Add(decl, 0, values...) // renders the labels
	lines, line := r.lines[i][:start], string(r.lines[i][start:])
	labels := strings.TrimSuffix(strings.TrimPrefix(line, decl.Name), "0\n")
	if line == "" || start > 0 && r.has(i, lines, []byte(decl.Name+"_count"+labels)) {
		r.lines[i] = lines
		return
	}
	open := "_bucket{le=\""
	if inner, ok := strings.CutSuffix(labels, "} "); ok {
		open = "_bucket" + inner + `,le="`
	}
	total := uint64(0)
	for n, count := range counts {
		total += count
		bound := math.Inf(1)
		if n < len(decl.Buckets) {
			bound = decl.Buckets[n]
		}
		lines = append(lines, decl.Name+open...)
		lines = append(appendBound(lines, bound), `"} `...)
		lines = append(strconv.AppendUint(lines, total, 10), '\n')
	}
	lines = append(lines, decl.Name+"_sum"+labels...)
	lines = append(appendFloat(lines, sum), '\n')
	lines = append(lines, decl.Name+"_count"+labels...)
	r.lines[i] = append(strconv.AppendUint(lines, total, 10), '\n')
}

// Observe counts a value in its bucket.
func (f *Family) Observe(counts []uint64, v float64) {
	n, _ := slices.BinarySearch(f.Buckets, v)
	counts[n]++
}

// appendBound appends a bound with a point or an exponent, as OpenMetrics requires. The text format accepts both.
func appendBound(b []byte, v float64) []byte {
	start := len(b)
	b = appendFloat(b, v)
	if bytes.ContainsAny(b[start:], ".eI") {
		return b
	}
	return append(b, ".0"...)
}

func checkBuckets(decl *Family) error {
	b := decl.Buckets
	switch {
	case (decl.Type == Histogram) != (len(b) > 0):
		return fmt.Errorf("family %s: histograms, and only histograms, have buckets", decl.Name)
	case len(b) > 0 && (!slices.IsSorted(b) || len(slices.Compact(slices.Clone(b))) < len(b) || math.IsInf(b[len(b)-1], 1) ||
		math.IsNaN(b[0])):
		return fmt.Errorf("family %s: the bounds of its buckets must be finite numbers that ascend", decl.Name)
	case len(b) > 0 && slices.Contains(decl.Labels, "le"):
		return fmt.Errorf("family %s: the label le is that of its buckets", decl.Name)
	}
	return nil
}
