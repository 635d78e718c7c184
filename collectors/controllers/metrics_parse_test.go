// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// parsed returns the selected samples as text.
func parsed(r *reexport, text io.Reader) (samples []string, misfits int, err error) {
	misfits, err = newParser(r).parse(text, func(s sample) {
		var b strings.Builder
		b.WriteString(s.family.Name + s.suffix)
		for _, l := range s.labels {
			_, _ = fmt.Fprintf(&b, " %s=%q", l.Name, l.Value)
		}
		samples = append(samples, fmt.Sprintf("%s %v", b.String(), s.value))
	})
	return samples, misfits, err
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		allow   []string
		buckets bool
		text    string
		want    []string
		misfits int
	}{
		"what is allowed": {
			text: "# HELP workqueue_depth Current depth \\\\ of\n# TYPE workqueue_depth gauge\nworkqueue_depth{name=\"b\",controller=\"a\",priority=\"\"} 3\ngo_goroutines 7\nworkqueue_adds_total{name=\"a\"} 9\n",
			want: []string{`workqueue_depth controller="a" name="b" priority="" 3`},
		},
		"a histogram": {
			text: "# TYPE gotk_reconcile_duration_seconds histogram\n" +
				"gotk_reconcile_duration_seconds_bucket{kind=\"X\",le=\"0.01\"} 1\ngotk_reconcile_duration_seconds_bucket{kind=\"X\",le=\"+Inf\"} 2\n" +
				"gotk_reconcile_duration_seconds_sum{kind=\"X\"} 0.5\ngotk_reconcile_duration_seconds_count{kind=\"X\"} 2\ngotk_reconcile_duration_seconds_created{kind=\"X\"} 2\n",
			want: []string{`gotk_reconcile_duration_seconds_sum kind="X" 0.5`, `gotk_reconcile_duration_seconds_count kind="X" 2`},
		},
		"a histogram with its buckets": {
			buckets: true,
			text:    "# TYPE gotk_reconcile_duration_seconds histogram\ngotk_reconcile_duration_seconds_bucket{le=\"+Inf\"} 2\ngotk_reconcile_duration_seconds_sum 0.5\n",
			want:    []string{`gotk_reconcile_duration_seconds_bucket le="+Inf" 2`, `gotk_reconcile_duration_seconds_sum 0.5`},
		},
		"a histogram of a user with its buckets": {
			allow:   []string{"x"},
			buckets: true,
			text:    "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 2\nx_sum 1\n# TYPE y histogram\ny_bucket{le=\"1\"} 2\n",
			want:    []string{`x_bucket le="+Inf" 2`, "x_sum 1"},
		},
		"a summary of a user": {
			allow: []string{"x"},
			text:  "# TYPE x summary\nx{quantile=\"0.5\"} NaN\nx_sum 1\nx_count 2\n# TYPE x_other gauge\nx_other 3\n",
			want:  []string{"x_sum 1", "x_count 2"},
		},
		"the sum alone": {
			allow: []string{"x_sum"},
			text:  "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 2\nx_sum 1\nx_count 2\n",
			want:  []string{"x_sum 1"},
		},
		"the sum twice": {
			allow: []string{"gotk_reconcile_duration_seconds_sum", "gotk_reconcile_duration_seconds", "y", "y_count"},
			text:  "# TYPE gotk_reconcile_duration_seconds histogram\ngotk_reconcile_duration_seconds_sum 1\ngotk_reconcile_duration_seconds_count 2\ny_count 3\n",
			want:  []string{"gotk_reconcile_duration_seconds_sum 1", "gotk_reconcile_duration_seconds_count 2", "y_count 3"},
		},
		"a histogram that has become a gauge": {
			text:    "# TYPE gotk_reconcile_duration_seconds gauge\ngotk_reconcile_duration_seconds{kind=\"X\"} 0.5\n",
			misfits: 1,
		},
		"a name that begins like a histogram": {
			allow: []string{"x", "x_total"},
			text:  "# TYPE x histogram\nx_count 1\nx_total 2\n",
			want:  []string{"x_count 1", "x_total 2"},
		},
		"values": {
			allow: []string{"x"},
			text:  "x{a=\"1\"} NaN\nx{a=\"2\"} +Inf\nx{a=\"3\"} -Inf\nx{a=\"4\"} 1e+06\nx 5 1700000000000\n\tx{ a = \"6\" , } 6\t-7 \nx {a=\"8\"} 8\nx{} 9\n\n#\n# EOF\n#TYPE y\n",
			want:  []string{`x a="1" NaN`, `x a="2" +Inf`, `x a="3" -Inf`, `x a="4" 1e+06`, "x 5", `x a="6" 6`, `x a="8" 8`, "x 9"},
		},
		"escapes": {
			allow: []string{"x"},
			text:  `x{a="\\n\n\"}",b="ü"} 1` + "\n",
			want:  []string{`x a="\\n\n\"}" b="ü" 1`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, misfits, err := parsed(newReexport(tc.allow, tc.buckets), strings.NewReader(tc.text))
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil || misfits != tc.misfits {
				t.Errorf("%d misfits, %v\n%s", misfits, err, diff)
			}
			if _, err := stockParsed(tc.text); err != nil && name != "values" && name != "a histogram" {
				t.Errorf("expfmt does not take it: %v", err)
			}
		})
	}
}

