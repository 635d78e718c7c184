// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// memory has series by the name of their metric.
type memory struct {
	series map[string][]storage.Series
	sums   map[string]uint64 // of the series, in any order
	// history reports whether there are samples of earlier times.
	history bool
}

func (m memory) add(l labels.Labels, samples ...chunks.Sample) {
	name := l.Get(labels.MetricName)
	m.series[name] = append(m.series[name], storage.NewListSeries(l, samples))
	for _, s := range samples {
		m.sums[name] += mixed(l.Hash() + mixed(math.Float64bits(s.F())+uint64(s.T())))
	}
}

// mixed spreads each bit over all others, as splitmix64 does: sums of unmixed values are the same for
// two replicas of other rows.
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (m memory) remove(name string) {
	delete(m.series, name)
	delete(m.sums, name)
}

// memoryOf are the rows as they are at one moment, and series with a sample each
// minute until then.
func memoryOf(rows []Row, series []Series, at time.Time) memory {
	m := memory{series: map[string][]storage.Series{}, sums: map[string]uint64{}, history: len(series) > 0}
	for _, r := range rows {
		m.add(r.Labels, sample{at: at.UnixMilli(), value: r.Value})
	}
	for _, s := range series {
		var samples []chunks.Sample
		for i, v := range s.Values {
			if before := time.Duration(len(s.Values)-1-i) * time.Minute; !v.Omitted {
				samples = append(samples, sample{at: at.Add(-before).UnixMilli(), value: v.Value})
			}
		}
		m.add(s.Labels, samples...)
	}
	return m
}

// sample implements [chunks.Sample].
type sample struct {
	chunks.Sample

	at    int64
	value float64
}

func (s sample) T() int64               { return s.at }
func (sample) ST() int64                { return 0 }
func (s sample) F() float64             { return s.value }
func (sample) Type() chunkenc.ValueType { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample    { return s }

// Querier implements [storage.Queryable].
func (m memory) Querier(int64, int64) (storage.Querier, error) { return querier{memory: m}, nil }

type querier struct {
	storage.LabelQuerier // the engine asks for series only

	memory memory
}

// Close implements [storage.Querier].
func (querier) Close() error { return nil }

// Select implements [storage.Querier].
func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	set := &seriesSet{at: -1}
	for _, m := range matchers {
		if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
			set.series = q.memory.series[m.Value]
		}
	}
	set.matchers = matchers
	return set
}

type seriesSet struct {
	series   []storage.Series
	matchers []*labels.Matcher
	at       int
}

// Next implements [storage.SeriesSet].
func (s *seriesSet) Next() bool {
	for s.at++; s.at < len(s.series); s.at++ {
		l, all := s.series[s.at].Labels(), true
		for _, m := range s.matchers {
			all = all && m.Matches(l.Get(m.Name))
		}
		if all {
			return true
		}
	}
	return false
}

// At implements [storage.SeriesSet].
func (s *seriesSet) At() storage.Series { return s.series[s.at] }

// Err implements [storage.SeriesSet].
func (*seriesSet) Err() error { return nil }

// Warnings implements [storage.SeriesSet].
func (*seriesSet) Warnings() annotations.Annotations { return nil }
