// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

func FuzzExternalSecret(f *testing.F)        { fuzz(f, "ExternalSecret") }
func FuzzPushSecret(f *testing.F)            { fuzz(f, "PushSecret") }
func FuzzSecretStore(f *testing.F)           { fuzz(f, "SecretStore") }
func FuzzClusterSecretStore(f *testing.F)    { fuzz(f, "ClusterSecretStore") }
func FuzzClusterExternalSecret(f *testing.F) { fuzz(f, "ClusterExternalSecret") }
func FuzzClusterPushSecret(f *testing.F)     { fuzz(f, "ClusterPushSecret") }

// fuzz feeds anything to a kind. What is JSON is never an error, and what comes
// out is always an exposition. The seeds are large: use -fuzzminimizetime 1x.
func fuzz(f *testing.F, kind string) {
	for _, file := range cases(f) {
		for _, o := range objects(f, file) {
			if o.Kind == kind {
				f.Add(o.raw)
			}
		}
	}
	for _, raw := range []string{
		`null`, `[]`, `"x"`, `{}`, `{"metadata":null,"spec":null,"status":null}`, `{"status":"oops"}`,
		`{"metadata":{"name":"a\nb\"c\\d","namespace":"\ud800"},"status":{"conditions":[{"type":"Ready","reason":"\u0000"},null]}}`,
		`{"metadata":{"name":"` + "\xff\xfe" + `"},"spec":{"refreshInterval":"-9223372036854775808ns"}}`,
		`{"metadata":{"name":"a","generation":9223372036854775807,"creationTimestamp":"9999-12-31T23:59:59Z"},"status":{"syncedResourceVersion":"9223372036854775808-"}}`,
		`{"metadata":{"name":"a"},"spec":{"provider":{"vault":{"auth":{"kubernetes":[{}],"jwt":5}},"openBao":{"auth":null},"vault":null,"":{}}}}`,
		`{"metadata":{"name":"a"},"spec":{"provider":{"openBao":{"server":"http://[::1","auth":{"tokenSecretRef":{"namespace":{}}}}}},"status":{"capabilities":"x"}}`,
		`{"metadata":{"name":"a"},"spec":{"secretStoreRefs":[{"name":"x"},{"name":"x","labelSelector":{}},null,[]],"data":{"a":1}},"status":{"syncedPushSecrets":{"a":{},"a":[1,2]}}}`,
		`{"metadata":{"name":"a"},"spec":{"data":[{"sourceRef":{"storeRef":{"name":"x"}}},null,{"sourceRef":{"storeRef":[]}}],"dataFrom":{}}}`,
		`{"metadata":{"name":"a"},"status":{"failedNamespaces":{"a":1},"provisionedNamespaces":[[[]]]}}`,
		`{"metadata":{"name":"a","name":"b"},"spec":{"provider":{"vault":{"auth":{"iam":{"secretRef":{"accessKeyIDSecretRef":{"secretAccessKeySecretRef":{}}}}}}}}}`,
	} {
		f.Add([]byte(raw))
	}
	h := newHarness(f, "management")
	k := h.kinds[kind]
	f.Fuzz(func(t *testing.T, raw []byte) {
		entry, _, err := k.resource.Render(fleet.View{Cluster: h.cluster}, raw, k.rows)
		switch {
		case err == nil:
		case json.Valid(raw):
			t.Fatalf("%s: %v", kind, err)
		default:
			return
		}
		if entry == nil { // no name, no object
			return
		}
		k.group.Replace([]*exposition.Entry{entry})
		mustParse(t, h.get(t))
	})
}

// TestABrokenDocumentIsAnError: half an object must not look like one.
func TestABrokenDocumentIsAnError(t *testing.T) {
	o := objectOf(t, "recorded/control-plane-variants.json", "ClusterSecretStore", "variants-path")
	h := newHarness(t, "management")
	k := h.kinds[o.Kind]
	whole := string(o.raw)
	for name, raw := range map[string]string{
		"empty":       "",
		"cut off":     whole[:len(whole)/2],
		"in the auth": whole[:strings.Index(whole, `"role"`)],
		"HTML":        "<html>502 Bad Gateway</html>",
		"trailer":     whole + "}",
		"comma":       strings.Replace(whole, `"vault": {`, `"vault": {,`, 1),
	} {
		if _, _, err := k.resource.Render(fleet.View{Cluster: h.cluster}, []byte(raw), k.rows); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
