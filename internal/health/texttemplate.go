// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/common/helpers/templates"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
)

// templateCache keeps parsed templates. The expander of Prometheus builds its functions and parses
// the text at every expansion, which takes ten times the memory and time. Texts that only insert
// labels or the value, which are nearly all texts of the catalogue, are therefore parsed once.
type templateCache struct {
	now atomic.Int64 // result of the template function now, in milliseconds
}

func newTemplateCache() *templateCache { return &templateCache{} }

// textTemplate is a parsed template.
type textTemplate struct {
	cache *templateCache
	text  string
	parts []part // nil if the text needs the expander
	err   error  // the reason why it is not expanded
}

// part is a literal text, or a function of the labels and the value.
type part struct {
	text   string
	insert func(labels map[string]string, value float64) (string, error)
}

const definitions = `{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}`

func (p *templateCache) parse(text string) *textTemplate {
	return &textTemplate{cache: p, text: text, parts: parseTemplate(text), err: checkTemplate(text)}
}

// parseTemplate returns the parts of a text; nil if it does not only insert labels or the value.
func parseTemplate(text string) []part {
	parts := []part{}
	for {
		before, rest, found := strings.Cut(text, "{{")
		parts = append(parts, part{text: before})
		if !found {
			return parts
		}
		action, after, _ := strings.Cut(rest, "}}")
		insert := parseAction(strings.TrimSpace(action))
		if insert == nil {
			return nil
		}
		parts = append(parts, part{insert: insert})
		text = after
	}
}

var labelAction = regexp.MustCompile(`^(?:\$labels|\.Labels)\.([a-zA-Z_]\w*)$`)

// parseAction returns the function for an action that inserts a label or the formatted value; nil
// for all other actions.
func parseAction(action string) func(map[string]string, float64) (string, error) {
	if m := labelAction.FindStringSubmatch(action); m != nil {
		return func(labels map[string]string, _ float64) (string, error) { return labels[m[1]], nil }
	}
	steps := strings.Split(action, " | ")
	if steps[0] != "$value" && steps[0] != ".Value" {
		return nil
	}
	first := func(value float64) (string, error) { return fmt.Sprint(value), nil }
	if len(steps) > 1 {
		if first = format(steps[1]); first == nil {
			return nil
		}
	}
	var replace []func(string) (string, error)
	for _, step := range steps[min(2, len(steps)):] {
		r := replacement(step)
		if r == nil {
			return nil
		}
		replace = append(replace, r)
	}
	return func(_ map[string]string, value float64) (string, error) {
		text, err := first(value)
		for _, r := range replace {
			if err == nil {
				text, err = r(text)
			}
		}
		return text, err
	}
}

// format returns the function that formats a value; nil if it is not supported here.
func format(step string) func(float64) (string, error) {
	switch step {
	case "humanizeDuration":
		return func(value float64) (string, error) { return templates.HumanizeDuration(value) }
	case `printf "%.0f"`:
		return func(value float64) (string, error) { return fmt.Sprintf("%.0f", value), nil }
	}
	return nil
}

var reReplaceAll = regexp.MustCompile(`^reReplaceAll ("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$`)

// replacement returns the function that replaces a pattern in a text.
func replacement(step string) func(string) (string, error) {
	m := reReplaceAll.FindStringSubmatch(step)
	if m == nil {
		return nil
	}
	pattern, err := strconv.Unquote(m[1])
	with, wrong := strconv.Unquote(m[2])
	re, invalid := regexp.Compile(pattern)
	if errors.Join(err, wrong, invalid) != nil || len(with) > maxReplacement {
		return nil
	}
	return func(text string) (string, error) {
		return bound(func(...any) string { return re.ReplaceAllString(text, with) })
	}
}

// roundValue rounds a value for the label of a row, so that the label rarely changes: durations to
// whole days, hours, minutes or seconds, other numbers to two digits. Small whole numbers, such as status codes, are
// not rounded.
func (t *textTemplate) roundValue(value float64) float64 {
	size := math.Abs(value)
	switch {
	case t == nil:
		return value
	case strings.Contains(t.text, "humanizeDuration") && size >= 1:
		unit := time.Second.Seconds()
		for _, longer := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
			if size >= longer.Seconds() {
				unit = longer.Seconds()
			}
		}
		return math.Trunc(value/unit) * unit
	case size < 1000 && value == math.Trunc(value), math.IsNaN(value), math.IsInf(value, 0):
		return value
	}
	digits := math.Pow(10, math.Floor(math.Log10(size))-1)
	return math.Trunc(value/digits) * digits
}

// expand fills in labels and a value. An error becomes text, as in Prometheus.
func (t *textTemplate) expand(labels map[string]string, value float64) string {
	if t == nil {
		return ""
	}
	expand := t.insert
	if t.parts == nil {
		expand = t.expandByPrometheus
	}
	s, err := "", t.err
	if err == nil {
		s, err = expand(labels, value)
	}
	if err == nil && len(s) > maxValue {
		err = errLongValue
	}
	if err != nil {
		return fmt.Sprintf("<error expanding template: %s>", err)
	}
	return s
}

func (t *textTemplate) insert(labels map[string]string, value float64) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		text := p.text
		if p.insert != nil {
			var err error
			if text, err = p.insert(labels, value); err != nil {
				return "", err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (t *textTemplate) expandByPrometheus(labels map[string]string, value float64) (string, error) {
	data := template.AlertTemplateData(labels, map[string]string{}, "", promql.Sample{F: value})
	expander := template.NewTemplateExpander(
		context.Background(), definitions+t.text, "text", data, model.Time(t.cache.now.Load()), refuseQuery, &url.URL{}, nil,
	)
	expander.Funcs(boundedFunctions())
	return expander.Expand()
}

// refuseQuery returns the error for a text that queries Prometheus.
func refuseQuery(context.Context, string, time.Time) (promql.Vector, error) {
	return nil, errors.New("only Prometheus can answer that")
}
