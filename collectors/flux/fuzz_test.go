// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// FuzzRows feeds anything to every kind. What is JSON is never an error, and
// what comes out is always an exposition. The seeds are large: use
// -fuzzminimizetime 1x, or it minimises all the time.
func FuzzRows(f *testing.F) {
	for _, name := range cases(f) {
		f.Add(object(f, name))
	}
	for _, raw := range []string{
		`null`, `[]`, `"x"`, `{}`, `{"metadata":null,"spec":null,"status":null}`, `{"status":"oops"}`,
		`{"metadata":{"name":"a\nb\"c\\d","namespace":"\ud800"},"spec":{"url":"https://u:p%zz@h"},"status":{"conditions":[{"type":"Ready"},null]}}`,
		`{"metadata":{"name":"` + "\xff\xfe" + `"},"spec":{"components":["a","a"],"interval":"-9223372036854775808ns"}}`,
		`{"spec":{"reconcilers":[{"stats":{"totalSize":"NaN B"}},{"kind":"a","stats":{"totalSize":"-Inf KiB"}}]}}`,
		`{"metadata":{"creationTimestamp":"9999-12-31T23:59:59Z","generation":9223372036854775807}}`,
		`{"metadata":{"name":"a","name":"b"},"status":{"inventory":{"entries":{"a":1}}}}`,
	} {
		f.Add([]byte(raw))
	}
	var harnesses []*harness
	for _, r := range (Collector{}).Resources() {
		harnesses = append(harnesses, newHarness(f, r))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, h := range harnesses {
			entry, _, err := h.resource.Render(management(), raw, h.rows)
			switch {
			case err == nil:
			case json.Valid(raw):
				t.Fatalf("%s: %v", h.resource.Kind, err)
			default:
				continue
			}
			if entry == nil { // no name, no object
				continue
			}
			h.group.Replace([]*exposition.Entry{entry})
			mustParse(t, h.get(t))
		}
	})
}

// TestABrokenDocumentIsAnError: half an object must not look like one.
func TestABrokenDocumentIsAnError(t *testing.T) {
	whole := string(object(t, "kustomization/ready.yaml"))
	for name, raw := range map[string]string{
		"empty":   "",
		"cut off": whole[:len(whole)/2],
		"HTML":    "<html>502 Bad Gateway</html>",
		"trailer": whole + "}",
		"comma":   strings.Replace(whole, `"spec":{`, `"spec":{,`, 1),
	} {
		h := newHarness(t, resourceOf(t, "Kustomization"))
		if _, _, err := h.resource.Render(management(), []byte(raw), h.rows); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
