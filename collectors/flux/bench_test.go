// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"encoding/json"
	"fmt"
	"testing"
)

// bodySize is what a Flux object typically has as JSON.
const bodySize = 6 << 10

// BenchmarkRender decodes one object and renders its rows, which is what an
// event costs before it is stored.
func BenchmarkRender(b *testing.B) {
	for _, bc := range []struct {
		kind, name string
		grow       func(o map[string]any, n int)
	}{
		{"Kustomization", "kustomization/ready.yaml", growInventory},
		{"HelmRelease", "helmrelease/chart-ref.yaml", growValues},
		{"GitRepository", "gitrepository/branch.yaml", growManagedFields},
		{"OCIRepository", "ocirepository/ready.yaml", growManagedFields},
		{"HelmChart", "helmchart/ready.yaml", growManagedFields},
	} {
		b.Run(bc.kind, func(b *testing.B) {
			raw := grown(b, object(b, bc.name), bc.grow)
			h, view := newHarness(b, resourceOf(b, bc.kind)), management()
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, _, err := h.resource.Render(view, raw, h.rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// grown adds to an object what real ones have more of, until it has bodySize.
func grown(b *testing.B, raw []byte, grow func(map[string]any, int)) []byte {
	b.Helper()
	var o map[string]any
	if err := json.Unmarshal(raw, &o); err != nil {
		b.Fatal(err)
	}
	for n := 0; len(raw) < bodySize; n++ {
		grow(o, n)
		var err error
		if raw, err = json.Marshal(o); err != nil {
			b.Fatal(err)
		}
	}
	return raw
}

func growInventory(o map[string]any, n int) {
	inventory := in(o, "status", "inventory")
	entries, _ := inventory["entries"].([]any)
	inventory["entries"] = append(entries, map[string]any{"id": fmt.Sprintf("apps_service-%d_apps_Deployment", n), "v": "v1"})
}

func growValues(o map[string]any, n int) {
	in(o, "spec", "values")[fmt.Sprintf("component%d", n)] = map[string]any{
		"image":     map[string]any{"repository": "registry.example.com/team/app", "tag": "v1.2.3"},
		"resources": map[string]any{"limits": map[string]any{"cpu": "500m", "memory": "256Mi"}},
	}
}

func growManagedFields(o map[string]any, n int) {
	metadata := in(o, "metadata")
	fields, _ := metadata["managedFields"].([]any)
	metadata["managedFields"] = append(fields, map[string]any{
		"manager": fmt.Sprintf("manager-%d", n), "operation": "Update", "apiVersion": o["apiVersion"], "time": "2026-11-22T23:41:07Z",
		"fieldsType": "FieldsV1", "fieldsV1": map[string]any{"f:metadata": map[string]any{"f:annotations": map[string]any{
			".": map[string]any{}, "f:reconcile.fluxcd.io/requestedAt": map[string]any{}, "f:kubectl.kubernetes.io/last-applied-configuration": map[string]any{},
		}}},
	})
}

// in finds the object at a path, which has to be there.
func in(o map[string]any, path ...string) map[string]any {
	for _, name := range path {
		o, _ = o[name].(map[string]any)
	}
	return o
}
