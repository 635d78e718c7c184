// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"fmt"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// BenchmarkRender renders the recorded objects, and larger versions of them.
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
		o := collectortest.Find(b, bc.file, bc.kind, bc.name)
		b.Run(bc.kind+"/recorded", func(b *testing.B) { suite().Bench(b, o.Compact(b)) })
		b.Run(bc.kind+"/6KiB", func(b *testing.B) { suite().Bench(b, o.Grown(b, bc.grow)) })
	}
}

func growData(o map[string]any, n int) {
	spec := collectortest.In(o, "spec")
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
	spec := collectortest.In(o, "spec")
	match := map[string]any{
		"conversionStrategy": "None",
		"match": map[string]any{
			"secretKey": "password", "remoteRef": map[string]any{"remoteKey": fmt.Sprintf("kv-v2/openstack/data/service-%d", n), "property": "password"},
		},
	}
	data, _ := spec["data"].([]any)
	spec["data"] = append(data, match)
	collectortest.In(o, "status", "syncedPushSecrets", "ClusterSecretStore/variants")[fmt.Sprintf("kv-v2/openstack/data/service-%d/password", n)] = match
}

func growNamespaces(o map[string]any, n int) {
	status := collectortest.In(o, "status")
	namespaces, _ := status["provisionedNamespaces"].([]any)
	status["provisionedNamespaces"] = append(namespaces, fmt.Sprintf("tenant-%d", n))
}

func growManagedFields(o map[string]any, n int) {
	metadata := collectortest.In(o, "metadata")
	fields, _ := metadata["managedFields"].([]any)
	metadata["managedFields"] = append(fields, map[string]any{
		"manager": fmt.Sprintf("manager-%d", n), "operation": "Update", "apiVersion": o["apiVersion"], "time": "2026-11-22T23:41:07Z",
		"fieldsType": "FieldsV1", "fieldsV1": map[string]any{"f:spec": map[string]any{"f:provider": map[string]any{".": map[string]any{}, "f:vault": map[string]any{}}}},
	})
}
