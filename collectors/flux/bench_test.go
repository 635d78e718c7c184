// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"fmt"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func BenchmarkRender(b *testing.B) {
	for _, bc := range []struct {
		kind, name string
		grow       func(o map[string]any, n int)
	}{
		{"Kustomization", "kustomization/ready", growInventory},
		{"HelmRelease", "helmrelease/chart-ref", growValues},
		{"GitRepository", "gitrepository/branch", growManagedFields},
		{"OCIRepository", "ocirepository/ready", growManagedFields},
		{"HelmChart", "helmchart/ready", growManagedFields},
	} {
		b.Run(bc.kind, func(b *testing.B) { suite().Bench(b, object(b, bc.name).Grown(b, bc.grow)) })
	}
}

func growInventory(o map[string]any, n int) {
	inventory := collectortest.In(o, "status", "inventory")
	entries, _ := inventory["entries"].([]any)
	inventory["entries"] = append(entries, map[string]any{"id": fmt.Sprintf("apps_service-%d_apps_Deployment", n), "v": "v1"})
}

func growValues(o map[string]any, n int) {
	collectortest.In(o, "spec", "values")[fmt.Sprintf("component%d", n)] = map[string]any{
		"image":     map[string]any{"repository": "registry.example.com/team/app", "tag": "v1.2.3"},
		"resources": map[string]any{"limits": map[string]any{"cpu": "500m", "memory": "256Mi"}},
	}
}

func growManagedFields(o map[string]any, n int) {
	metadata := collectortest.In(o, "metadata")
	fields, _ := metadata["managedFields"].([]any)
	metadata["managedFields"] = append(fields, map[string]any{
		"manager": fmt.Sprintf("manager-%d", n), "operation": "Update", "apiVersion": o["apiVersion"], "time": "2026-11-22T23:41:07Z",
		"fieldsType": "FieldsV1", "fieldsV1": map[string]any{"f:metadata": map[string]any{"f:annotations": map[string]any{
			".": map[string]any{}, "f:reconcile.fluxcd.io/requestedAt": map[string]any{}, "f:kubectl.kubernetes.io/last-applied-configuration": map[string]any{},
		}}},
	})
}
