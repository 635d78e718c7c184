//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// bodyReader checks bodies, one after the other. It parses a series only when it is new, so that thousands of bodies
// cost little.
type bodyReader struct {
	reference *reference
	known     map[string]*row
	slots     map[string]*slot
	counts    map[unit]*count
	targets   map[scope]*slot
	body      int // the how manieth

	objects, rows map[string]int // of the last body, by cluster
	expiry        map[string]string
}

// row is a series, or the TYPE line of a family, as text.
type row struct {
	*slot

	cluster string
	unit    *count // nil if it is not about an object
	target  *scope
	found   bool // the target is in the fleet
	expiry  bool // of a token
}

// slot identifies a row that a body may have only once.
type slot struct {
	value string // that it must have, if it is about an object
	seen  int    // the last body
	found bool   // what the target was there
}

// count is the number of rows of a unit in a body.
type count struct {
	unit

	rows, want int
}

// scope is a cluster that objects of a unit are applied to.
type scope struct {
	unit

	cluster string
}

func newBodyReader(r *reference) *bodyReader {
	out := &bodyReader{
		reference: r, known: map[string]*row{}, slots: map[string]*slot{}, counts: map[unit]*count{}, targets: map[scope]*slot{},
		objects: map[string]int{}, rows: map[string]int{}, expiry: map[string]string{},
	}
	for u, want := range r.units {
		out.counts[u] = &count{unit: u, want: want}
	}
	return out
}

// selection has the filters of a request; empty means all rows.
type selection struct{ cluster, collector string }

// check returns the errors of a body, given the states of the clusters at the time.
func (r *bodyReader) check(body []byte, openMetrics bool, a selection, stood map[string]standing) error {
	if err := parses(body, openMetrics); err != nil {
		return err
	}
	r.body++
	clear(r.objects)
	clear(r.rows)
	for _, c := range r.counts {
		c.rows = 0
	}
	for line := range bytes.Lines(body) {
		if err := r.line(bytes.TrimSuffix(line, []byte("\n")), a, stood); err != nil {
			return err
		}
	}
	for _, c := range r.counts {
		must := stood[c.cluster] == whole && (a.cluster == "" || a.cluster == c.cluster) && (a.collector == "" || a.collector == c.collector)
		if c.rows != c.want && (c.rows > 0 || must) {
			return fmt.Errorf("%s: %d rows of %d", c, c.rows, c.want)
		}
	}
	return nil
}

func (r *bodyReader) line(line []byte, a selection, stood map[string]standing) error {
	series, value := line, []byte(nil)
	switch {
	case bytes.HasPrefix(line, []byte("# TYPE ")):
	case len(line) == 0, line[0] == '#':
		return nil
	default:
		at := bytes.LastIndexByte(line, ' ')
		series, value = line[:at], line[at+1:]
	}
	known, ok := r.known[string(series)]
	if !ok {
		var err error
		if known, err = r.learn(string(series)); err != nil {
			return err
		}
		r.known[string(series)] = known
	}
	if known.seen == r.body {
		return fmt.Errorf("twice: %s", line)
	}
	known.seen = r.body
	if known.cluster == "" {
		return nil
	}
	r.rows[known.cluster]++
	switch {
	case stood[known.cluster] == gone, a.cluster != "" && a.cluster != known.cluster:
		return fmt.Errorf("foreign row: %s", line)
	case known.expiry:
		r.expiry[known.cluster] = string(value)
	case known.unit == nil:
		return nil
	case stood[known.cluster] == dark:
		return fmt.Errorf("a stale row: %s", line)
	case string(value) != known.value:
		return fmt.Errorf("%s, not %s", line, known.value)
	}
	if known.unit != nil {
		r.objects[known.cluster]++
		known.unit.rows++
	}
	if known.target == nil {
		return nil
	}
	return r.checkScope(line, known, stood)
}

// checkScope checks the target of an object. All objects of a kind must have been rendered with the same fleet, and
// after a while with the current one.
func (r *bodyReader) checkScope(line []byte, known *row, stood map[string]standing) error {
	t, ok := r.targets[*known.target]
	if !ok {
		t = &slot{}
		r.targets[*known.target] = t
	}
	other := t.seen == r.body && t.found != known.found
	t.seen, t.found = r.body, known.found
	switch s := stood[known.target.cluster]; {
	case other:
		return fmt.Errorf("two fleets in one kind: %s", line)
	case s == gone && known.found, (s == whole || s == dark) && !known.found:
		return fmt.Errorf("wrong target: %s", line)
	}
	return nil
}

// learn parses a new series.
func (r *bodyReader) learn(series string) (*row, error) {
	if strings.HasPrefix(series, "#") {
		return &row{slot: &slot{}}, nil
	}
	l, err := labelsOf(series)
	if err != nil {
		return nil, err
	}
	out := &row{cluster: l.Get("cluster")}
	if out.cluster != "" && !slices.Contains(r.reference.clusters, out.cluster) {
		return nil, fmt.Errorf("unknown cluster: %s", series)
	}
	out.expiry = l.Get(model.MetricNameLabel) == "cobaltcore_cluster_credential_expiry_timestamp_seconds"
	u, ok := unitOf(l)
	if !ok || u.kind == "" {
		if ok && !strings.HasPrefix(l.Get("name"), u.cluster+"-") {
			return nil, fmt.Errorf("foreign row: %s", series)
		}
		out.slot = r.slot(l.String(), "")
		return out, nil
	}
	generic, about, found := r.reference.generic(u, l)
	value, ok := r.reference.rows[generic]
	if !ok {
		return nil, fmt.Errorf("no object has this row: %s", series)
	}
	out.unit, out.slot, out.found = r.counts[u], r.slot(generic, value), found
	if about != "" {
		out.target = &scope{u, about}
	}
	return out, nil
}

// slot is the same for all that may not be in one body.
func (r *bodyReader) slot(key, value string) *slot {
	if _, ok := r.slots[key]; !ok {
		r.slots[key] = &slot{value: value}
	}
	return r.slots[key]
}

// complete reports whether the last body had all rows of a cluster, and whether all objects that are
// applied to it had it as their target.
func (r *bodyReader) complete(cluster string) bool {
	for _, c := range r.counts {
		if c.cluster == cluster && c.rows != c.want {
			return false
		}
	}
	return r.isInScope(cluster, true)
}

// isInScope reports whether all objects in the last body that are applied to a cluster resolve it, or none
// does.
func (r *bodyReader) isInScope(cluster string, known bool) bool {
	for a, s := range r.targets {
		if a.cluster == cluster && s.seen == r.body && s.found != known {
			return false
		}
	}
	return true
}

// parses reads a body with Prometheus' parser.
func parses(body []byte, openMetrics bool) error {
	table := labels.NewSymbolTable()
	p := textparse.NewPromParser(body, table, false)
	if openMetrics {
		p = textparse.NewOpenMetricsParser(body, table)
	}
	for {
		switch _, err := p.Next(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

func labelsOf(series string) (labels.Labels, error) {
	p := textparse.NewPromParser([]byte(series+" 1\n"), labels.NewSymbolTable(), false)
	if _, err := p.Next(); err != nil {
		return labels.EmptyLabels(), fmt.Errorf("%s: %w", series, err)
	}
	var l labels.Labels
	p.Labels(&l)
	return l.WithoutEmpty(), nil
}
