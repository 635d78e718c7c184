// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

var (
	testDuration = &Family{
		Name: "test_duration_seconds", Type: Histogram, Help: "A test.", Labels: []string{"cluster", "name"}, Buckets: []float64{0.005, 0.25, 1, 10},
	}
	testBareDuration = &Family{Name: "test_bare_seconds", Type: Histogram, Help: "A test.", Buckets: []float64{1e-9, 1}}
)

func histogramGroup(t *testing.T, o Options) (*Exposition, *Group) {
	t.Helper()
	e, err := New(o, testValue, testDuration, testBareDuration)
	if err != nil {
		t.Fatal(err)
	}
	return e, e.serve(Key{Cluster: "east", Collector: "test", Kind: "Thing"}, testValue, testDuration, testBareDuration)
}

const durationText = `test_duration_seconds_bucket{cluster="east",name="a",le="0.005"} 2
test_duration_seconds_bucket{cluster="east",name="a",le="0.25"} 2
test_duration_seconds_bucket{cluster="east",name="a",le="1.0"} 3
test_duration_seconds_bucket{cluster="east",name="a",le="10.0"} 3
test_duration_seconds_bucket{cluster="east",name="a",le="+Inf"} 7
test_duration_seconds_sum{cluster="east",name="a"} 120.5
test_duration_seconds_count{cluster="east",name="a"} 7
`

func TestAddHistogram(t *testing.T) {
	counts := []uint64{2, 0, 1, 0, 4}
	for name, tc := range map[string]struct {
		options Options
		fill    func(*Rows)
		want    string
	}{
		"buckets are cumulated, and followed by sum and count": {
			fill: func(r *Rows) { r.AddHistogram(testDuration, counts, 120.5, "a") },
			want: durationText,
		},
		"the same labels twice give one histogram": {
			fill: func(r *Rows) {
				r.AddHistogram(testDuration, counts, 120.5, "a")
				r.AddHistogram(testDuration, make([]uint64, 5), 0, "a")
			},
			want: durationText,
		},
		"no labels, a small bound, nothing observed": {
			fill: func(r *Rows) { r.AddHistogram(testBareDuration, make([]uint64, 3), 0) },
			want: `test_bare_seconds_bucket{le="1e-09"} 0
test_bare_seconds_bucket{le="1.0"} 0
test_bare_seconds_bucket{le="+Inf"} 0
test_bare_seconds_sum 0
test_bare_seconds_count 0
`,
		},
		"another name for the cluster label": {
			options: Options{ClusterLabel: "clusterName"},
			fill:    func(r *Rows) { r.AddHistogram(testDuration, counts, 120.5, "a") },
			want:    strings.ReplaceAll(durationText, "cluster=", "clusterName="),
		},
		"not included": {
			options: Options{Include: []string{"test_value"}},
			fill:    func(r *Rows) { r.AddHistogram(testDuration, counts, 1, "a") },
		},
		"a count is missing": {
			fill: func(r *Rows) { r.AddHistogram(testDuration, counts[1:], 1, "a") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, g := histogramGroup(t, tc.options)
			g.Set("k", g.Rows(), tc.fill)
			if diff := cmp.Diff(tc.want, e.text()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAddHistogramDropsDuplicatesAmongMany checks an object that lists the same thing thousands of times.
func TestAddHistogramDropsDuplicatesAmongMany(t *testing.T) {
	e, g := histogramGroup(t, Options{})
	g.Set("k", g.Rows(), func(r *Rows) {
		for i := range 3_000 {
			r.AddHistogram(testDuration, make([]uint64, 5), 0, strconv.Itoa(i%1_000))
		}
	})
	if n := strings.Count(e.text(), "\n"); n != 7_000 {
		t.Errorf("%d samples, want 7000", n)
	}
}

func TestObserve(t *testing.T) {
	counts := make([]uint64, 5)
	for _, v := range []float64{0, 0.005, 0.006, 1, 1.5, 10, 10.5, 1e9} {
		testDuration.Observe(counts, v)
	}
	if diff := cmp.Diff([]uint64{2, 1, 1, 2, 2}, counts); diff != "" {
		t.Error(diff)
	}
}

// TestHistogramsAreValidForAllParsers checks that the lines are valid in both formats.
func TestHistogramsAreValidForAllParsers(t *testing.T) {
	e, g := histogramGroup(t, Options{})
	for _, key := range []string{"a", "b"} {
		g.Set(key, g.Rows(), func(r *Rows) {
			r.Add(testValue, 1, key)
			r.AddHistogram(testDuration, []uint64{2, 0, 1, 0, 4}, 120.5, key)
		})
	}
	h := &Handler{Exposition: e, Collectors: []string{"test"}}

	text := body(t, get(h, http.MethodGet, "/metrics"))
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	metrics := families["test_duration_seconds"].GetMetric()
	if len(metrics) != 2 || metrics[0].GetHistogram().GetSampleCount() != 7 || len(metrics[1].GetHistogram().GetBucket()) != 5 {
		t.Errorf("read as %v", metrics)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}

	open := body(t, get(h, http.MethodGet, "/metrics", "Accept", "application/openmetrics-text;version=1.0.0"))
	if diff := cmp.Diff(text+"# EOF\n", open); diff != "" {
		t.Errorf("text and OpenMetrics differ:\n%s", diff)
	}
	p, err := textparse.New([]byte(open), "application/openmetrics-text; version=1.0.0", labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	samples := 0
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if entry == textparse.EntrySeries {
			samples++
		}
	}
	if samples != 16 {
		t.Errorf("%d samples, want 16", samples)
	}
}
