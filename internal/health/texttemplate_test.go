// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"math"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// TestTemplatesMatchPrometheus compares expanded texts with the results of Prometheus, for every
// function and for the catalogue.
func TestTemplatesMatchPrometheus(t *testing.T) {
	texts := []string{
		"plain", "{{ $value | humanizeDuration }}", "{{$labels.name}}{{ .Labels.name }}{{- $value }}", "{{ or $labels.nothing $labels.name }}", "}}{{ $value", "{{ $labels.name }} and {{ .Labels.cluster }}", "{{ $labels.nothing }}!", "{{ $value }}", "{{ .Value }}",
		"{{ humanize $value }} {{ humanize1024 $value }} {{ humanizeDuration $value }} {{ humanizePercentage $value }}",
		"{{ $value | humanizeTimestamp }}", "{{ $value | toTime }}", "{{ $value | toDuration }}", `{{ parseDuration "1h30m" }}`, "{{ now }}",
		"{{ toUpper $labels.name }} {{ toLower $labels.cluster }} {{ title $labels.name }}", `{{ reReplaceAll "a(.)" "$1" $labels.name }}`,
		`{{ match "a.*" $labels.name }}`, `{{ stripPort "host:80" }} {{ stripPort "host" }} {{ stripDomain "a.example.com:80" }} {{ stripDomain "10.0.0.1:80" }} {{ stripDomain "a.b" }}`,
		`{{ urlQueryEscape "a b" }} {{ safeHtml "<b>" }}`, `{{ with args 1 "b" }}{{ .arg0 }}{{ .arg1 }}{{ end }}`, "{{ printf \"%.2f\" $value }}",
		"{{ if gt $value 1.0 }}many{{ else }}few{{ end }}", "{{ range $k, $v := $labels }}{{ $k }}={{ $v }} {{ else }}none{{ end }}",
		`{{ print 1 "a" | html }} {{ println "<" | js }} {{ urlquery "a b" $value }} {{ printf "%5.1f%%" $value }}`,
	}
	for _, r := range alerts.Rules() {
		texts = append(texts, r.Summary, r.Description, r.Object.Kind, r.Object.Namespace, r.Object.Name)
	}
	labels := map[string]string{"name": "apps and more", "cluster": "Storage", "kind": "Kustomization"}
	at := start
	all := newTemplateCache()
	all.now.Store(at.UnixMilli())
	for _, text := range texts {
		p := all.parse(text)
		for _, v := range []float64{0, 1, -3.25, 0.0042, 1234567, 1764000000, math.NaN(), math.Inf(1), 1e30} {
			data := template.AlertTemplateData(labels, map[string]string{}, "", promql.Sample{F: v})
			want, err := template.NewTemplateExpander(context.Background(), definitions+text, "A", data, model.TimeFromUnixNano(at.UnixNano()), nil,
				&url.URL{}, nil).Expand()
			if err != nil {
				continue // the texts of errors are not compared
			}
			if got := p.expand(labels, v); got != want {
				t.Errorf("%s of %v: %q, Prometheus: %q", text, v, got, want)
			}
		}
	}
}

// TestSteady checks that the label of a finding changes rarely: at most once a day, hour or minute from a minute on.
func TestSteady(t *testing.T) {
	const left, number = "{{ $value | humanizeDuration }}", "{{ $value }}"
	for _, c := range []struct {
		text        string
		value, want float64
	}{
		{left, 442_800, 432_000}, {left, 4_320, 3_600}, {left, 59, 59}, {left, 44.7, 44}, {left, 0.25, 0.25},
		{left, -4_320, -3_600}, {left, 119, 60},
		{number, 503, 503}, {number, 0, 0}, {number, 12_345, 12_000}, {number, 0.1234, 0.12}, {number, -12_345, -12_000},
		{number, math.Inf(1), math.Inf(1)},
	} {
		if got := newTemplateCache().parse(c.text).roundValue(c.value); got != c.want {
			t.Errorf("%v in %s: %v, want %v", c.value, c.text, got, c.want)
		}
	}
}

func TestTemplateErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{{ query "up" }}`:             "only Prometheus can answer that>",
		`{{ reReplaceAll "(" "" "" }}`: "error parsing regexp",
		"{{ $nothing }}":               "undefined variable",
		"{{ nothing }}":                "not defined",
		// Texts whose expansion would not end or would take gigabytes.
		"{{ range 1000000000000 }}{{ end }}":                                                           "has a loop",
		"{{ range $labels }}{{ range $labels }}{{ end }}{{ end }}":                                     "has a loop",
		`{{ if 1 }}{{ else }}{{ range "abc" }}{{ end }}{{ end }}`:                                      "has a loop",
		`{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}`:                                "has a loop",
		`{{ printf "%1000000d" 1 }}`:                                                                   "has more than 8 KiB",
		`{{ printf "%*d" 1000000 1 }}`:                                                                 "has more than 8 KiB",
		`{{ $x := "aaaaaaaa" }}` + strings.Repeat("{{ $x = print $x $x }}", 40):                        "has more than 8 KiB",
		`{{ "\\\\" ` + strings.Repeat("| js ", 40) + `}}`:                                              "has more than 8 KiB",
		"{{ $value | humanizeDuration" + strings.Repeat(` | reReplaceAll "." "0000000000"`, 40) + "}}": "has more than 8 KiB",
		`{{ "a"` + strings.Repeat(` | reReplaceAll "." "0000000000"`, 40) + "}}":                       "has more than 8 KiB",
		`{{ reReplaceAll "" "` + strings.Repeat("x", 2<<10) + `" "a" }}`:                               "has more than 8 KiB",
		`{{ "x" }}` + strings.Repeat("x", 20<<10):                                                      "has more than 16 KiB",
		strings.Repeat("x", 10<<10):                                                                    "has more than 8 KiB",
	} {
		p := newTemplateCache().parse(text)
		for range 2 {
			if got := p.expand(nil, 1); !strings.HasPrefix(got, "<error expanding template: ") || !strings.Contains(got, want) {
				t.Errorf("%s: %s", text, got)
			}
		}
	}
}

// BenchmarkTemplate expands the descriptions of the catalogue, with parsed templates and with the
// expander of Prometheus.
func BenchmarkTemplate(b *testing.B) {
	labels := map[string]string{"name": "apps", "cluster": "storage", "kind": "Kustomization", "exported_namespace": "flux-system"}
	var cut, uncut []*textTemplate
	for _, r := range alerts.Rules() {
		p := newTemplateCache().parse(r.Description)
		cut = append(cut, p)
		uncut = append(uncut, &textTemplate{cache: p.cache, text: p.text})
	}
	for name, texts := range map[string][]*textTemplate{"catalogue": cut, "expander": uncut} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				texts[n%len(texts)].expand(labels, 1)
			}
		})
	}
}
