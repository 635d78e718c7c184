// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"encoding/json"
	"testing"
)

// FuzzReadObjects reads a file of a snapshot. The objects are at most those of the file, and each
// can be read from a file of its own.
func FuzzReadObjects(f *testing.F) {
	f.Add([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\n"))
	f.Add([]byte(`{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"a"}},{"apiVersion":"apps/v1","kind":"Deployment"}]}`))
	f.Add([]byte("\xff\xfea\x00:\x00 \x00b\x00"))
	f.Add([]byte("a: &a [b]\nc: [*a, *a]\nkind: List\n"))
	f.Add([]byte(`{"kind":"List","apiVersion":"v1","items":[{"kind":"List","apiVersion":"v1","items":[{"_status":200}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		objects := Objects{}
		if readDocuments("f.yaml", toUTF8(text), func(at position, raw []byte) error { return objects.add(at, raw, documentHead{}, 0) }) != nil {
			return
		}
		n := 0
		for gk, all := range objects {
			for _, o := range all {
				if n++; o.Raw == nil {
					continue
				}
				var h documentHead
				if err := json.Unmarshal(o.Raw, &h); err != nil {
					t.Fatalf("%s: %v", gk, err)
				}
				if h.Kind == "" || h.APIVersion == "" {
					continue // its type is that of the list
				}
				again := Objects{}
				if err := again.add(position{}, o.Raw, documentHead{}, 0); err != nil || len(again[gk]) != 1 {
					t.Errorf("%s: %s is found as %v, %v", gk, o.Raw, again, err)
				}
			}
		}
		if n > len(text)+1 {
			t.Errorf("%d objects in %d bytes", n, len(text))
		}
	})
}
