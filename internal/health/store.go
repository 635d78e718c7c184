// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// clusterLabel is what the cluster is called in expressions and in reports,
// whatever it is on the wire.
const clusterLabel = exposition.ClusterLabel

// store gives the engine the series that expressions select. Most selectors match
// few rows; their series are kept, and of a block that has not changed they are not
// looked for again. Those of a selector that matches many are made when they are
// asked for, so that the memory does not grow with the fleet.
type store struct {
	exposition *exposition.Exposition
	// self gathers the metrics of the exporter itself. May be nil.
	self prometheus.Gatherer

	now        int64 // of the evaluation, in milliseconds
	parser     rowParser
	names      []string              // of the families
	selections map[string]*selection // by matchers
	derived    map[string]*selection // results of recordings, by name
}

// selection is what a selector matches.
type selection struct {
	metric   string
	family   string            // has its samples; empty for recordings and metrics of the exporter itself
	matchers []*labels.Matcher // without the metric name
	blocks   []*exposition.Block
	matched  map[*exposition.Block][]series
	// parts are all matching series, unless there are many.
	parts [][]series
	many  bool
	// version is a new one whenever something has changed.
	version uint64
}

func newStore(e *exposition.Exposition, self prometheus.Gatherer) *store {
	s := &store{exposition: e, self: self, selections: map[string]*selection{}, derived: map[string]*selection{}}
	s.parser = rowParser{clusterLabel: e.ClusterLabel(), now: &s.now, build: labels.NewScratchBuilder(20)}
	return s
}

// key tells selectors apart.
func key(matchers []*labels.Matcher) string {
	parts := make([]string, len(matchers))
	for i, m := range matchers {
		parts[i] = m.String()
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// add makes the selectors of an expression known and returns their keys.
func (s *store) add(expr parser.Expr) []string {
	var keys []string
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		v, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		k := key(v.LabelMatchers)
		keys = append(keys, k)
		if s.selections[k] != nil {
			return nil
		}
		s.selections[k] = &selection{
			metric: v.Name, family: s.exposition.FamilyOf(v.Name),
			matchers: slices.DeleteFunc(slices.Clone(v.LabelMatchers), func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel }),
			matched:  map[*exposition.Block][]series{},
		}
		if f := s.selections[k].family; f != "" && !slices.Contains(s.names, f) {
			s.names = append(s.names, f)
		}
		return nil
	})
	return keys
}

// refresh takes in what has changed since the last time. What it selects is of
// one moment for each group.
func (s *store) refresh(now time.Time) error {
	s.now = now.UnixMilli()
	blocks := s.exposition.Blocks(s.names...)
	self, err := s.gather()
	for _, sel := range s.selections {
		if s.derived[sel.metric] != nil {
			continue
		}
		if sel.family == "" {
			sel.set(filter(self[sel.metric], sel.matchers))
			continue
		}
		err = errors.Join(err, sel.refresh(&s.parser, blocks[sel.family]))
	}
	return err
}

// maxKept is how many series of a selector are kept.
const maxKept = 5000

// refresh looks at the blocks that are new and forgets those that are gone.
func (sel *selection) refresh(p *rowParser, blocks []*exposition.Block) error {
	if slices.Equal(blocks, sel.blocks) {
		return nil
	}
	sel.blocks = blocks
	if sel.many {
		sel.version++
		return nil
	}
	matched := make(map[*exposition.Block][]series, len(blocks))
	parts := make([][]series, 0, len(blocks))
	n := 0
	for _, b := range blocks {
		rows, ok := sel.matched[b]
		if !ok {
			var err error
			if rows, err = p.parse(p.text(b), sel.metric, sel.matchers); err != nil {
				return fmt.Errorf("%s: %w", sel.metric, err)
			}
		}
		if n += len(rows); n > maxKept {
			sel.many, sel.matched, sel.parts = true, nil, nil
			sel.version++
			return nil
		}
		matched[b] = rows
		if len(rows) > 0 {
			parts = append(parts, rows)
		}
	}
	if !same(parts, sel.parts) {
		sel.version++
	}
	sel.matched, sel.parts = matched, parts
	return nil
}

// all are the series of the selector.
func (sel *selection) all(p *rowParser) ([][]series, error) {
	if !sel.many {
		return sel.parts, nil
	}
	parts := make([][]series, 0, len(sel.blocks))
	for _, b := range sel.blocks {
		rows, err := p.parse(p.text(b), sel.metric, sel.matchers)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sel.metric, err)
		}
		if len(rows) > 0 {
			parts = append(parts, rows)
		}
	}
	return parts, nil
}

