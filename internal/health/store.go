// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// clusterLabel is the name of the cluster label in expressions and reports, independent of its name
// in rows.
const clusterLabel = exposition.ClusterLabel

// store provides the engine with the series that expressions select.
type store struct {
	exposition *exposition.Exposition
	// self gathers the exporter's own metrics. It may be nil.
	self prometheus.Gatherer

	now        int64 // of the evaluation, in milliseconds
	parser     rowParser
	pauses     pauses
	tables     map[string]*table // by family
	names      []string          // of the families
	read       time.Time         // time of the last read of the tables that are not urgent
	changes    uint64            // counts the new versions of urgent selections
	selections []*selection
	byKey      map[string]int  // index of each selection
	derived    map[string]bool // names of recordings
	// only limits selections to the rows of these objects; nil means no limit.
	only map[uint64]bool
}

// selection has the series that a selector of an expression matches.
type selection struct {
	metric    string
	table     *table            // table with its samples; nil for recordings and the exporter's own metrics
	matchers  []*labels.Matcher // without the metric name
	narrowing narrowing
	// urgent means that a change triggers an evaluation.
	urgent bool
	// parts has all matching series, unless there are many.
	parts [][]series
	many  bool
	// version increases with each change, and journal has the changes.
	version uint64
	journal []edit
}

// selectionLabel is the label of a matcher that is added to each selector to name its selection.
// The engine passes matchers on unchanged.
const selectionLabel = "__selection__"

func newStore(e *exposition.Exposition, self prometheus.Gatherer) *store {
	s := &store{exposition: e, self: self, tables: map[string]*table{}, byKey: map[string]int{}, derived: map[string]bool{}}
	s.parser = rowParser{clusterLabel: e.ClusterLabel(), now: &s.now, build: labels.NewScratchBuilder(20)}
	return s
}

