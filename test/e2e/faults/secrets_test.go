//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

func externalSecret(name string) *unstructured.Unstructured {
	return testbed.NewObject(harness.ESOV1, "ExternalSecret", "flux-system", name)
}

func secretAlert(name, secret string) alert {
	return alert{"alertname": name, "cluster": "management", "namespace": "flux-system", "name": secret}
}

func storeAlert(cluster string) alert {
	return alert{"alertname": "ESOStoreNotReady", "cluster": cluster, "store_kind": "ClusterSecretStore", "store_name": "openbao-cluster-store"}
}

// refreshed sets when an ExternalSecret of management, whose operator must be frozen, was
// synchronized.
func refreshed(t *testing.T, f *faultyFleet, name string, at time.Time) {
	t.Helper()
	updateObject(t, f.management, externalSecret(name), func(o map[string]any) {
		setField(t, o, at.UTC().Format(time.RFC3339), "status", "refreshTime")
	})
}

// restoreSecrets applies the original objects of External Secrets again.
func restoreSecrets(t *testing.T, f *faultyFleet) {
	t.Helper()
	objs, err := testbed.SecretObjects(f.bao, "management")
	harness.Must(t, err)
	harness.Must(t, f.management.Apply(t.Context(), objs...))
}

func resumeOperator(t *testing.T, f *faultyFleet) {
	t.Helper()
	harness.Must(t, f.secrets["management"].Thaw())
}

func secretFaults() []fault {
	const one = "storage-kubeconfig"
	return []fault{
		{
			name: "a store does not exist", always: true,
			inject: func(t *testing.T, f *faultyFleet) {
				updateObject(t, f.management, externalSecret(one), func(o map[string]any) { setField(t, o, "nowhere", "spec", "secretStoreRef", "name") })
			},
			heal:  restoreSecrets,
			roots: []alert{secretAlert("ESOExternalSecretStoreMissing", one)},
		},
		{
			name: "a store cannot log in",
			inject: func(t *testing.T, f *faultyFleet) {
				store := testbed.NewObject(harness.ESOV1, "ClusterSecretStore", "", "openbao-cluster-store")
				updateObject(t, f.management, store, func(o map[string]any) {
					setField(t, o, "nobody", "spec", "provider", "vault", "auth", "kubernetes", "role")
				})
			},
			heal:  restoreSecrets,
			roots: []alert{storeAlert("management")},
			consequences: []alert{
				secretAlert("ESOExternalSecretFailing", one), {"alertname": "ESOSyncFailureRatio", "cluster": "management"},
			},
		},
		{
			name: "a key does not exist",
			inject: func(t *testing.T, f *faultyFleet) {
				updateObject(t, f.management, externalSecret(one), func(o map[string]any) {
					setField(t, o, []any{map[string]any{
						"secretKey": "value", "remoteRef": map[string]any{"key": "kv-v2/infrastructure/data/nothing", "property": "value"},
					}}, "spec", "data")
				})
			},
			heal:  restoreSecrets,
			roots: []alert{secretAlert("ESOExternalSecretFailing", one)},
		},
		{
			name: "a secret is not refreshed",
			inject: func(t *testing.T, f *faultyFleet) {
				harness.Must(t, f.secrets["management"].Freeze())
				refreshed(t, f, one, time.Now().Add(-time.Hour))
			},
			heal:  resumeOperator,
			roots: []alert{secretAlert("ESOExternalSecretStale", one)},
		},
		{
			// The secret does not arrive because it is not refreshed.
			name: "a secret was rotated and does not arrive",
			inject: func(t *testing.T, f *faultyFleet) {
				harness.Must(t, f.secrets["management"].Freeze())
				refreshed(t, f, one, f.seeded.Add(-time.Minute))
				const tolerance = 330 * time.Second // of the rule, with an interval of 10 s
				harness.Eventually(t, tolerance+time.Minute, func() error {
					if since := time.Since(f.seeded); since < tolerance {
						return fmt.Errorf("it was written only %s ago", since)
					}
					return nil
				})
			},
			heal:         resumeOperator,
			roots:        []alert{secretAlert("ESOExternalSecretStale", one)},
			consequences: []alert{secretAlert("SecretFlowBehind", one)},
		},
	}
}
