// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// FuzzRows feeds anything to all kinds. What is JSON is never an error, and what comes
// out is always an exposition.
func FuzzRows(f *testing.F) {
	for _, file := range cases(f) {
		for _, o := range objects(f, file) {
			f.Add(o.raw)
		}
	}
	for _, raw := range []string{
		`null`, `[]`, `"x"`, `{}`, `{"metadata":null,"spec":null,"status":null}`, `{"status":"oops"}`,
		`{"metadata":{"name":"a\nb\"c\\d","namespace":"\ud800"},"status":{"statusConditions":{"conditions":[{"type":"Ready","reason":"\u0000"},null]}}}`,
		`{"metadata":{"name":"` + "\xff\xfe" + `","labels":{"greenhouse.sap/owned-by":5}},"status":{"nodes":{"total":9223372036854775808,"notReady":{}}}}`,
		`{"metadata":{"name":"a","labels":[],"annotations":{"greenhouse.sap/delete-cluster":"","greenhouse.sap/deletion-schedule":"0000-00-00 00:00:00"}}}`,
		`{"metadata":{"name":"a"},"spec":{"pluginDefinitionRef":[],"teamRefs":["a","a",null,5]},"status":{"inventory":{"a":[null,{}],"a":[{"ready":5}]},"clusters":[{"condition":[]},null]}}`,
		`{"metadata":{"name":"a","name":"b","creationTimestamp":"9999-12-31T23:59:59Z"},"status":{"helmReleaseStatus":{"status":"a b"},"members":{"a":1},"exposedServices":[[[]]]}}`,
	} {
		f.Add([]byte(raw))
	}
	h := newHarness(f, "management")
	f.Fuzz(func(t *testing.T, raw []byte) {
		for kind, k := range h.kinds {
			entry, _, err := k.resource.Render(h.view, raw, k.rows)
			switch {
			case err == nil:
			case json.Valid(raw):
				t.Fatalf("%s: %v", kind, err)
			default:
				continue
			}
			var all []*exposition.Entry
			if entry != nil { // no name, no object
				all = append(all, entry)
			}
			k.group.Replace(all)
		}
		mustParse(t, h.get(t))
	})
}

// TestABrokenDocumentIsAnError: half an object must not look like one.
func TestABrokenDocumentIsAnError(t *testing.T) {
	o := objectOf(t, "cluster.yaml", "Cluster", "management")
	h := newHarness(t, "management")
	k := h.kinds[o.Kind]
	whole := string(o.raw)
	for name, raw := range map[string]string{
		"empty":         "",
		"cut off":       whole[:len(whole)/2],
		"in the labels": whole[:strings.Index(whole, "owned-by")],
		"HTML":          "<html>502 Bad Gateway</html>",
		"trailer":       whole + "}",
		"comma":         strings.Replace(whole, `"spec":{`, `"spec":{,`, 1),
	} {
		if _, _, err := k.resource.Render(h.view, []byte(raw), k.rows); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
