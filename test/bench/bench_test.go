// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func TestQuantile(t *testing.T) {
	var hundred []float64
	for i := range 100 {
		hundred = append(hundred, float64(100-i))
	}
	for _, c := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
		{[]float64{7}, 0.99, 7},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile %v of %d values: got %v, want %v", c.q, len(c.values), got, c.want)
		}
	}
	if got := quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("quantile of nothing: got %v", got)
	}
}

func TestMedian(t *testing.T) {
	want := Figures{"a": 2, "b": 5}
	if diff := cmp.Diff(want, median([]Figures{{"a": 9, "b": 5}, {"a": 1, "b": 5}, {"a": 2, "b": 4}})); diff != "" {
		t.Error(diff)
	}
	if got := median([]Figures{{"a": 1}, {"a": 2}})["a"]; got != 1.5 {
		t.Errorf("median of 1 and 2: got %v", got)
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		unit  string
		value float64
		want  string
	}{
		{unitSeconds, 0.7213, "0.721 s"},
		{unitSeconds, 4.666, "4.67 s"},
		{unitMillisecond, 0.0144, "14.4 ms"},
		{unitMillisecond, 0, "0.00 ms"},
		{unitMiB, 401 << 20, "401 MiB"},
		{unitKB, 3_100_000, "3100 KB"},
		{unitCount, 146, "146"},
	} {
		if got := (figure{unit: c.unit}).format(c.value); got != c.want {
			t.Errorf("%v %s: got %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}

const exposition = `# HELP gotk_resource_info The current state of a Flux Kustomization resource.
# TYPE gotk_resource_info gauge
gotk_resource_info{customresource_kind="Kustomization",exported_namespace="a",name="app-1",ready="True",source_name="app-2"} 1
# HELP gotk_resource_info The current state of a Flux HelmRelease resource.
# TYPE gotk_resource_info gauge
gotk_resource_info{ready="False",customresource_kind="HelmRelease",chart_name="app-2",exported_namespace="a",name="app-2"} 1
gotk_resource_info{name="app-10",customresource_kind="HelmRelease",exported_namespace="a"} 1
other{name="app-1",ready="Wrong"} 1
`

func TestScraper(t *testing.T) {
	s := &scraper{subject: subject{family: "gotk_resource_info", kindLabel: "customresource_kind"}}
	body := []byte(exposition)
	if got := s.count(body); got != 3 {
		t.Errorf("count: got %d", got)
	}
	if got := s.count([]byte("gotk_resource_info{} 1\n")); got != 1 {
		t.Errorf("count without comments: got %d", got)
	}
	want := map[object]string{
		{"Kustomization", "a", "app-1"}: "True",
		{"HelmRelease", "a", "app-2"}:   "False",
		{"HelmRelease", "a", "app-10"}:  "",
	}
	got, err := s.parse(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(object{})); diff != "" {
		t.Error(diff)
	}
	for o, ready := range want {
		if got := s.ready(body, o); got != ready {
			t.Errorf("%v: got %q, want %q", o, got, ready)
		}
	}
	if got := s.ready(body, object{name: "app"}); got != "" {
		t.Errorf("unknown object: got %q", got)
	}
	if _, err := s.parse([]byte(exposition + `gotk_resource_info{name="app-10",customresource_kind="HelmRelease",exported_namespace="a",ready="True"} 1` + "\n")); err == nil {
		t.Error("two rows for one object: no error")
	}
}

func TestCustomResourceState(t *testing.T) {
	type metric struct {
		Name, Help     string
		LabelsFromPath map[string][]string
	}
	var config struct {
		Spec struct {
			Resources []struct {
				GroupVersionKind struct{ Group, Version, Kind string }
				MetricNamePrefix string
				Metrics          []metric
			}
		}
	}
	if err := yaml.UnmarshalStrict(withoutInfo(customResourceState()), &config); err != nil {
		t.Fatal(err)
	}
	if n := len(config.Spec.Resources); n != 13 {
		t.Errorf("%d resources, flux2-monitoring-example has 13", n)
	}
	want := metric{Name: "resource_info", Help: "The current state of a Flux Kustomization resource.", LabelsFromPath: map[string][]string{
		"exported_namespace": {"metadata", "namespace"},
		"ready":              {"status", "conditions", "[type=Ready]", "status"},
		"suspended":          {"spec", "suspend"},
		"revision":           {"status", "lastAppliedRevision"},
		"source_name":        {"spec", "sourceRef", "name"},
	}}
	if diff := cmp.Diff([]metric{want}, config.Spec.Resources[0].Metrics); diff != "" {
		t.Error(diff)
	}
}

// withoutInfo removes the parts for which the type in the test has no field.
func withoutInfo(config []byte) []byte {
	text := strings.ReplaceAll(string(config), "kind: CustomResourceStateMetrics\n", "")
	return []byte(strings.ReplaceAll(text, `          each:
            type: Info
            info:
              labelsFromPath:
                name: [metadata, name]
`, ""))
}

func TestChecks(t *testing.T) {
	good := Figures{
		peakEnd: 3, cpuComplete: 10, gzipCPU: 0.5, gzipP99: 0.9, scrapedFlipP99: 9, plainP99: 40, plainCPU: 12,
		neutralCPU: 20, flipCPU: 30, visibleP50: 20, findingP50: 0.5, findingMax: 1.5, emptyResponses: 0, partResponses: 0,
	}
	rival := Figures{emptyResponses: 150, partResponses: 20}
	for key := range good {
		if _, ok := rival[key]; !ok {
			rival[key] = 100
		}
	}
	for _, objects := range []int{100, manyObjects} {
		evaluate := func(figures Figures) *Report {
			r := newReport(Options{Objects: objects}, "", []subject{{Name: nameReference}, {Name: nameShipped}, {Name: nameEqual}})
			r.evaluate([][]Figures{{rival}, {figures}, {figures}})
			return r
		}
		r := evaluate(good)
		if !r.OK() {
			t.Errorf("good figures of %d objects: %+v", objects, r.Checks)
		}
		for _, c := range r.Checks {
			bad := maps.Clone(good)
			if bad[c.Key] = good[c.Key]*100 + 1; evaluate(bad).OK() {
				t.Errorf("%s %v: no check fails", c.Key, bad[c.Key])
			}
			if delete(bad, c.Key); evaluate(bad).OK() {
				t.Errorf("%s is missing: no check fails", c.Key)
			}
		}
	}
	if (&Report{}).OK() {
		t.Error("a report without checks is OK")
	}
}

func TestMarkdown(t *testing.T) {
	r := newReport(Options{Objects: 100}, "0.10 0.20 0.30", []subject{{Name: nameReference}, {Name: nameShipped}, {Name: nameEqual}})
	r.evaluate([][]Figures{
		{{cpuComplete: 4, partResponses: 19}},
		{{cpuComplete: 1, partResponses: 0, findingP50: 0.25}},
		{{cpuComplete: 0.5, partResponses: 0}},
	})
	text := r.Markdown()
	for _, want := range []string{
		"| CPU until complete | 4.00 s | 1.00 s | 0.25 | 0.500 s | 0.12 |\n",
		"| update → finding in the report, p50 |  | 0.250 s |  |  |  |\n",
		"| ours, equal output: CPU until complete ÷ kube-state-metrics | 0.25 | 0.12 | ok |\n",
		"**FAILED**",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
}

func TestSum(t *testing.T) {
	body := []byte(`# HELP requests_total verb="WATCH"
requests_total{verb="WATCH",code="200"} 3
requests_total{verb="WATCH",code="410"} 1
requests_total{verb="LIST",code="200"} 1e+02
requests_total_more{verb="WATCH"} 7
goroutines 12
`)
	for _, c := range []struct {
		family string
		label  []string
		want   float64
	}{
		{"requests_total", nil, 104},
		{"requests_total", []string{`verb="WATCH"`}, 4},
		{"goroutines", nil, 12},
		{"requests", nil, 0},
	} {
		if got := sum(body, c.family, c.label...); got != c.want {
			t.Errorf("%s%v: %v, want %v", c.family, c.label, got, c.want)
		}
	}
}