// TestParseRefuses checks that invalid lines are refused, even in families that are not selected.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "comments only": "# TYPE x gauge\n\n", "HTML": "<html><body>s3cr3t</body></html>\n", "JSON": "{\"kind\":\"Status\"}\n",
		"no end": "x 1\ny 2", "no value": "x\n", "no value behind labels": "x{}\n", "a word": "x s3cr3t\n", "hexadecimal": "x 0x1p4\n", "underscores": "x 1_0\n",
		"out of range": "x 1e999\n", "a third word": "x 1 2 3\n", "a time that is none": "x 1 1.5\n", "an exemplar": "x_bucket{le=\"1\"} 1 # {a=\"b\"} 1\n",
		"an open brace": "x{a=\"b\" 1\n", "an open quote": "x{a=\"b} 1\n", "no quotes": "x{a=b} 1\n", "no name": "x{=\"b\"} 1\n", "a name that is none": "x{a-b=\"b\"} 1\n",
		"a digit": "1x 1\n", "an unknown escape": "x{a=\"\\t\"} 1\n", "an escape at the end": "x{a=\"\\", "two commas": "x{a=\"b\",,} 1\n", "no comma": "x{a=\"b\"c=\"d\"} 1\n",
		"a label twice": "workqueue_depth{a=\"b\",a=\"c\"} 1\n", "the name as a label": "workqueue_depth{__name__=\"b\"} 1\n",
		"a long line": "x{a=\"" + strings.Repeat("x", maxLine) + "\"} 1\n", "binary": "\x00\x01\x02\n", "quoted name": "{\"x\"} 1\n", "a carriage return": "x 1\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, before := range []string{"", "workqueue_depth 1\n"} {
				if before != "" && (name == "nothing" || name == "comments only") {
					continue
				}
				_, _, err := parsed(newReexport(nil, false), strings.NewReader(before+text))
				if failure.ReasonOf(err) != failure.ReasonDecode || err == nil {
					t.Errorf("%v", err)
				}
				if err != nil && strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("the error quotes the body: %v", err)
				}
			}
		})
	}
	if _, _, err := parsed(newReexport(nil, false), io.MultiReader(strings.NewReader("x 1\n"), errReader{})); !errors.Is(err,
		os.ErrDeadlineExceeded) {
		t.Errorf("an error while reading: %v", err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// TestFamiliesAreUnique checks that no allow list results in duplicate families.
func TestFamiliesAreUnique(t *testing.T) {
	t.Parallel()
	for _, allow := range [][]string{
		nil, {"x"}, {"x_sum", "x", "x_count"}, {"x", "x_sum_sum", "x_sum"}, {"gotk_reconcile_duration_seconds_count", "gotk_reconcile_duration_seconds"},
		{"workqueue_depth", "workqueue_depth_sum"},
	} {
		r := newReexport(allow, true)
		if _, err := exposition.New(exposition.Options{}, slices.Concat(podFamilies(), r.scrapeFamilies())...); err != nil {
			t.Errorf("%v: %v", allow, err)
		}
		for _, name := range allow {
			whole := strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count")
			if r.plain[name] == nil && r.summaries[name] == nil && r.summaries[whole] == nil {
				t.Errorf("%v: %s is allowed, and nowhere", allow, name)
			}
		}
	}
}

// stockParsed returns the samples of the default families, as expfmt parses them.
func stockParsed(text string) (map[string]float64, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	allowed, found := newReexport(nil, false), map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			key := func(name string) string {
				var pairs []string
				for _, l := range m.GetLabel() {
					pairs = append(pairs, fmt.Sprintf(" %s=%q", l.GetName(), l.GetValue()))
				}
				slices.Sort(pairs)
				return name + strings.Join(pairs, "")
			}
			summary := allowed.summaries[name] != nil
			switch family.GetType() {
			case dto.MetricType_HISTOGRAM:
				if summary {
					found[key(name+"_sum")], found[key(name+"_count")] = m.GetHistogram().GetSampleSum(), float64(m.GetHistogram().GetSampleCount())
				}
			case dto.MetricType_SUMMARY:
				if summary {
					found[key(name+"_sum")], found[key(name+"_count")] = m.GetSummary().GetSampleSum(), float64(m.GetSummary().GetSampleCount())
				}
			default:
				if allowed.plain[name] != nil {
					found[key(name)] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()
				}
			}
		}
	}
	return found, nil
}

// FuzzParse: input that expfmt accepts has the same result, and the result of any input is a valid
// exposition.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/kustomize-controller.prom", "testdata/external-secrets.prom"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("workqueue_depth{a=\"\\\\\\n\\\"\",cluster=\"x\",exported_cluster=\"y\",controller_pod=\"z\"} 1 2\n"))
	f.Add([]byte("# TYPE gotk_reconcile_duration_seconds summary\ngotk_reconcile_duration_seconds{quantile=\"1\"} 1\ngotk_reconcile_duration_seconds_sum NaN\n"))
	f.Add([]byte("workqueue_depth{a=\"\xff\"} -Inf\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := newReexport(nil, false)
		samples, _, err := parsed(r, bytes.NewReader(text))
		e, newErr := exposition.New(exposition.Options{}, r.families...)
		if newErr != nil {
			t.Fatal(newErr)
		}
		g := e.Group(exposition.Key{Cluster: "c"}, r.families)
		e.Swap(nil, []*exposition.Group{g})
		g.Set("a", g.Rows(), func(rows *exposition.Rows) {
			_, _ = copySamples(newParser(r), bytes.NewReader(text), rows, []string{"flux", "x", "ns", "pod"})
		})
		servedText(t, e)
		if err != nil {
			return
		}
		stock, err := stockParsed(string(text))
		if err != nil {
			return // expfmt checks more than single lines, such as duplicates
		}
		for key, want := range stock {
			if !slices.ContainsFunc(samples, func(s string) bool { return strings.HasPrefix(s, key+" ") }) && want != 0 && !math.IsNaN(want) {
				t.Errorf("%s is missing in %q", key, samples)
			}
		}
	})
}
