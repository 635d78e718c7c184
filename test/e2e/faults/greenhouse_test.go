//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// greenhouseNotReady makes an object of Greenhouse not ready.
func greenhouseNotReady(t *testing.T, f *faultyFleet, kind, name string) {
	t.Helper()
	updateObject(t, f.management, testbed.NewObject(harness.GreenhouseV1, kind, harness.Organization, name), func(o map[string]any) {
		setField(t, o, []any{ready("False", "")}, "status", "statusConditions", "conditions")
	})
}

func greenhouseFaults() []fault {
	const plugin = "kube-monitoring-storage"
	of := func(name, object string) alert {
		return alert{"alertname": name, "cluster": "management", "target_cluster": "storage", "namespace": harness.Organization, "name": object}
	}
	return []fault{
		{
			name: "a Cluster is not ready", always: true,
			inject: func(t *testing.T, f *faultyFleet) {
				greenhouseNotReady(t, f, "Cluster", "storage")
				greenhouseNotReady(t, f, "Plugin", plugin)
			},
			heal:         makeHealthy,
			roots:        []alert{of("CobaltCoreGreenhouseClusterNotReady", "storage")},
			consequences: []alert{of("CobaltCoreGreenhousePluginNotReady", plugin)},
		},
		{
			name: "a Plugin is ready, without pods",
			inject: func(t *testing.T, f *faultyFleet) {
				deploymentWithoutPods(t, f.storage, deployment("kube-monitoring", "kube-monitoring-operator"), 1)
			},
			heal:  makeHealthy,
			roots: []alert{of("GreenhousePluginWorkloadDown", plugin)},
		},
	}
}

func auroraFaults() []fault {
	becomes := func(fault testbed.AuroraFault) func(t *testing.T, f *faultyFleet) {
		return func(t *testing.T, f *faultyFleet) { harness.Must(t, f.aurora.Set(fault)) }
	}
	of := func(name string) alert { return alert{"alertname": name, "cluster": "management", "aurora": "aurora"} }
	return []fault{
		{
			name: "a page for every question", always: true,
			inject: becomes(testbed.AuroraFallback), heal: becomes(testbed.AuroraHealthy),
			roots: []alert{of("AuroraDown")},
		},
		{
			name:   "its certificate has expired",
			inject: becomes(testbed.AuroraExpired), heal: becomes(testbed.AuroraHealthy),
			roots:        []alert{of("AuroraDown"), of("AuroraCertExpiringCritical")},
			consequences: []alert{of("AuroraCertExpiring"), {"alertname": "ExporterCollectorDown", "cluster": "management", "collector": "aurora"}},
		},
	}
}
