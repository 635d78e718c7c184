//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

func deployment(namespace, name string) *unstructured.Unstructured {
	return testbed.NewObject("apps/v1", "Deployment", namespace, name)
}

// deploymentWithoutPods removes the pods of a Deployment: the existing ones, or also the desired ones.
func deploymentWithoutPods(t *testing.T, c *testbed.Cluster, o *unstructured.Unstructured, desired int64) {
	t.Helper()
	updateObject(t, c, o, func(o map[string]any) {
		setField(t, o, desired, "spec", "replicas")
		setField(t, o, map[string]any{"observedGeneration": int64(100)}, "status")
	})
}

func workloadAlert(name, cluster, workload string) alert {
	return alert{"alertname": name, "cluster": cluster, "kind": "Deployment", "name": workload}
}

func controllerFaults() []fault {
	return []fault{
		{
			name: "a controller of Flux is scaled down", always: true,
			inject: func(t *testing.T, f *faultyFleet) {
				deploymentWithoutPods(t, f.management, deployment("flux-system", "kustomize-controller"), 0)
				updateObject(t, f.management, kustomization("management"), func(o map[string]any) { reconciled(o, 67*time.Hour) })
			},
			heal:         makeHealthy,
			roots:        []alert{workloadAlert("FluxControllerDown", "management", "kustomize-controller")},
			consequences: []alert{fluxAlert("FluxResourceStale", "Kustomization", "management")},
		},
		{
			name: "a component of Flux is missing",
			inject: func(t *testing.T, f *faultyFleet) {
				harness.Must(t, f.storage.Delete(t.Context(), deployment("flux-system", "helm-controller")))
			},
			heal:  makeHealthy,
			roots: []alert{{"alertname": "FluxComponentMissing", "cluster": "storage", "component": "helm-controller"}},
		},
		{
			name: "External Secrets Operator is down",
			inject: func(t *testing.T, f *faultyFleet) {
				deploymentWithoutPods(t, f.management, deployment("external-secrets", "external-secrets"), 1)
				harness.Must(t, f.secrets["management"].Freeze())
				refreshed(t, f, "storage-kubeconfig", time.Now().Add(-time.Hour))
			},
			heal: func(t *testing.T, f *faultyFleet) {
				harness.Must(t, f.secrets["management"].Thaw())
				makeHealthy(t, f)
			},
			roots: []alert{workloadAlert("ESOControllerDown", "management", "external-secrets")},
			consequences: []alert{
				workloadAlert("ControllerReplicasMissing", "management", "external-secrets"), secretAlert("ESOExternalSecretStale", "storage-kubeconfig"),
			},
		},
	}
}
