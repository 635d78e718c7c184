//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

func kustomization(name string) *unstructured.Unstructured {
	return testbed.NewObject("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", name)
}

// notReady makes an object of Flux not ready, an hour after its last success.
func notReady(t *testing.T, c *testbed.Cluster, o *unstructured.Unstructured, reason string, more ...any) {
	t.Helper()
	updateObject(t, c, o, func(o map[string]any) {
		setField(t, o, append([]any{ready("False", reason)}, more...), "status", "conditions")
		reconciled(o, time.Hour)
	})
}

// reconciled sets the age of the last entry of the history, if there is one.
func reconciled(o map[string]any, age time.Duration) {
	history, ok, _ := unstructured.NestedFieldNoCopy(o, "status", "history")
	entries, _ := history.([]any)
	if !ok || len(entries) == 0 {
		return
	}
	if last, ok := entries[0].(map[string]any); ok && last["lastReconciled"] != nil {
		last["lastReconciled"] = ago(age)
	}
}

func fluxAlert(name, kind, object string) alert {
	return alert{"alertname": name, "cluster": "management", "kind": kind, "exported_namespace": "flux-system", "name": object}
}

// blocked makes storage-infrastructure fail, and its dependents wait.
func blocked(t *testing.T, f *faultyFleet, reason string) {
	t.Helper()
	notReady(t, f.management, kustomization("storage-infrastructure"), reason)
	notReady(t, f.management, kustomization("storage-apps"), "DependencyNotReady")
	notReady(t, f.management, kustomization("storage-cr"), "DependencyNotReady")
}

// waiting are the consequences of blocked.
func waiting() []alert {
	return []alert{
		fluxAlert("FluxDependencyBlocked", "Kustomization", "storage-apps"),
		fluxAlert("FluxDependencyChainBlocked", "Kustomization", "storage-cr"),
	}
}

func fluxFaults() []fault {
	return []fault{
		{
			name: "a source cannot be fetched", always: true,
			inject: func(t *testing.T, f *faultyFleet) {
				notReady(t, f.management, testbed.NewObject("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "fleet"), "GitOperationFailed")
				blocked(t, f, "ArtifactFailed")
			},
			heal:         makeHealthy,
			roots:        []alert{fluxAlert("FluxSourceFailing", "GitRepository", "fleet")},
			consequences: append(waiting(), fluxAlert("FluxApplyFailing", "Kustomization", "storage-infrastructure")),
		},
		{
			name: "a Kustomization fails", inject: func(t *testing.T, f *faultyFleet) { blocked(t, f, "BuildFailed") }, heal: makeHealthy,
			roots:        []alert{fluxAlert("FluxApplyFailing", "Kustomization", "storage-infrastructure").and("target_cluster", "storage")},
			consequences: waiting(),
		},
		{
			name: "a HelmRelease has given up",
			inject: func(t *testing.T, f *faultyFleet) {
				stalled := condition("Stalled", "True", "RetriesExceeded")
				notReady(t, f.management, testbed.NewObject("helm.toolkit.fluxcd.io/v2", "HelmRelease", "flux-system", "keystone-operator"), "UpgradeFailed", stalled)
			},
			heal:  makeHealthy,
			roots: []alert{fluxAlert("FluxStalled", "HelmRelease", "keystone-operator")},
		},
		{
			name: "Flux cannot be upgraded",
			inject: func(t *testing.T, f *faultyFleet) {
				notReady(t, f.management, testbed.FluxInstance(), "ReconciliationFailed")
				notReady(t, f.management, kustomization("management"), "BuildFailed")
			},
			heal: makeHealthy,
			// A Kustomization that cannot be built is not a consequence.
			roots: []alert{fluxAlert("FluxInstanceFailing", "FluxInstance", "flux"), fluxAlert("FluxApplyFailing", "Kustomization", "management")},
		},
		{
			name: "the controllers of a shard are gone",
			inject: func(t *testing.T, f *faultyFleet) {
				updateObject(t, f.management, kustomization("legacy"), func(o map[string]any) { reconciled(o, 67*time.Hour) })
			},
			heal:  makeHealthy,
			roots: []alert{fluxAlert("FluxResourceStale", "Kustomization", "legacy")},
		},
	}
}
