// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

var errRow = errors.New("not a row of the exporter")

// rowParser reads rows as package exposition writes them: neighbours mostly have the
// same labels in the same order. Label values are looked at where they are, and only
// rows that match become series.
type rowParser struct {
	clusterLabel string
	now          *int64

	line   exposition.Line
	name   []byte
	raw    [][]byte // names of the labels, in the order of the row
	names  []string // the same, as expressions have them
	values [][]byte
	order  []int // in which names are sorted; -1 is the metric name
	build  labels.ScratchBuilder
	buffer []byte // holds the block that is parsed
}

// text returns the rows of a block. They are valid until the next call.
func (p *rowParser) text(b *exposition.Block) []byte {
	p.buffer = b.Append(p.buffer[:0])
	return p.buffer
}

// parse returns the rows of a metric in a block that match. matchers have no metric
// name.
func (p *rowParser) parse(block []byte, metric string, matchers []*labels.Matcher) ([]series, error) {
	var out []series
	var at []int // of the matchers: which label; -1 is none
	p.raw, p.names = p.raw[:0], p.names[:0]
	for line := range bytes.Lines(block) {
		value, changed, err := p.scan(line)
		if err != nil {
			return nil, err
		}
		if at == nil || changed {
			at = p.prepare(matchers)
		}
		if text(p.name) != metric || !p.matches(matchers, at) {
			continue
		}
		v, err := strconv.ParseFloat(text(value), 64)
		if err != nil {
			return nil, errRow
		}
		out = append(out, series{labels: p.labels(), value: v, now: p.now})
	}
	return slices.Clip(out), nil
}

// prepare sorts the labels and finds those that matchers are about.
func (p *rowParser) prepare(matchers []*labels.Matcher) []int {
	p.order = append(p.order[:0], -1)
	for i := range p.names {
		p.order = append(p.order, i)
	}
	name := func(i int) string {
		if i < 0 {
			return model.MetricNameLabel
		}
		return p.names[i]
	}
	slices.SortFunc(p.order, func(a, b int) int { return strings.Compare(name(a), name(b)) })
	at := make([]int, len(matchers))
	for i, m := range matchers {
		at[i] = slices.Index(p.names, m.Name)
	}
	return at
}

func (p *rowParser) matches(matchers []*labels.Matcher, at []int) bool {
	for i, m := range matchers {
		value := ""
		if at[i] >= 0 {
			value = text(p.values[at[i]])
		}
		if !m.Matches(value) {
			return false
		}
	}
	return true
}

// labels builds the labels of the line that was read last. Empty ones are none.
func (p *rowParser) labels() labels.Labels {
	p.build.Reset()
	for _, i := range p.order {
		if i < 0 {
			p.build.Add(model.MetricNameLabel, text(p.name))
		} else if len(p.values[i]) > 0 {
			p.build.Add(p.names[i], text(p.values[i]))
		}
	}
	return p.build.Labels() // copies
}

// scan takes one line apart: name{label="value",…} value. changed reports that its
// labels are not those of the line before.
func (p *rowParser) scan(line []byte) (value []byte, changed bool, err error) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	if err := p.line.Scan(line); err != nil {
		return nil, false, errRow
	}
	p.name, p.values = line[:p.line.NameEnd], p.values[:0]
	for i := range p.line.Labels {
		s := &p.line.Labels[i]
		changed = p.called(i, line[s.Name:s.NameEnd]) || changed
		v := line[s.Value:s.ValueEnd]
		if s.Escaped {
			v = []byte(exposition.Unescape(string(v)))
		}
		p.values = append(p.values, v)
	}
	if n := len(p.values); n < len(p.names) {
		p.raw, p.names, changed = p.raw[:n], p.names[:n], true
	}
	return line[p.line.Value:], changed, nil
}

// called notes the name of the i-th label and says whether that is another one than
// in the line before.
func (p *rowParser) called(i int, raw []byte) (changed bool) {
	if i < len(p.raw) && bytes.Equal(p.raw[i], raw) {
		return false
	}
	name := string(raw)
	if name == p.clusterLabel {
		name = clusterLabel
	}
	p.raw, p.names = append(p.raw[:i], raw), append(p.names[:i], name)
	return true
}
