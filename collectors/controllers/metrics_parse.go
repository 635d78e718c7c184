// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
)

// maxLine bounds one line. Longer lines have no end or no useful value.
const maxLine = 64 << 10

// sample is one selected line of an exposition. Its labels may be changed, and are valid until the next line is
// read.
type sample struct {
	family *exposition.Family
	suffix string // suffix of a sample of a summary
	value  float64
	labels []exposition.Label
}

// parser reads the text format line by line and keeps only re-exported samples. The stock parsers need the whole
// body in memory, and a controller with many objects sends 10 MB of which a few kilobytes matter. A parser is
// reused, by one goroutine at a time.
type parser struct {
	*reexport

	lines *bufio.Reader
	line  exposition.Line
	// summary is the name of the histogram or summary of the last TYPE line.
	summary       []byte
	summaryFamily *exposition.Family // family of its sum and count; nil if not selected
	labels        []exposition.Label
	// onLine is called with the lines that are re-exported or do not fit, and with their histogram or summary. It
	// may be nil.
	onLine func(summary, line []byte)
}

func newParser(r *reexport) *parser {
	return &parser{reexport: r, lines: bufio.NewReaderSize(nil, maxLine)}
}

// parse calls each with the selected samples, in order. misfits counts samples of allowed families that do not
// have the expected type. After an error, earlier samples must not be used, either.
func (p *parser) parse(body io.Reader, each func(sample)) (misfits int, err error) {
	p.lines.Reset(body)
	defer p.lines.Reset(nil)
	p.summary, p.summaryFamily = p.summary[:0], nil
	samples := 0
	for n := 1; ; n++ {
		line, err := p.lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return misfits, failure.Errorf(failure.ReasonDecode, "line %d is longer than %d KiB", n, maxLine>>10)
		case errors.Is(err, io.EOF) && len(line) > 0:
			return misfits, failure.Errorf(failure.ReasonDecode, "line %d has no end", n)
		case errors.Is(err, io.EOF) && samples == 0:
			return misfits, failure.Errorf(failure.ReasonDecode, "it contains no sample")
		case errors.Is(err, io.EOF):
			return misfits, nil
		case err != nil:
			return misfits, err
		}
		if line = bytes.Trim(line, " \t\n"); len(line) == 0 {
			continue
		}
		if line[0] == '#' {
			p.comment(line)
			continue
		}
		samples++
		line = p.redactLine(line)
		s, misfit, err := p.sample(line)
		if p.onLine != nil && err == nil && (misfit || s.family != nil) {
			p.emitLine(line)
		}
		switch {
		case err != nil:
			return misfits, failure.Errorf(failure.ReasonDecode, "line %d: %w", n, err)
		case misfit:
			misfits++
		case s.family != nil:
			each(s)
		}
	}
}

// comment records whether the following lines are a histogram or a summary.
func (p *parser) comment(line []byte) {
	words := bytes.Fields(line[1:])
	if len(words) != 3 || string(words[0]) != "TYPE" {
		return
	}
	p.summary, p.summaryFamily = p.summary[:0], nil
	if bytes.EqualFold(words[2], []byte("histogram")) || bytes.EqualFold(words[2], []byte("summary")) {
		p.summary = append(p.summary, words[1]...)
		p.summaryFamily = p.summaries[string(words[1])]
	}
}

// emitLine calls onLine with a line.
func (p *parser) emitLine(line []byte) {
	if p.summaryFamily == nil {
		p.onLine(nil, line)
	} else {
		p.onLine(p.summary, line)
	}
}

// redactLine returns a line without credentials in its label values, because controllers put URLs and errors into
// labels.
func (p *parser) redactLine(line []byte) []byte {
	if bytes.IndexByte(line, '@') < 0 && !bytes.Contains(line, []byte("://")) || p.line.Scan(line) != nil {
		return line
	}
	var out []byte
	last := 0
	for _, l := range p.line.Labels {
		value := string(line[l.Value:l.ValueEnd])
		if l.Escaped {
			value = exposition.Unescape(value)
		}
		out = append(out, line[last:l.Value]...)
		out = append(out, exposition.Escape(redact.Text(value))...)
		last = l.ValueEnd
	}
	return append(out, line[last:]...)
}

// sample parses a line. The family of the result is nil if the sample is not selected.
func (p *parser) sample(line []byte) (s sample, misfit bool, err error) {
	if p.line.Scan(line) != nil || !p.line.ValidNames(line) {
		return s, false, exposition.ErrLine
	}
	if s.value, err = scanValue(line[p.line.Value:]); err != nil {
		return s, false, err
	}
	s.family, s.suffix, misfit = p.selectFamily(line[:p.line.NameEnd])
	if s.family == nil {
		return s, misfit, nil
	}
	s.labels, err = p.parseLabels(string(line))
	return s, false, err
}

// selectFamily returns the family of a sample, or nil if it is not selected.
func (p *parser) selectFamily(name []byte) (f *exposition.Family, suffix string, misfit bool) {
	if suffix, ok := bytes.CutPrefix(name, p.summary); ok && len(p.summary) > 0 {
		switch {
		case p.summaryFamily != nil && string(suffix) == exposition.Sum:
			return p.summaryFamily, exposition.Sum, false
		case p.summaryFamily != nil && string(suffix) == exposition.Count:
			return p.summaryFamily, exposition.Count, false
		case string(suffix) == bucket:
			return p.plain[string(name)], "", false
		case len(suffix) == 0, string(suffix) == "_created":
			return nil, "", false // quantiles
		}
	}
	if f := p.plain[string(name)]; f != nil {
		return f, "", false
	}
	return nil, "", p.summaries[string(name)] != nil
}

// parseLabels returns the labels of the line, sorted by name, so that another order of labels is not a change.
func (p *parser) parseLabels(line string) ([]exposition.Label, error) {
	p.labels = p.labels[:0]
	for _, s := range p.line.Labels {
		l := exposition.Label{Name: line[s.Name:s.NameEnd], Value: line[s.Value:s.ValueEnd]}
		if s.Escaped {
			l.Value = exposition.Unescape(l.Value)
		}
		p.labels = append(p.labels, l)
	}
	slices.SortFunc(p.labels, func(a, b exposition.Label) int { return strings.Compare(a.Name, b.Name) })
	for i, l := range p.labels {
		if l.Name == "__name__" || i > 0 && p.labels[i-1].Name == l.Name {
			return nil, exposition.ErrLine
		}
	}
	return p.labels, nil
}

// scanValue parses a value and ignores an optional timestamp.
func scanValue(rest []byte) (float64, error) {
	rest = bytes.TrimLeft(rest, " \t")
	end := bytes.IndexAny(rest, " \t")
	if end < 0 {
		end = len(rest)
	}
	if at := bytes.TrimSpace(rest[end:]); len(at) > 0 {
		if _, err := strconv.ParseInt(string(at), 10, 64); err != nil {
			return 0, exposition.ErrLine
		}
	}
	if bytes.ContainsAny(rest[:end], "pP_") { // Go syntax that the text format does not have
		return 0, exposition.ErrLine
	}
	v, err := strconv.ParseFloat(string(rest[:end]), 64)
	if err != nil {
		return 0, exposition.ErrLine
	}
	return v, nil
}
