// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package exposition keeps metric rows as text, grouped by family, and serves them.
//
// A [Group] holds the rows of one kind in one cluster. Its changes (one object, a relist, a withdrawal) are atomic: a scrape
// contains a change completely or not at all. The [table] of a group has pages, a page has a column for each family, and a
// column has a packed [Block]. A scrape with gzip reuses the compressed data of all blocks that did not change.
package exposition

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
)

// Type is the type of a family in the terms of the exposition formats.
type Type string

// Types in use. _info families are gauges in both formats, as in client_golang, so that sample lines are identical in both.
const (
	Gauge     Type = "gauge"
	Counter   Type = "counter"
	Histogram Type = "histogram"
	// Untyped is for rows of other expositions. In OpenMetrics it is named unknown.
	Untyped Type = "untyped"
	// Summary has samples _sum and _count without quantiles, see [Rows.AddOpen].
	Summary Type = "summary"
)

// ClusterLabel is the first label of nearly every family. Families declare it with this name; [Options.ClusterLabel] may rename
// it in the output.
const ClusterLabel = "cluster"

// Family declares one metric family. It is declared once, in the package that adds its rows. Documentation, rules and
// dashboards refer to it.
type Family struct {
	Name string
	// Help is one sentence, without line breaks or quotes.
	Help string
	Type Type
	// Labels are the label names in the order of the values of [Rows.Add]. Rows sets the value of a leading
	// [ClusterLabel].
	Labels []string
	// Buckets are the upper bounds of a histogram's buckets, without +Inf.
	Buckets []float64
	// Open allows rows with additional labels, see [Rows.AddOpen].
	Open bool
	// Detail means that the family is exported only with [Options.Detail], or if [Options.Include] names it. Rules do not
	// use such families.
	Detail bool
	// Internal means that the rows are kept for pages and never written.
	Internal bool
}

// family is a Family prepared for rendering, with the precomputed text between label values.
type family struct {
	decl *Family
	// enabled reports whether rows are kept, and served whether they are written.
	enabled, served bool
	// fillCluster reports whether the first label is the cluster.
	fillCluster bool
	// before[i] is the text before the value of label i; nil if the label is omitted.
	before [][]byte
	close  []byte
	// names are the exported names of the labels.
	names  []string
	header [2][]*Block // one block by format
}

func compile(decl *Family, o Options) (*family, error) {
	if err := check(decl); err != nil {
		return nil, err
	}
	served := !decl.Internal && (len(o.Include) == 0 && (o.Detail || !decl.Detail) || slices.Contains(o.Include, decl.Name) || decl.Open &&
		openIncluded(o.Include, decl.Name))
	f := &family{
		decl:        decl,
		enabled:     served || decl.Internal || slices.Contains(o.Keep, decl.Name),
		served:      served,
		fillCluster: len(decl.Labels) > 0 && decl.Labels[0] == ClusterLabel,
		close:       []byte(" "),
		header: [2][]*Block{
			formatText:        {rawBlock(header(decl, decl.Name, decl.Type))},
			formatOpenMetrics: {rawBlock(header(decl, openMetricsName(decl), openMetricsType(decl)))},
		},
	}
	open := decl.Name + "{"
	for _, l := range decl.Labels {
		if slices.Contains(o.OmitLabels, l) {
			f.before = append(f.before, nil)
			continue
		}
		if l == ClusterLabel && o.ClusterLabel != "" {
			l = o.ClusterLabel
		}
		f.names = append(f.names, l)
		f.before = append(f.before, []byte(open+l+`="`))
		open = `",`
		f.close = []byte(`"} `)
	}
	if open != `",` {
		f.before = append(f.before, []byte(decl.Name)) // without labels
	}
	if bytes.Equal(f.header[formatText][0].raw, f.header[formatOpenMetrics][0].raw) {
		f.header[formatOpenMetrics] = f.header[formatText]
	}
	return f, nil
}

func header(decl *Family, name string, t Type) []byte {
	return fmt.Appendf(nil, "# HELP %s %s\n# TYPE %s %s\n", name, decl.Help, name, t)
}

// openMetricsName returns the name of a family in OpenMetrics, where the name of a counter does not include the _total of its
// samples.
func openMetricsName(decl *Family) string {
	if decl.Type == Counter {
		return strings.TrimSuffix(decl.Name, "_total")
	}
	return decl.Name
}

func check(decl *Family) error {
	if !model.LegacyValidation.IsValidMetricName(decl.Name) {
		return fmt.Errorf("family %q: not a metric name", decl.Name)
	}
	if decl.Help == "" || strings.ContainsAny(decl.Help, "\n\\\"") {
		return fmt.Errorf("family %s: help must be one line without quotes and backslashes", decl.Name)
	}
	if !slices.Contains([]Type{Gauge, Counter, Histogram, Untyped, Summary}, decl.Type) {
		return fmt.Errorf("family %s: unknown type %q", decl.Name, decl.Type)
	}
	if err := cmp.Or(checkBuckets(decl), checkOpen(decl)); err != nil {
		return err
	}
	if !decl.Open && (decl.Type == Counter) != strings.HasSuffix(decl.Name, "_total") {
		return fmt.Errorf("family %s: counters, and only counters, end in _total", decl.Name)
	}
	for i, l := range decl.Labels {
		if !model.LegacyValidation.IsValidLabelName(l) || slices.Contains(decl.Labels[:i], l) {
			return fmt.Errorf("family %s: label %q is invalid or declared twice", decl.Name, l)
		}
	}
	return nil
}
