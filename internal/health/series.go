// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"unsafe"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// series is one row: labels with the metric name, and the value at the time of the evaluation.
type series struct {
	labels labels.Labels
	value  float64
	now    *int64 // in milliseconds, shared by all
	object uint64 // see [objectOf]
}

func newSeries(l labels.Labels, value float64, now *int64) series {
	return series{labels: l, value: value, now: now, object: objectOf(l)}
}

var _ storage.Series = (*series)(nil)

// Labels implements [storage.Series].
func (s *series) Labels() labels.Labels { return s.labels }

// Iterator implements [storage.Series].
func (s *series) Iterator(reuse chunkenc.Iterator) chunkenc.Iterator {
	it, ok := reuse.(*point)
	if !ok {
		it = &point{}
	}
	*it = point{series: s}
	return it
}

// point iterates over the one sample of a series.
type point struct {
	*series

	state int8 // before, at or after the sample
}

const (
	before int8 = iota
	at
	after
)

// Next implements [chunkenc.Iterator].
func (p *point) Next() chunkenc.ValueType {
	if p.state != before {
		p.state = after
		return chunkenc.ValNone
	}
	p.state = at
	return chunkenc.ValFloat
}

// milliseconds since the epoch. The named type prevents go vet from treating Seek as the method of
// io.Seeker.
type milliseconds = int64

// Seek implements [chunkenc.Iterator].
func (p *point) Seek(t milliseconds) chunkenc.ValueType {
	if p.state == after || t > *p.now {
		p.state = after
		return chunkenc.ValNone
	}
	p.state = at
	return chunkenc.ValFloat
}

// At implements [chunkenc.Iterator].
func (p *point) At() (int64, float64) { return *p.now, p.value }

// AtT implements [chunkenc.Iterator].
func (p *point) AtT() int64 { return *p.now }

// AtST implements [chunkenc.Iterator].
func (*point) AtST() int64 { return 0 }

// Err implements [chunkenc.Iterator].
func (*point) Err() error { return nil }

// AtHistogram implements [chunkenc.Iterator]: there are none.
func (p *point) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) { return *p.now, nil }

// AtFloatHistogram implements [chunkenc.Iterator]: there are none.
func (p *point) AtFloatHistogram(*histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	return *p.now, nil
}

// bytesAsString returns b as a string without a copy. The bytes must be immutable.
func bytesAsString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) } //nolint:gosec // see there
