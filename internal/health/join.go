// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// onset is the time at which a state began. atLeast means that it may have begun earlier.
type onset struct {
	at      time.Time
	atLeast bool
}

// Labels of rows with onsets and reasons.
const (
	onsetLabel  = "onset"
	reasonLabel = "reason"
	exactOnset  = "exact"
)

// onsets returns, for each row, the earliest onset with the same labels.
func (a *answer) onsets(rows []series) map[uint64]onset {
	a.indexBy(onsetLabel, func(a, b series) bool { return a.value < b.value })
	out := map[uint64]onset{}
	for _, row := range rows {
		if t, ok := a.byLabels.find(row); ok {
			precision := t.labels.Get(onsetLabel)
			out[row.labels.Hash()] = onset{time.UnixMilli(int64(t.value * 1000)).UTC(), precision != "" && precision != exactOnset}
		}
	}
	return out
}

// reasons returns, for each row, the reason with the same labels.
func (a *answer) reasons(rows []series) map[uint64]string {
	a.indexBy(reasonLabel, func(a, b series) bool { return a.labels.Get(reasonLabel) < b.labels.Get(reasonLabel) })
	out := map[uint64]string{}
	for _, row := range rows {
		if r, ok := a.byLabels.find(row); ok {
			out[row.labels.Hash()] = r.labels.Get(reasonLabel)
		}
	}
	return out
}

// index finds rows by their labels, except for the label named apart.
type index struct {
	apart string
	rows  map[uint64]series
	// sets has the sets of label names of the rows, the largest first.
	sets [][]string
}

// indexBy builds an index of the rows that ignores one label. Of rows that differ only in this label, the least is used.
func (a *answer) indexBy(apart string, less func(a, b series) bool) {
	if a.byLabels != nil && a.byLabels.apart == apart {
		return
	}
	a.byLabels = &index{apart: apart, rows: make(map[uint64]series, len(a.rows))}
	known := map[string]bool{}
	var names []string
	var key []byte
	for _, s := range a.rows {
		names, key = names[:0], key[:0]
		s.labels.Range(func(l labels.Label) {
			if l.Name != apart && l.Name != model.MetricNameLabel {
				names, key = append(names, l.Name), append(append(key, l.Name...), ',')
			}
		})
		h, _ := s.labels.HashForLabels(nil, names...)
		if was, ok := a.byLabels.rows[h]; !ok || less(s, was) {
			a.byLabels.rows[h] = s
		}
		if !known[string(key)] {
			known[string(key)] = true
			a.byLabels.sets = append(a.byLabels.sets, slices.Clone(names))
		}
	}
	slices.SortStableFunc(a.byLabels.sets, func(a, b []string) int { return len(b) - len(a) })
}

// find returns the row whose labels are a subset of the labels of another row. The largest subset
// is preferred.
func (x *index) find(row series) (series, bool) {
	for _, names := range x.sets {
		if slices.ContainsFunc(names, func(name string) bool { return !row.labels.Has(name) }) {
			continue
		}
		h, _ := row.labels.HashForLabels(nil, names...)
		if s, ok := x.rows[h]; ok {
			return s, true
		}
	}
	return series{}, false
}
