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

// rowParser parses the rows of an exposition. It is fast if adjacent rows have the same label names in the same order.
// Label values are compared in place, and only matching rows become series.
type rowParser struct {
	clusterLabel string
	now          *int64

	line   exposition.Line
	name   []byte
	raw    [][]byte // names of the labels, in the order of the row
	names  []string // the same names as in expressions
	values [][]byte
	order  []int   // order in which the names are sorted; -1 is the metric name
	at     [][]int // by selection: the index of the label of each matcher; -1 for a missing label
	key    []byte
	build  labels.ScratchBuilder
	buffer []byte // buffer for the parsed block
}

// blockRows returns the rows of a block. They are valid until the next call.
func (p *rowParser) blockRows(b *exposition.Block) []byte {
	p.buffer = b.Append(p.buffer[:0])
	return p.buffer
}

// digest returns the rows of a block that each selection needs. A nil selection needs none. Series of the same row share
// their labels.
func (p *rowParser) digest(block []byte, selections []*selection) ([]excerpt, error) {
	parts := make([]excerpt, len(selections))
	p.name, p.raw, p.names, p.order, p.at = nil, p.raw[:0], p.names[:0], p.order[:0], make([][]int, len(selections))
	distinct := make([]map[string]struct{}, len(selections))
	now := p.seconds()
	for line := range bytes.Lines(block) {
		v, err := p.value(line)
		if err != nil {
			return nil, err
		}
		scanned, whole := false, series{}
		for i, sel := range selections {
			if sel == nil || bytesAsString(p.name) != sel.metric || !parts[i].keeps(sel.narrowing, v, now) {
				continue
			}
			if !scanned {
				if err := p.scan(line); err != nil {
					return nil, err
				}
				scanned = true
			}
			if !p.matches(i, sel.matchers) {
				continue
			}
			s := whole
			switch by := sel.narrowing.by; {
			case by != nil:
				if !p.isFirst(&distinct[i], by) {
					continue
				}
				s = newSeries(p.labels(by), v, p.now)
			case whole.labels.IsEmpty():
				whole = newSeries(p.labels(nil), v, p.now)
				s = whole
			}
			parts[i].rows = append(parts[i].rows, s)
		}
	}
	for i := range parts {
		parts[i].rows = slices.Clip(parts[i].rows)
	}
	return parts, nil
}

func (p *rowParser) seconds() float64 { return float64(*p.now) / 1000 }

// value returns the value of a line and stores the name of its metric.
func (p *rowParser) value(line []byte) (float64, error) {
	blank := bytes.LastIndexByte(line, ' ')
	if blank < 0 {
		return 0, errRow
	}
	if n := len(p.name); n == 0 || !bytes.HasPrefix(line, p.name) || line[n] != '{' && line[n] != ' ' {
		p.name = line[:bytes.IndexAny(line, "{ ")]
	}
	v, err := strconv.ParseFloat(bytesAsString(bytes.TrimSuffix(line[blank+1:], []byte("\n"))), 64)
	if err != nil {
		return 0, errRow
	}
	return v, nil
}

// sort sorts the labels of the current line.
func (p *rowParser) sort() {
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
	clear(p.at)
}

// matches reports whether the current line has the labels of the i-th selection.
func (p *rowParser) matches(i int, matchers []*labels.Matcher) bool {
	if p.at[i] == nil {
		p.at[i] = make([]int, len(matchers))
		for n, m := range matchers {
			p.at[i][n] = slices.Index(p.names, m.Name)
		}
	}
	for n, m := range matchers {
		value := ""
		if at := p.at[i][n]; at >= 0 {
			value = bytesAsString(p.values[at])
		}
		if !m.Matches(value) {
			return false
		}
	}
	return true
}

// isFirst reports whether no previous line had the same values of the labels as the current line.
func (p *rowParser) isFirst(seen *map[string]struct{}, by []string) bool {
	p.key = p.key[:0]
	for i, name := range p.names {
		if slices.Contains(by, name) {
			p.key = append(append(append(p.key, name...), 0xff), p.values[i]...)
		}
	}
	if _, ok := (*seen)[string(p.key)]; ok {
		return false
	}
	if *seen == nil {
		*seen = map[string]struct{}{}
	}
	(*seen)[string(p.key)] = struct{}{}
	return true
}

// labels builds the labels of the current line, or those in only. Empty labels are left out.
func (p *rowParser) labels(only []string) labels.Labels {
	p.build.Reset()
	for _, i := range p.order {
		switch {
		case i < 0:
			p.build.Add(model.MetricNameLabel, bytesAsString(p.name))
		case len(p.values[i]) > 0 && (only == nil || slices.Contains(only, p.names[i])):
			p.build.Add(p.names[i], bytesAsString(p.values[i]))
		}
	}
	return p.build.Labels() // copies
}

// scan splits one line into its parts: name{label="value",…} value.
func (p *rowParser) scan(line []byte) error {
	if err := p.line.Scan(line); err != nil {
		return errRow
	}
	p.values = p.values[:0]
	changed := len(p.order) == 0
	for i := range p.line.Labels {
		s := &p.line.Labels[i]
		changed = p.noteName(i, line[s.Name:s.NameEnd]) || changed
		v := line[s.Value:s.ValueEnd]
		if s.Escaped {
			v = []byte(exposition.Unescape(string(v)))
		}
		p.values = append(p.values, v)
	}
	if n := len(p.values); n < len(p.names) {
		p.raw, p.names, changed = p.raw[:n], p.names[:n], true
	}
	if changed {
		p.sort()
	}
	return nil
}

// noteName stores the name of the i-th label and reports whether it differs from the previous line.
func (p *rowParser) noteName(i int, raw []byte) (changed bool) {
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
