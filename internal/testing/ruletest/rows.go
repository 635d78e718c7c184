// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Row is a sample without a time.
type Row struct {
	Labels labels.Labels // with the name
	Value  float64
}

// Name returns the name of the family.
func (r Row) Name() string { return r.Labels.Get(labels.MetricName) }

// String returns the line in the text format.
func (r Row) String() string {
	return Selector(r.Labels) + " " + strconv.FormatFloat(r.Value, 'f', -1, 64)
}

// Selector writes labels with the name in front.
func Selector(l labels.Labels) string {
	return l.Get(labels.MetricName) + l.DropReserved(func(n string) bool { return n == labels.MetricName }).String()
}

// ParseRows reads the text format.
func ParseRows(text string) ([]Row, error) {
	var rows []Row
	for _, line := range lines(text) {
		at := strings.LastIndexByte(line, ' ')
		if at < 0 {
			return nil, fmt.Errorf("no value: %s", line)
		}
		l, err := parseLabels(line[:at])
		if err != nil {
			return nil, err
		}
		v, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		rows = append(rows, Row{Labels: l, Value: v})
	}
	return rows, nil
}

func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

func parseLabels(text string) (labels.Labels, error) {
	l, err := newParser().ParseMetric(text)
	if err != nil {
		return l, fmt.Errorf("%s: %w", text, err)
	}
	return l, nil
}

// Series is a series of another exporter over time.
type Series struct {
	Notation string // as promtool takes it
	Labels   labels.Labels
	Values   []parser.SequenceValue
}

func parseSeries(line string) (Series, error) {
	l, values, err := newParser().ParseSeriesDesc(line)
	if err != nil {
		return Series{}, fmt.Errorf("series %s: %w", line, err)
	}
	return Series{Notation: line, Labels: l, Values: values}, nil
}

// changes are the changes of a fixture to the rows of its objects.
type changes struct {
	set     []Row
	removed []labels.Labels
}

// parseChanges reads rows; a row without a value removes rows.
func parseChanges(text string) (changes, error) {
	var c changes
	for _, line := range lines(text) {
		if !strings.HasSuffix(line, "}") {
			rows, err := ParseRows(line)
			if err != nil {
				return c, err
			}
			c.set = append(c.set, rows...)
			continue
		}
		l, err := parseLabels(line)
		if err != nil {
			return c, err
		}
		c.removed = append(c.removed, l)
	}
	return c, nil
}

func (c changes) apply(rows []Row) []Row {
	rows = slices.DeleteFunc(rows, func(r Row) bool {
		return slices.ContainsFunc(c.set, func(s Row) bool { return labels.Equal(s.Labels, r.Labels) }) ||
			slices.ContainsFunc(c.removed, func(l labels.Labels) bool { return includes(r.Labels, l) })
	})
	return append(rows, c.set...)
}

// includes reports whether l has all labels of some.
func includes(l, some labels.Labels) bool {
	all := true
	some.Range(func(s labels.Label) { all = all && l.Get(s.Name) == s.Value })
	return all
}

// Renamed returns the rows of an exporter with another name of the label cluster.
func Renamed(rows []Row, label string) []Row {
	return relabelled(rows, func(b *labels.Builder) {
		if v := b.Get("cluster"); v != "" && label != "cluster" {
			b.Del("cluster").Set(label, v)
		}
	})
}

// Scraped returns the rows with the labels that the scrape of a replica adds. With honor_labels,
// which the rules need, existing labels are kept.
func Scraped(rows []Row, replica string) []Row {
	added := map[string]string{
		"instance": replica + ":9876", "pod": replica, "job": "cobaltcore-exporter", "service": "cobaltcore-exporter", "container": "exporter", "endpoint": "metrics",
	}
	return relabelled(rows, func(b *labels.Builder) {
		for name, value := range added {
			if b.Get(name) == "" {
				b.Set(name, value)
			}
		}
	})
}

func relabelled(rows []Row, change func(*labels.Builder)) []Row {
	out := make([]Row, len(rows))
	for i, r := range rows {
		b := labels.NewBuilder(r.Labels)
		change(b)
		out[i] = Row{Labels: b.Labels(), Value: r.Value}
	}
	return out
}