// set makes rows all there is, if they differ from what was.
func (sel *selection) set(rows []series) {
	if parts := [][]series{rows}; !same(parts, sel.parts) {
		sel.parts = parts
		sel.version++
	}
}

// same says whether both hold the same series in the same order.
func same(a, b [][]series) bool {
	equal := func(a, b series) bool { return a.value == b.value && labels.Equal(a.labels, b.labels) }
	return slices.EqualFunc(a, b, func(a, b []series) bool {
		return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.EqualFunc(a, b, equal))
	})
}

func filter(rows []series, matchers []*labels.Matcher) []series {
	if len(matchers) == 0 {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(s series) bool {
		return slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.labels.Get(m.Name)) })
	})
}

// derive stores the result of a recording.
func (s *store) derive(name string, rows []series) {
	d := s.derived[name]
	if d == nil {
		d = &selection{}
		s.derived[name] = d
	}
	before := d.version
	if d.set(rows); d.version == before {
		return
	}
	for _, sel := range s.selections {
		if sel.metric == name {
			sel.set(filter(rows, sel.matchers))
		}
	}
}

// gather returns the exporter's own metrics among those that are selected. Only
// single numbers are taken: rules have no use for the buckets of a moment.
func (s *store) gather() (map[string][]series, error) {
	wanted := map[string]bool{}
	for _, sel := range s.selections {
		if sel.family == "" && s.derived[sel.metric] == nil {
			wanted[sel.metric] = true
		}
	}
	if s.self == nil || len(wanted) == 0 {
		return nil, nil
	}
	families, err := s.self.Gather()
	out := map[string][]series{}
	for _, f := range families {
		if !wanted[f.GetName()] {
			continue
		}
		rows := []series{}
		for _, m := range f.GetMetric() {
			pairs := []labels.Label{{Name: model.MetricNameLabel, Value: f.GetName()}}
			for _, l := range m.GetLabel() {
				pairs = append(pairs, labels.Label{Name: l.GetName(), Value: l.GetValue()})
			}
			if v, ok := number(m); ok {
				rows = append(rows, series{labels: labels.New(pairs...), value: v, now: &s.now})
			}
		}
		out[f.GetName()] = rows
	}
	return out, err
}

func number(m *dto.Metric) (float64, bool) {
	switch {
	case m.GetGauge() != nil:
		return m.GetGauge().GetValue(), true
	case m.GetCounter() != nil:
		return m.GetCounter().GetValue(), true
	case m.GetUntyped() != nil:
		return m.GetUntyped().GetValue(), true
	}
	return 0, false
}

// versions are those of the selections.
func (s *store) versions(keys []string) []uint64 {
	out := make([]uint64, len(keys))
	for i, k := range keys {
		out[i] = s.selections[k].version
	}
	return out
}

// Querier implements [storage.Queryable].
func (s *store) Querier(int64, int64) (storage.Querier, error) { return querier{store: s}, nil }

type querier struct {
	storage.LabelQuerier // the engine asks for series only

	store *store
}

// Close implements [storage.Querier].
func (querier) Close() error { return nil }

// Select implements [storage.Querier].
func (q querier) Select(_ context.Context, sorted bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	sel := q.store.selections[key(matchers)]
	if sel == nil {
		return storage.ErrSeriesSet(fmt.Errorf("no such selector: %s", key(matchers)))
	}
	parts, err := sel.all(&q.store.parser)
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	if sorted {
		all := slices.Concat(parts...)
		slices.SortFunc(all, func(a, b series) int { return labels.Compare(a.labels, b.labels) })
		parts = [][]series{all}
	}
	return &seriesSet{parts: parts, i: -1}
}

// seriesSet iterates over a selection.
type seriesSet struct {
	parts [][]series
	i     int // in the first part
}

// Next implements [storage.SeriesSet].
func (s *seriesSet) Next() bool {
	s.i++
	for len(s.parts) > 0 && s.i >= len(s.parts[0]) {
		s.parts, s.i = s.parts[1:], 0
	}
	return len(s.parts) > 0
}

// At implements [storage.SeriesSet].
func (s *seriesSet) At() storage.Series { return &s.parts[0][s.i] }

// Err implements [storage.SeriesSet].
func (*seriesSet) Err() error { return nil }

// Warnings implements [storage.SeriesSet].
func (*seriesSet) Warnings() annotations.Annotations { return nil }
