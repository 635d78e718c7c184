// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// sample is a series without the fields that tests do not compare.
type sample struct {
	Labels string
	Value  float64
}

// isTheirs returns the samples that the parser of Prometheus reads from a text.
func isTheirs(text []byte) ([]sample, error) {
	p := textparse.NewPromParser(text, labels.NewSymbolTable(), false)
	var out []sample
	for {
		entry, err := p.Next()
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		case entry != textparse.EntrySeries:
			continue
		}
		_, _, v := p.Series()
		var l labels.Labels
		p.Labels(&l)
		out = append(out, sample{l.WithoutEmpty().String(), v})
	}
}

func isOurs(text []byte) ([]sample, error) {
	now := int64(0)
	p := rowParser{clusterLabel: clusterLabel, now: &now, build: labels.NewScratchBuilder(8)}
	var out []sample
	for line := range bytes.Lines(text) { // single rows to test the order, and all rows for the rest
		name := string(line[:max(0, bytes.IndexAny(line, "{ "))])
		parts, err := p.digest(line, []*selection{{metric: name}})
		if err != nil {
			return nil, err
		}
		for _, r := range parts[0].rows {
			out = append(out, sample{r.labels.String(), r.value})
		}
	}
	return out, nil
}

// rowsOf builds a row from arbitrary values.
func rowsOf(tb testing.TB, v float64, values ...string) []byte {
	tb.Helper()
	f := &exposition.Family{Name: "a_metric", Type: exposition.Gauge, Help: "A test.", Labels: []string{"cluster", "Zone", "name", "alpha"}}
	e, err := exposition.New(exposition.Options{}, f)
	if err != nil {
		tb.Fatal(err)
	}
	g := e.Group(exposition.Key{Cluster: "c"}, []*exposition.Family{f})
	e.Swap(nil, []*exposition.Group{g})
	g.Set("", g.Rows(), func(r *exposition.Rows) {
		r.Add(f, v, values...)
		r.Add(f, 1, "second")
	})
	var text []byte
	for _, b := range e.Blocks(f.Name)[f.Name] {
		text = b.Append(text)
	}
	return text
}

func checkParse(tb testing.TB, text []byte) {
	tb.Helper()
	got, err := isOurs(text)
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	want, err := isTheirs(text)
	if err != nil {
		tb.Fatalf("Prometheus: %v\n%s", err, text)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		tb.Errorf("%s(-Prometheus +got):\n%s", text, diff)
	}
}

// TestParseAsPrometheusDoes compares the parser with the parser of Prometheus for all kinds of rows.
func TestParseAsPrometheusDoes(t *testing.T) {
	for _, values := range [][]string{
		nil, {"zone", "name", "a"}, {"", "", ""}, {"z", ""}, {`quo"te`, `back\slash`, "new\nline"}, {`\`, `"`, `\n`}, {"ä€😀", "a,b=\"c\"", "} 1"},
	} {
		for _, v := range []float64{0, -1.5, 1e300, math.Inf(1), math.Inf(-1), math.NaN(), 1764000000.123} {
			checkParse(t, rowsOf(t, v, values...))
		}
	}
	f := &exposition.Family{Name: "bare_total", Type: exposition.Counter, Help: "A test."}
	e, err := exposition.New(exposition.Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	g := e.Group(exposition.Key{}, []*exposition.Family{f})
	e.Swap(nil, []*exposition.Group{g})
	g.Set("", g.Rows(), func(r *exposition.Rows) { r.Add(f, 7) })
	checkParse(t, e.Blocks(f.Name)[f.Name][0].Append(nil))
}

// TestParseMatches checks that only matching rows become series.
func TestParseMatches(t *testing.T) {
	text := rowsOf(t, 1, "zone", "first")
	for _, tc := range []struct {
		matcher *labels.Matcher
		want    int
	}{
		{labels.MustNewMatcher(labels.MatchEqual, "name", "first"), 1},
		{labels.MustNewMatcher(labels.MatchNotEqual, "name", "first"), 1},
		{labels.MustNewMatcher(labels.MatchEqual, "name", ""), 1},
		{labels.MustNewMatcher(labels.MatchRegexp, "cluster", "c|d"), 2},
		{labels.MustNewMatcher(labels.MatchEqual, "nothing", ""), 2},
		{labels.MustNewMatcher(labels.MatchRegexp, "nothing", ".+"), 0},
	} {
		now := int64(0)
		p := rowParser{clusterLabel: clusterLabel, now: &now, build: labels.NewScratchBuilder(8)}
		found, err := p.digest(text, []*selection{{metric: "a_metric", matchers: []*labels.Matcher{tc.matcher}}})
		if err != nil || len(found[0].rows) != tc.want {
			t.Errorf("%s: %v, %v", tc.matcher, found, err)
		}
	}
}

// TestParseChangingLabels checks rows whose label names differ from the previous line.
func TestParseChangingLabels(t *testing.T) {
	const text = `x_sum{cluster="a",pod="p",zone="z"} 1
x_sum{cluster="a",pod="p",kind="k",zone="z"} 2
x_count{cluster="a",pod="p"} 3
x_sum{cluster="a",pod="p"} 4
x_sum 5
x_sum{clusterName="b",alpha="q"} 6
`
	now := int64(0)
	p := rowParser{clusterLabel: "clusterName", now: &now, build: labels.NewScratchBuilder(8)}
	found, err := p.digest([]byte(text), []*selection{{metric: "x_sum"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []sample
	for _, r := range found[0].rows {
		got = append(got, sample{r.labels.String(), r.value})
	}
	want(t, "rows", []sample{
		{`{__name__="x_sum", cluster="a", pod="p", zone="z"}`, 1}, {`{__name__="x_sum", cluster="a", kind="k", pod="p", zone="z"}`, 2},
		{`{__name__="x_sum", cluster="a", pod="p"}`, 4}, {`{__name__="x_sum"}`, 5}, {`{__name__="x_sum", alpha="q", cluster="b"}`, 6},
	}, got)
}

func FuzzParse(f *testing.F) {
	f.Add("zone", "name", "alpha", 1.0)
	f.Add(`\"`, "\n", "", math.Inf(1))
	f.Fuzz(func(t *testing.T, a, b, c string, v float64) { checkParse(t, rowsOf(t, v, a, b, c)) })
}

// FuzzLine checks that an invalid row is an error and does not panic.
func FuzzLine(f *testing.F) {
	f.Add([]byte(`a{b="c"} 1` + "\n"))
	f.Add([]byte(`a{b="c\` + "\n"))
	f.Fuzz(func(_ *testing.T, line []byte) { _, _ = isOurs(line) })
}
