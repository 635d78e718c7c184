// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// checkProjection: what a snapshot has of an object gives the same rows, and says
// the same about the flow of secrets.
func checkProjection(t *testing.T, h *harness, kind string, raw []byte) []byte {
	t.Helper()
	k, view := h.kinds[kind], fleet.View{Cluster: h.cluster}
	before, partialBefore, err := k.resource.Render(view, raw, k.rows)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	kept, err := k.resource.Project("v1", raw)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	after, partialAfter, err := k.resource.Render(view, kept, k.rows)
	if err != nil {
		t.Fatalf("%s: %v\n%s", kind, err, kept)
	}
	if partialBefore != partialAfter || (before == nil) != (after == nil) {
		t.Fatalf("%s: partial %v, %v; there %v, %v\n%s\n%s", kind, partialBefore, partialAfter, before != nil, after != nil, raw, kept)
	}
	if before != nil {
		k.group.Replace([]*exposition.Entry{before})
		want := h.get(t)
		k.group.Replace([]*exposition.Entry{after})
		if diff := cmp.Diff(want, h.get(t)) + cmp.Diff(before.Note, after.Note); diff != "" {
			t.Fatalf("%s: rows (-of the object +of what is kept):\n%s\n%s\n%s", kind, diff, raw, kept)
		}
	}
	if again, err := k.resource.Project("v1", kept); err != nil || !bytes.Equal(kept, again) {
		t.Fatalf("%s: kept again, it becomes another: %v\n%s\n%s", kind, err, kept, again)
	}
	return kept
}

// names of secrets and the paths of stores are kept: where a secret is follows from
// them.
var keys = regexp.MustCompile(`"(key|remoteKey|path|mountPath)":"[^"]*"`)

func TestASnapshotOfAnObjectHasTheSameRows(t *testing.T) {
	h := newHarness(t, "management")
	for _, file := range cases(t) {
		for _, o := range objects(t, file) {
			kept := checkProjection(t, h, o.Kind, o.raw)
			for _, secret := range []string{"s3cr3t", "hunter2", `"message"`, `"annotations":{"`, `"fieldsV1"`} {
				if bytes.Contains(keys.ReplaceAll(kept, nil), []byte(secret)) {
					t.Errorf("%s: %s is kept: %s", file, secret, kept)
				}
			}
			for _, b := range breakages {
				if raw, ok := replace(t, o.raw, b.path, b.value); ok {
					checkProjection(t, h, o.Kind, raw)
				}
			}
		}
	}
}

// escaped is what may be a URL.
var escaped = regexp.MustCompile(`://|\\u|\\/`)

// FuzzProjection looks for an object of which a snapshot shows something else. A
// URL where none belongs may lose its user info.
func FuzzProjection(f *testing.F) {
	for _, file := range cases(f) {
		for _, o := range objects(f, file) {
			f.Add(o.Kind, bytes.ReplaceAll(o.raw, []byte("://"), []byte(":")))
		}
	}
	f.Add("SecretStore", []byte(`{"metadata":{"name":"a"},"spec":{"provider":{"vault":{"auth":{"kubernetes":[{}],"jwt":5}},"openBao":{"auth":null},"vault":null,"":{}}}}`))
	f.Add("PushSecret", []byte(`{"metadata":{"name":"a"},"spec":{"secretStoreRefs":[{"name":"x","labelSelector":{}},null,[]]},"status":{"syncedPushSecrets":{"a":{},"a":[1,2]}}}`))
	h := newHarness(f, "management")
	f.Fuzz(func(t *testing.T, kind string, raw []byte) {
		k := h.kinds[kind]
		if k == nil {
			return
		}
		_, err := k.resource.Project("v1", raw)
		switch {
		case err != nil && json.Valid(raw):
			t.Fatalf("%s: %v", kind, err)
		case err == nil && !escaped.Match(raw):
			checkProjection(t, h, kind, raw)
		}
	})
}
