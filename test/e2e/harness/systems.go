//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"encoding/base64"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// ControllerPod is a pod of a StatefulSet as if kubelet had started it. The address leads
// nowhere: the API server refuses loopback addresses.
func ControllerPod(namespace, name, component, address, port string) *unstructured.Unstructured {
	pod := testbed.NewObject("v1", "Pod", namespace, name)
	pod.SetLabels(map[string]string{"app.kubernetes.io/name": component})
	controller := true
	pod.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "StatefulSet", Name: strings.TrimSuffix(name, "-0"), UID: "0", Controller: &controller}})
	pod.Object["spec"] = map[string]any{
		"nodeName": "node-0", "automountServiceAccountToken": false,
		"containers": []any{map[string]any{
			"name": "manager", "image": "registry.example.com/" + component + ":v1.2.3",
			"ports": []any{map[string]any{"name": port, "containerPort": int64(8080), "protocol": "TCP"}},
		}},
	}
	pod.Object["status"] = map[string]any{
		"phase": "Running", "podIP": address, "podIPs": []any{map[string]any{"ip": address}},
		"conditions": []any{map[string]any{"type": "Ready", "status": "True"}},
		"containerStatuses": []any{map[string]any{
			"name": "manager", "image": "registry.example.com/" + component + ":v1.2.3", "imageID": "", "ready": true, "restartCount": int64(2), "started": true,
			"state":     map[string]any{"running": map[string]any{"startedAt": "2026-11-23T10:00:00Z"}},
			"lastState": map[string]any{"terminated": map[string]any{"exitCode": int64(137), "reason": "OOMKilled", "finishedAt": "2026-11-23T09:59:59Z"}},
		}},
	}
	return pod
}

// SecretWith returns a Secret with one key.
func SecretWith(namespace, name, kind, key string, value []byte) *unstructured.Unstructured {
	o := testbed.NewObject("v1", "Secret", namespace, name)
	o.Object["type"] = kind
	o.Object["data"] = map[string]any{key: base64.StdEncoding.EncodeToString(value)}
	return o
}

// StartExternalSecrets starts a real External Secrets Operator for the duration of
// the test, in a cluster that gets the CRDs.
func StartExternalSecrets(t *testing.T, c *testbed.Cluster) *testbed.ExternalSecrets {
	t.Helper()
	crds, err := testbed.ESOCRDs(t.Context())
	Must(t, err)
	Must(t, c.ApplyCRDs(t.Context(), crds...))
	o, err := testbed.StartExternalSecrets(WithoutCancel(t), t.TempDir(), c)
	Must(t, err)
	t.Cleanup(func() { Stop(t, o.Stop) })
	return o
}

// ESOV1 is the API version of External Secrets Operator.
const ESOV1 = "external-secrets.io/v1"

const (
	// GreenhouseV1 is the API version of Greenhouse.
	GreenhouseV1 = "greenhouse.sap/v1alpha1"
	// Organization is the namespace of the objects of Greenhouse.
	Organization = "my-organization"
)
