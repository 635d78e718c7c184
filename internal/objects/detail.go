// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Detail is an object with all of its rows. Its JSON is the answer of
// /api/v1/objects/{cluster}/{kind}/{namespace}/{name}.
type Detail struct {
	Object

	GeneratedAt time.Time `json:"generatedAt"`
	Graph       Graph     `json:"graph"`
	Rows        []Row     `json:"rows" jsonschema_description:"The rows of the object in the metrics."`
}

// Row is a row of an object.
type Row struct {
	Metric string  `json:"metric"`
	Labels []Label `json:"labels" jsonschema_description:"The labels that do not identify the object, in their order."`
	Value  string  `json:"value" jsonschema_description:"As the text format has it: a number, NaN, +Inf or -Inf."`
}

// Label is a label of a row.
type Label struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Get returns an object; ok is false if it is not watched or does not exist.
func (r *Reader) Get(n Node) (Detail, bool) {
	d := Detail{GeneratedAt: r.now().UTC(), Rows: []Row{}}
	asides := r.asideConditions(&Query{Cluster: n.Cluster})
	ok := r.find(n, r.names, func(p *exposition.Page, at int) { d.Object = r.describe(p, at, r.conditionAt(p, at, asides)) })
	if !ok {
		return d, false
	}
	d.Graph = r.graph(n, d.State)
	for _, k := range r.keysOf(n.Kind) {
		if k.Cluster == n.Cluster {
			d.addRows(r.exposition, k, n.key())
		}
	}
	for _, a := range r.asides {
		d.addRows(r.exposition, exposition.Key{Cluster: n.Cluster, Collector: a.collector, Kind: a.Kind}, n.Kind+a.Separator+n.key())
	}
	slices.SortStableFunc(d.Rows, func(a, b Row) int { return strings.Compare(a.Metric, b.Metric) })
	return d, true
}

// Value returns the value of the first row of a metric, or an empty string.
func (d *Detail) Value(metric string) string {
	for _, r := range d.Rows {
		if r.Metric == metric {
			return r.Value
		}
	}
	return ""
}

func (d *Detail) addRows(e *exposition.Exposition, key exposition.Key, object string) {
	families := e.FamiliesOf(key)
	e.Find(key, object, families, func(p *exposition.Page, at int) {
		for i, name := range families {
			for line := range bytes.Lines(p.Rows(at, i)) {
				d.Rows = append(d.Rows, rowOf(name, bytes.TrimSuffix(line, []byte("\n"))))
			}
		}
	})
}

func rowOf(metric string, line []byte) Row {
	row := Row{Metric: metric, Labels: []Label{}}
	var parts exposition.Line
	if parts.Scan(line) != nil {
		return row
	}
	row.Value = string(line[parts.Value:])
	for _, l := range parts.Labels {
		name, value := string(line[l.Name:l.NameEnd]), string(line[l.Value:l.ValueEnd])
		if l.Escaped {
			value = exposition.Unescape(value)
		}
		switch name {
		case "cluster", "target_cluster", "group", "kind", "namespace", "exported_namespace", "name":
		default:
			if value != "" {
				row.Labels = append(row.Labels, Label{name, value})
			}
		}
	}
	return row
}

// find calls show with a watched object and reports whether it exists.
func (r *Reader) find(n Node, families []string, show func(p *exposition.Page, at int)) bool {
	for _, k := range r.keysOf(n.Kind) {
		if k.Cluster == n.Cluster && r.exposition.Find(k, n.key(), families, show) {
			return true
		}
	}
	return false
}

// keysOf returns the keys of the groups of a watched kind.
func (r *Reader) keysOf(kind string) []exposition.Key {
	return slices.DeleteFunc(r.exposition.Keys(), func(k exposition.Key) bool { return k.Kind != kind || !r.watched(k) })
}
