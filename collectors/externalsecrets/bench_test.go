// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// bodySize is that of the objects that the benchmark of the Flux collector uses,
// so that the two can be compared.
const bodySize = 6 << 10

// BenchmarkRender decodes one object and renders its rows, which is what an event
// costs before it is stored. The objects are as recorded, or grown to bodySize with
// what large ones have more of.
func BenchmarkRender(b *testing.B) {
	const variants = "recorded/control-plane-variants.json"
	for _, bc := range []struct {
		kind, name, file string
		grow             func(o map[string]any, n int)
	}{
		{"ExternalSecret", "good", variants, growData},
		{"PushSecret", "push-good", variants, growPushData},
		{"ClusterSecretStore", "variants", variants, growManagedFields},
		{"SecretStore", "tenant", variants, growManagedFields},
		{"ClusterExternalSecret", "ces-good", variants, growNamespaces},
		{"ClusterPushSecret", "cps-good", variants, growNamespaces},
	} {
		o := objectOf(b, bc.file, bc.kind, bc.name)
		compact, err := json.Marshal(json.RawMessage(o.raw))
		if err != nil {
			b.Fatal(err)
		}
		for i, raw := range [][]byte{compact, grown(b, o.raw, bc.grow)} {
			b.Run(bc.kind+"/"+[]string{"recorded", "6KiB"}[i], func(b *testing.B) {
				h := newHarness(b, "management")
				k, view := h.kinds[bc.kind], fleet.View{Cluster: h.cluster}
				b.ReportAllocs()
				b.SetBytes(int64(len(raw)))
				for b.Loop() {
					if _, _, err := k.resource.Render(view, raw, k.rows); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// grown adds to an object until it has bodySize.
func grown(b *testing.B, raw []byte, grow func(map[string]any, int)) []byte {
	b.Helper()
	var o map[string]any
	if err := json.Unmarshal(raw, &o); err != nil {
		b.Fatal(err)
	}
	var err error
	if raw, err = json.Marshal(o); err != nil {
		b.Fatal(err)
	}
	for n := 0; len(raw) < bodySize; n++ {
		grow(o, n)
		if raw, err = json.Marshal(o); err != nil {
			b.Fatal(err)
		}
	}
	return raw
}

func growData(o map[string]any, n int) {
	spec := in(o, "spec")
	data, _ := spec["data"].([]any)
	spec["data"] = append(data, map[string]any{
		"secretKey": fmt.Sprintf("password-%d", n),
		"remoteRef": map[string]any{
			"conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None",
			"key": fmt.Sprintf("kv-v2/openstack/data/service-%d", n), "property": "password",
		},
	})
}

func growPushData(o map[string]any, n int) {
	spec := in(o, "spec")
	match := map[string]any{
		"conversionStrategy": "None",
		"match": map[string]any{
			"secretKey": "password", "remoteRef": map[string]any{"remoteKey": fmt.Sprintf("kv-v2/openstack/data/service-%d", n), "property": "password"},
		},
	}
	data, _ := spec["data"].([]any)
	spec["data"] = append(data, match)
	in(o, "status", "syncedPushSecrets", "ClusterSecretStore/variants")[fmt.Sprintf("kv-v2/openstack/data/service-%d/password", n)] = match
}

func growNamespaces(o map[string]any, n int) {
	status := in(o, "status")
	namespaces, _ := status["provisionedNamespaces"].([]any)
	status["provisionedNamespaces"] = append(namespaces, fmt.Sprintf("tenant-%d", n))
}

func growManagedFields(o map[string]any, n int) {
	metadata := in(o, "metadata")
	fields, _ := metadata["managedFields"].([]any)
	metadata["managedFields"] = append(fields, map[string]any{
		"manager": fmt.Sprintf("manager-%d", n), "operation": "Update", "apiVersion": o["apiVersion"], "time": "2026-11-22T23:41:07Z",
		"fieldsType": "FieldsV1", "fieldsV1": map[string]any{"f:spec": map[string]any{"f:provider": map[string]any{".": map[string]any{}, "f:vault": map[string]any{}}}},
	})
}

// in finds the object at a path, which has to be there.
func in(o map[string]any, path ...string) map[string]any {
	for _, name := range path {
		o, _ = o[name].(map[string]any)
	}
	return o
}
