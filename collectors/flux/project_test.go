// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// checkProjection: what a snapshot has of an object gives the same rows.
func checkProjection(t *testing.T, h *harness, raw []byte) []byte {
	t.Helper()
	kept, err := h.resource.Project(h.resource.Versions[0], raw)
	if err != nil {
		t.Fatalf("%s: %v", h.resource.Kind, err)
	}
	before, partialBefore, err := h.resource.Render(management(), raw, h.rows)
	if err != nil {
		t.Fatalf("%s: %v", h.resource.Kind, err)
	}
	after, partialAfter, err := h.resource.Render(management(), kept, h.rows)
	if err != nil {
		t.Fatalf("%s: %v\n%s", h.resource.Kind, err, kept)
	}
	if partialBefore != partialAfter || (before == nil) != (after == nil) {
		t.Fatalf("%s: partial %v, %v; there %v, %v\n%s\n%s", h.resource.Kind, partialBefore, partialAfter, before != nil, after != nil, raw, kept)
	}
	if before != nil {
		h.group.Replace([]*exposition.Entry{before})
		want := h.get(t)
		h.group.Replace([]*exposition.Entry{after})
		if diff := cmp.Diff(want, h.get(t)); diff != "" {
			t.Fatalf("%s: rows (-of the object +of what is kept):\n%s\n%s\n%s", h.resource.Kind, diff, raw, kept)
		}
	}
	again, err := h.resource.Project(h.resource.Versions[0], kept)
	if err != nil || !bytes.Equal(kept, again) {
		t.Fatalf("%s: kept again, it becomes another: %v\n%s\n%s", h.resource.Kind, err, kept, again)
	}
	return kept
}

func TestASnapshotOfAnObjectHasTheSameRows(t *testing.T) {
	for _, name := range cases(t) {
		kind, _, _ := strings.Cut(name, "/")
		raw := object(t, name)
		kept := checkProjection(t, newHarness(t, resourceOf(t, kind)), raw)
		checkSecrets(t, raw, string(kept))
		for _, key := range []string{"message", "fieldsV1", "webhookPath", "labels", "last-applied", "postBuild", "values"} {
			if bytes.Contains(kept, []byte(`"`+key)) {
				t.Errorf("%s: %s is kept: %s", name, key, kept)
			}
		}
	}
}

// TestASnapshotOfAWrongValueIsAsWrong goes through the values of a wrong type.
func TestASnapshotOfAWrongValueIsAsWrong(t *testing.T) {
	for _, name := range cases(t) {
		kind, _, _ := strings.Cut(name, "/")
		h := newHarness(t, resourceOf(t, kind))
		for _, b := range wrongTypes() {
			if raw, ok := replace(t, object(t, name), b.path, b.value); ok {
				checkProjection(t, h, raw)
			}
		}
	}
}

// escaped is what may be a URL.
var escaped = regexp.MustCompile(`://|\\u|\\/`)

// FuzzProjection looks for an object of which a snapshot shows something else. A
// URL where none belongs may lose its user info.
func FuzzProjection(f *testing.F) {
	for _, name := range cases(f) {
		f.Add(bytes.ReplaceAll(object(f, name), []byte("://"), []byte(":")))
	}
	f.Add([]byte(`{"metadata":{"name":"a","name":"b","annotations":{"fluxcd.controlplane.io/reconcile":"Disabled"}},"status":{"inventory":{"entries":{"a":1}}}}`))
	f.Add([]byte(`{"metadata":{"name":"a","generation":"1","creationTimestamp":"yesterday","managedFields":[{"manager":1,"time":[]}]},"spec":{"suspend":1,"components":[1,{}]}}`))
	var harnesses []*harness
	for _, r := range (Collector{}).Resources() {
		harnesses = append(harnesses, newHarness(f, r))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, h := range harnesses {
			_, err := h.resource.Project(h.resource.Versions[0], raw)
			switch {
			case err != nil && json.Valid(raw):
				t.Fatalf("%s: %v", h.resource.Kind, err)
			case err == nil && !escaped.Match(raw):
				checkProjection(t, h, raw)
			}
		}
	})
}
