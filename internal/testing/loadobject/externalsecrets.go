// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package loadobject

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// ExternalSecret returns the i-th ExternalSecret of the load test, with its status: of
// the size that those of the reference architecture have, one in ten of them failing.
func ExternalSecret(i int) *unstructured.Unstructured {
	obj := New("external-secrets.io/v1", "ExternalSecret", Namespace(i), fmt.Sprintf("service-%05d-credentials", i))
	obj.SetLabels(map[string]string{"app.kubernetes.io/part-of": "load", "app.kubernetes.io/name": fmt.Sprintf("service-%05d", i)})
	data := make([]any, 3)
	for n, key := range []string{"username", "password", "transport-url"} {
		data[n] = map[string]any{
			"secretKey": key,
			"remoteRef": map[string]any{"key": fmt.Sprintf("kv-v2/openstack/data/load/service-%05d", i), "property": key},
		}
	}
	obj.Object["spec"] = map[string]any{
		"refreshInterval": "1h",
		"secretStoreRef":  map[string]any{"kind": "ClusterSecretStore", "name": "openbao-cluster-store"},
		"target":          map[string]any{"name": fmt.Sprintf("service-%05d", i), "creationPolicy": "Owner", "deletionPolicy": "Retain"},
		"data":            data,
	}
	condition := map[string]any{
		"type": "Ready", "status": "True", "reason": "SecretSynced", "message": "secret synced",
		"lastTransitionTime": Timestamp(seedTime().Add(-24 * time.Hour)),
	}
	if i%10 == 9 {
		condition["status"], condition["reason"], condition["message"] = "False", "SecretSyncedError", "could not get secret data from provider"
	}
	obj.Object["status"] = map[string]any{
		"conditions": []any{condition}, "refreshTime": Timestamp(seedTime().Add(-time.Duration(i%60) * time.Minute)),
		"syncedResourceVersion": "1-0f6b3e0a9c1d", "binding": map[string]any{"name": fmt.Sprintf("service-%05d", i)},
	}
	return obj
}

// seedTime returns the time of the last reconciliation in the load test.
func seedTime() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }
