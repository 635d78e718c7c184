// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestEdits(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 8, 15, h, 0, 0, 0, time.UTC) }
	for _, tc := range []struct {
		name, text string
		want       Edits
	}{
		{"the newest change of the spec",
			`[{"manager":"kubectl","time":"2026-08-15T10:00:00Z","fieldsV1":{"f:spec":{"f:url":{}}}},{"time":"2026-08-15T09:00:00Z","fieldsV1":{"f:spec":{}}}]`, Edits{Spec: at(10)}},
		{"the status", `[{"subresource":"status","time":"2026-08-15T10:00:00Z","fieldsV1":{"f:status":{}}}]`, Edits{}},
		{"suspended by a field", `[{"time":"2026-08-15T10:00:00Z","fieldsV1":{"f:spec":{"f:suspend":{}}}}]`, Edits{Spec: at(10), Suspend: at(10)}},
		{"suspended by an annotation", `[{"time":"2026-08-15T10:00:00Z","fieldsV1":{"f:metadata":{"f:annotations":{"f:fluxcd.controlplane.io/reconcile":{}}}}}]`, Edits{Suspend: at(10)}},
		{"by Flux Operator", `[{"manager":"flux-operator","time":"2026-08-15T10:00:00Z"},{"manager":"flux","time":"2026-08-15T11:00:00Z"}]`, Edits{Operator: at(10)}},
		{"with spaces", `[ { "time" : "2026-08-15T10:00:00Z", "fieldsV1" : { "f:spec" : {} } } ]`, Edits{Spec: at(10)}},
		{"a key of a list that looks like a time", `[{"fieldsV1":{"f:spec":{"k:{\"time\":\"2030-01-01T00:00:00Z\"}":{}}},"time":"2026-08-15T10:00:00Z"}]`, Edits{Spec: at(10)}},
		{"as a snapshot has it", `{"spec":"2026-08-15T10:00:00Z"}`, Edits{Spec: at(10)}},
		{"a wrong time", `[{"time":"yesterday","fieldsV1":{"f:spec":{}}}]`, Edits{}},
		{"a wrong type", `[7,"x",null,[]]`, Edits{}},
		{"no list", `"x"`, Edits{}},
		{"null", `null`, Edits{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got Edits
			if err := json.Unmarshal([]byte(tc.text), &got, jsonOptions, utf8Options); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
