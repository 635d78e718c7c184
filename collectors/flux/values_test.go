// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func TestLargeAnnotationIsNotStored(t *testing.T) {
	o := object(t, "kustomization/ready")
	big, ok := o.With(t, "metadata.annotations", map[string]any{
		"kubectl.kubernetes.io/last-applied-configuration": strings.Repeat(`{"x":"\n"}`, 1<<20/10),
	})
	if !ok {
		t.Fatal("the case has no annotations")
	}
	rig := suite().Rig(t, collectortest.Management)
	rig.Set(t, o)
	want := rig.Get(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rig.Set(t, big)
	runtime.ReadMemStats(&after)
	if diff := cmp.Diff(want, rig.Get(t)); diff != "" {
		t.Errorf("the rows differ:\n%s", diff)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 128<<10 {
		t.Errorf("decoding %d bytes allocates %d bytes", len(big.Raw), n)
	}
}

// TestUnusualLabelValuesAreUnchanged reads the exposition with the parser of Prometheus.
func TestUnusualLabelValuesAreUnchanged(t *testing.T) {
	long := strings.Repeat("a23456789.", 25) + "abc" // 253 characters, the longest name of an object
	for _, tc := range []struct{ name, json, want string }{
		{"the longest name", long, long},
		{"quotes", `say \"hi\"`, `say "hi"`},
		{"a backslash", `C:\\path\\n`, `C:\path\n`},
		{"a backslash at the end", `a\\`, `a\`},
		{"a line break", `a\nb\r\nc`, "a\nb\r\nc"},
		{"a tab and a NUL", `a\tb\u0000c`, "a\tb\x00c"},
		{"braces and commas", `{a="b",c="d"} 1`, ``},
		{"UTF-8", `Grüße, 世界 🚀`, "Grüße, 世界 🚀"},
		{"escaped UTF-8", `\u00fc \ud83d\ude80`, "ü 🚀"},
		{"line separators of Unicode", `a\u2028b\u0085c`, "a\u2028b\u0085c"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text, want := tc.json, tc.want
			if want == "" {
				text, want = strings.ReplaceAll(tc.json, `"`, `\"`), tc.json
			}
			got := oddKustomization(t, text)
			if diff := cmp.Diff(map[string]string{"name": want, "path": want, "source_name": want, "revision": want}, got); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
		})
	}
}

// TestInvalidUTF8IsRepaired checks that invalid UTF-8 is repaired, because Prometheus refuses a scrape that
// contains any.
func TestInvalidUTF8IsRepaired(t *testing.T) {
	for _, text := range []string{"a\xffb", "\xc3\x28", "\xed\xa0\x80", "a\xe4", `\ud800`, `\udc00x`} {
		for label, value := range oddKustomization(t, text) {
			if value == "" || !utf8.ValidString(value) || !strings.Contains(value, "\uFFFD") {
				t.Errorf("%q became %s=%q", text, label, value)
			}
		}
	}
}

// TestLongValueIsCutAndMarked checks that a value above 1024 bytes ends in an ellipsis and the hash of the whole
// value.
func TestLongValueIsCutAndMarked(t *testing.T) {
	const size = 1024
	for _, tc := range []struct {
		name, text string
		cut        bool
	}{
		{"as long as may be", strings.Repeat("x", size), false},
		{"longer", strings.Repeat("x", size+1), true},
		{"very long", strings.Repeat("ü", 1<<16), true},
		{"many escapes", strings.Repeat(`\n`, size), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for label, value := range oddKustomization(t, tc.text) {
				if cut := strings.Contains(value, "…"); cut != tc.cut || len(value) > size || !utf8.ValidString(value) {
					t.Errorf("%s has %d bytes, cut: %v", label, len(value), cut)
				}
			}
		})
	}
}

// oddKustomization renders a Kustomization with text, which is JSON without quotes, in many fields. It returns
// the labels of its info row that have these values.
func oddKustomization(t *testing.T, text string) map[string]string {
	t.Helper()
	raw := strings.ReplaceAll(`{"metadata":{"namespace":"flux-system","name":"TEXT"},
		"spec":{"path":"TEXT","sourceRef":{"name":"TEXT","namespace":"TEXT","kind":"TEXT"},"kubeConfig":{"secretRef":{"name":"TEXT"}}},
		"status":{"conditions":[{"type":"Ready","status":"False","reason":"TEXT"}],"lastAttemptedRevision":"TEXT"}}`, "TEXT", text)
	out := render(t, "Kustomization", raw)
	collectortest.MustParse(t, out)
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	rows := families[resourceInfo.Name].GetMetric()
	if len(rows) != 1 {
		t.Fatalf("%d rows of %s, want 1", len(rows), resourceInfo.Name)
	}
	labels := map[string]string{}
	for _, l := range rows[0].GetLabel() {
		if n := l.GetName(); n == "name" || n == "path" || n == "source_name" || n == "revision" {
			labels[n] = l.GetValue()
		}
	}
	return labels
}
