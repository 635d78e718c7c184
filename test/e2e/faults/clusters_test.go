//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// grantAccess lets the exporter read the groups in storage.
func grantAccess(t *testing.T, f *faultyFleet, groups ...any) {
	t.Helper()
	o := harness.ReaderRole(f.proxy.Name, nil)
	o.Object["rules"] = []any{map[string]any{"apiGroups": groups, "resources": []any{"*"}, "verbs": []any{"get", "list", "watch"}}}
	harness.Must(t, f.storage.Apply(t.Context(), o))
}

func fleetFaults() []fault {
	return []fault{
		{
			name: "a cluster does not answer", always: true,
			inject: func(t *testing.T, f *faultyFleet) {
				harness.Must(t, f.proxy.Set(testbed.Refused))
				notReady(t, f.management, kustomization("storage-infrastructure"), "ReconciliationFailed")
				greenhouseNotReady(t, f, "Cluster", "storage")
			},
			heal: func(t *testing.T, f *faultyFleet) {
				harness.Must(t, f.proxy.Heal())
				makeHealthy(t, f)
			},
			roots: []alert{{"alertname": "FleetClusterDown", "cluster": "storage"}},
			consequences: []alert{
				fluxAlert("FluxApplyFailing", "Kustomization", "storage-infrastructure").and("target_cluster", "storage"),
				{"alertname": "CobaltCoreGreenhouseClusterNotReady", "target_cluster": "storage"},
				{"alertname": "FleetWatchFailing", "cluster": "storage"},
				{"alertname": "ExporterCollectorDown", "cluster": "storage"},
			},
		},
		{
			name: "a kind may not be read",
			inject: func(t *testing.T, f *faultyFleet) {
				grantAccess(t, f, "", "apps", "discovery.k8s.io", "networking.k8s.io", "apiextensions.k8s.io", "external-secrets.io",
					"fluxcd.controlplane.io", "source.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io", "image.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io",
					"source.extensions.fluxcd.io")
				harness.Must(t, harness.WaitForRefusal(t, f.proxy, apierrors.IsForbidden))
			},
			heal:         func(t *testing.T, f *faultyFleet) { grantAccess(t, f, "*") },
			roots:        []alert{{"alertname": "FleetKindForbidden", "cluster": "storage", "collector": "flux", "kind": "Kustomization"}},
			consequences: []alert{{"alertname": "ExporterCollectorDown", "cluster": "storage", "collector": "flux"}},
		},
	}
}
