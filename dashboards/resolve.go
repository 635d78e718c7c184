// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

const clusterLabel = "cluster"

// WithClusterLabel returns the page with expressions for Prometheus, for rows in which the label
// cluster has the name label. Variables keep their names, so that links do not depend on the label.
func (d Dashboard) WithClusterLabel(label string) (Dashboard, error) {
	d.Variables = slices.Clone(d.Variables)
	for i := range d.Variables {
		v := &d.Variables[i]
		if v.Text != "" {
			continue
		}
		selector, err := alerts.EachReplica(v.Selector, label)
		if err != nil {
			return d, fmt.Errorf("%s: variable %s: %w", d.ID, v.Name, err)
		}
		v.Selector, v.Label = selector, renameCluster(v.Label, label)
	}
	d.Annotations = slices.Clone(d.Annotations)
	for i := range d.Annotations {
		a := &d.Annotations[i]
		expr, err := alerts.QueryFor(a.Expr, label)
		if err != nil {
			return d, fmt.Errorf("%s: annotation %s: %w", d.ID, a.Name, err)
		}
		a.Expr, a.Text = expr, legendLabel.ReplaceAllString(a.Text, "{{"+label+"}}")
	}
	d.Sections = slices.Clone(d.Sections)
	for i := range d.Sections {
		panels := slices.Clone(d.Sections[i].Panels)
		for j, p := range panels {
			var err error
			if panels[j], err = p.forLabel(label); err != nil {
				return d, fmt.Errorf("%s: panel %s: %w", d.ID, p.Title, err)
			}
		}
		d.Sections[i].Panels = panels
	}
	return d, nil
}

func (p Panel) forLabel(label string) (Panel, error) {
	written := alerts.QueryFor
	if p.PerReplica {
		written = alerts.EachReplica
	}
	p.Queries = slices.Clone(p.Queries)
	for i := range p.Queries {
		q := &p.Queries[i]
		expr, err := p.rows(q.Expr)
		if err != nil {
			return p, err
		}
		if q.Expr, err = written(expr, label); err != nil {
			return p, err
		}
		q.Legend = legendLabel.ReplaceAllString(q.Legend, "{{"+label+"}}")
	}
	p.Columns = slices.Clone(p.Columns)
	for i := range p.Columns {
		c := &p.Columns[i]
		c.Label = renameCluster(c.Label, label)
		if c.Link != nil {
			link := c.Link.forLabel(label)
			c.Link = &link
		}
	}
	p.Links = slices.Clone(p.Links)
	for i, l := range p.Links {
		p.Links[i] = l.forLabel(label)
	}
	return p, nil
}

var legendLabel = regexp.MustCompile(`\{\{\s*cluster\s*\}\}`)

func renameCluster(name, label string) string {
	if name == clusterLabel {
		return label
	}
	return name
}

// rows reduces the labels of an expression to the columns of its table, because neither Grafana nor
// Perses can hide unknown labels.
func (p Panel) rows(expr string) (string, error) {
	if p.Kind != Table {
		return expr, nil
	}
	e, err := alerts.Parse(expr)
	if err != nil {
		return "", err
	}
	labels := p.Labels()
	if by, ok := groupedBy(e); ok && !slices.ContainsFunc(by, func(l string) bool { return !slices.Contains(labels, l) }) {
		return expr, nil
	}
	return "max by (" + strings.Join(labels, ", ") + ") (" + expr + ")", nil
}

// Labels returns the labels of the rows of a table: the labels of its columns, then the labels that
// only its links need.
func (p Panel) Labels() []string {
	var labels []string
	add := func(names ...string) {
		for _, n := range names {
			if n != "" && !slices.Contains(labels, n) {
				labels = append(labels, n)
			}
		}
	}
	for _, c := range p.Columns {
		add(c.Label)
	}
	for _, c := range p.Columns {
		if c.Link != nil {
			add(c.Link.Labels()...)
		}
	}
	for _, l := range p.Links {
		add(l.Labels()...)
	}
	return labels
}

// HasRowsOf reports whether the series of a query have all labels of the rows, if that can be derived.
func (p Panel) HasRowsOf(q Query) (bool, error) {
	e, err := alerts.Parse(q.Expr)
	if err != nil {
		return false, err
	}
	by, known := groupedBy(e)
	return !known || !slices.ContainsFunc(p.Labels(), func(l string) bool { return !slices.Contains(by, l) }), nil
}

// groupedBy returns the labels of the result of an expression, if they can be derived.
func groupedBy(e parser.Expr) ([]string, bool) {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return groupedBy(e.Expr)
	case *parser.AggregateExpr:
		switch e.Op {
		case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
			return groupedBy(e.Expr)
		}
		return e.Grouping, !e.Without
	case *parser.BinaryExpr:
		left, known := groupedBy(e.LHS)
		switch {
		case e.RHS.Type() == parser.ValueTypeScalar, e.Op == parser.LAND, e.Op == parser.LUNLESS:
			return left, known
		case e.LHS.Type() == parser.ValueTypeScalar:
			return groupedBy(e.RHS)
		case e.Op == parser.LOR:
			right, same := groupedBy(e.RHS)
			return left, known && same && slices.Equal(slices.Sorted(slices.Values(left)), slices.Sorted(slices.Values(right)))
		}
	}
	return nil, false
}