// matchersKey returns a key for the matchers of a selector.
func matchersKey(matchers []*labels.Matcher) string {
	parts := make([]string, len(matchers))
	for i, m := range matchers {
		parts[i] = m.String()
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// addSelections adds the selections of an expression, adds a matcher with the name of its selection to each selector, and
// returns the indexes of the selections. settled has the comparisons with the time that the selections already apply.
func (s *store) addSelections(expr parser.Expr, urgent bool) (used []int, settled []*parser.BinaryExpr) {
	parser.Inspect(expr, func(n parser.Node, path []parser.Node) error {
		v, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		by := narrowing{}
		family := s.exposition.FamilyOf(v.Name)
		if family == v.Name {
			var comparison *parser.BinaryExpr
			if by, comparison = newNarrowing(v, path, rowLabels(s.exposition, family)); comparison != nil {
				settled = append(settled, comparison)
			}
		}
		at := s.selection(v, family, by)
		sel := s.selections[at]
		sel.urgent = sel.urgent || urgent
		if sel.table != nil {
			sel.table.urgent = sel.table.urgent || urgent
			sel.table.clock = sel.table.clock || by.clock
		}
		used = append(used, at)
		v.LabelMatchers = append(v.LabelMatchers, labels.MustNewMatcher(labels.MatchEqual, selectionLabel, strconv.Itoa(at)))
		return nil
	})
	return used, settled
}

// selection returns the index of the selection of a selector.
func (s *store) selection(v *parser.VectorSelector, family string, by narrowing) int {
	k := matchersKey(v.LabelMatchers) + " " + by.text
	if at, ok := s.byKey[k]; ok {
		return at
	}
	sel := &selection{
		metric: v.Name, narrowing: by,
		matchers: slices.DeleteFunc(slices.Clone(v.LabelMatchers), func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel }),
	}
	if family != "" {
		if s.tables[family] == nil {
			s.tables[family] = &table{store: s, digests: map[*exposition.Block][]excerpt{}}
			s.names = append(s.names, family)
		}
		sel.table = s.tables[family]
		sel.table.selections = append(sel.table.selections, sel)
	}
	at := len(s.selections)
	s.selections, s.byKey[k] = append(s.selections, sel), at
	return at
}

// readInterval is the interval at which rows that are not urgent are read.
const readInterval = 15 * time.Second

// refresh reads the changed rows of the urgent tables. It reads the other tables if readInterval has passed or all is set.
// The rows of each group are consistent with each other.
func (s *store) refresh(ctx context.Context, now time.Time, all bool) error {
	s.now = now.UnixMilli()
	all = all || now.Sub(s.read) >= readInterval || now.Before(s.read)
	if all {
		s.read = now
	}
	var names []string
	for _, name := range s.names {
		if all || s.tables[name].urgent {
			names = append(names, name)
		}
	}
	blocks := s.exposition.Blocks(names...)
	var errs []error
	for _, name := range names {
		if err := s.tables[name].refresh(ctx, &s.parser, blocks[name]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// refreshSelf reads the exporter's own metrics.
func (s *store) refreshSelf() error {
	self, err := s.gather()
	for _, sel := range s.selections {
		if sel.table == nil && !s.derived[sel.metric] {
			s.set(sel, [][]series{filter(self[sel.metric], sel.matchers)})
		}
	}
	return err
}

// set replaces the series of a selection by parts.
func (s *store) set(sel *selection, parts [][]series) {
	if sel.many || !equalParts(parts, sel.parts) {
		sel.note(parts)
		sel.version++
		if sel.urgent {
			s.changes++
		}
	}
	sel.parts = parts
}

// empty reports whether no series matches.
func (sel *selection) empty() bool {
	return !sel.many && !slices.ContainsFunc(sel.parts, func(p []series) bool { return len(p) > 0 })
}

// equalParts reports whether a and b have the same series in the same order.
func equalParts(a, b [][]series) bool {
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

// storeRecording stores the result of a recording.
func (s *store) storeRecording(name string, rows []series) {
	for _, sel := range s.selections {
		if sel.table == nil && sel.metric == name {
			s.set(sel, [][]series{filter(rows, sel.matchers)})
		}
	}
}

// gather returns the selected metrics of the exporter itself. Only single numbers are included,
// because rules cannot use the buckets of a single moment.
func (s *store) gather() (map[string][]series, error) {
	wanted := map[string]bool{}
	for _, sel := range s.selections {
		if sel.table == nil && !s.derived[sel.metric] {
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
				rows = append(rows, newSeries(labels.New(pairs...), v, &s.now))
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

// versions returns the versions of selections.
func (s *store) versions(used []int) []uint64 {
	out := make([]uint64, len(used))
	for i, at := range used {
		out[i] = s.selections[at].version
	}
	return out
}

// Querier implements [storage.Queryable].
func (s *store) Querier(int64, int64) (storage.Querier, error) { return querier{store: s}, nil }

type querier struct {
	storage.LabelQuerier // the engine requests only series

	store *store
}

// Close implements [storage.Querier].
func (querier) Close() error { return nil }

// Select implements [storage.Querier].
func (q querier) Select(ctx context.Context, sorted bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	sel := q.store.namedSelection(matchers)
	if sel == nil {
		return storage.ErrSeriesSet(fmt.Errorf("no such selector: %s", matchersKey(matchers)))
	}
	parts, err := sel.all(ctx, &q.store.parser)
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	if q.store.only != nil {
		parts = [][]series{rowsAbout(q.store.only, slices.Concat(parts...))}
	}
	if sorted {
		all := slices.Concat(parts...)
		slices.SortFunc(all, func(a, b series) int { return labels.Compare(a.labels, b.labels) })
		parts = [][]series{all}
	}
	return &seriesSet{parts: parts, i: -1}
}

// namedSelection returns the selection named by the matcher [selectionLabel], or nil.
func (s *store) namedSelection(matchers []*labels.Matcher) *selection {
	for _, m := range matchers {
		if m.Name == selectionLabel {
			if at, err := strconv.Atoi(m.Value); err == nil && at < len(s.selections) {
				return s.selections[at]
			}
		}
	}
	return nil
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
