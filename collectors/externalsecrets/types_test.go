// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

var (
	conditionRows = []string{"ready", "status", "condition_transition_timestamp_seconds", "overdue_timestamp_seconds", "validated"}
	statusRows    = append([]string{
		"last_sync_timestamp_seconds", "generation_synced", "synced_stores", "synced_targets", "failed_namespaces", "provisioned_namespaces",
	}, conditionRows...)
	specRows = []string{"refresh_interval_seconds", "overdue_timestamp_seconds", "store_ref", "declared_stores", "declared_targets", "validated"}
)

var breakages = []collectortest.Breakage{
	{"status", "oops", statusRows},
	{"status", []any{1, "x"}, statusRows},
	{"status", nil, statusRows},
	{"status.conditions", map[string]any{}, conditionRows},
	{"status.conditions", "Ready", conditionRows},
	{"status.conditions", []any{nil, "x", 7, []any{}}, conditionRows},
	{"status.conditions.0.type", 5, conditionRows},
	{"status.conditions.0.status", true, []string{"ready", "overdue_timestamp_seconds", "validated"}},
	{"status.conditions.0.reason", []any{}, []string{"status"}},
	{"status.conditions.0.lastTransitionTime", "yesterday", []string{"condition_transition_timestamp_seconds"}},
	{"status.conditions.0.lastTransitionTime", nil, []string{"condition_transition_timestamp_seconds"}},
	{"status.refreshTime", "yesterday", []string{"last_sync_timestamp_seconds", "overdue_timestamp_seconds"}},
	{"status.refreshTime", 5, []string{"last_sync_timestamp_seconds", "overdue_timestamp_seconds"}},
	{"status.syncedResourceVersion", 5, []string{"generation_synced"}},
	{"status.syncedResourceVersion", "x-y", []string{"generation_synced"}},
	{"status.syncedPushSecrets", "x", []string{"synced_stores", "synced_targets"}},
	{"status.syncedPushSecrets", map[string]any{"a": 5}, []string{"synced_stores", "synced_targets"}},
	{"status.capabilities", 5, nil},
	{"status.failedNamespaces", "x", []string{"failed_namespaces", "status"}},
	{"status.provisionedNamespaces", 5, []string{"provisioned_namespaces"}},
	{"spec", "oops", specRows},
	{"spec", nil, specRows},
	{"spec.secretStoreRef", "openbao", []string{"store_ref"}},
	{"spec.secretStoreRef.name", 5, []string{"store_ref"}},
	{"spec.refreshInterval", 5, []string{"refresh_interval_seconds", "overdue_timestamp_seconds"}},
	{"spec.refreshInterval", "often", []string{"refresh_interval_seconds", "overdue_timestamp_seconds"}},
	{"spec.refreshPolicy", 5, nil},
	{"spec.target", "x", nil},
	{"spec.data", "x", []string{"store_ref", "declared_targets"}},
	{"spec.data.0", "x", []string{"store_ref", "declared_targets"}},
	{"spec.data.1.sourceRef", "x", []string{"store_ref"}},
	{"spec.dataFrom", map[string]any{}, []string{"store_ref"}},
	{"spec.secretStoreRefs", "x", []string{"store_ref", "declared_stores", "declared_targets"}},
	{"spec.secretStoreRefs.0", "x", []string{"store_ref", "declared_stores", "declared_targets"}},
	{"spec.provider", "x", []string{"validated"}},
	{"spec.provider.vault", "x", []string{"validated"}},
	{"spec.provider.vault.server", 5, nil},
	{"spec.provider.vault.path", []any{"kv"}, nil},
	{"spec.provider.vault.auth", "x", []string{"validated"}},
	{"spec.provider.vault.auth.kubernetes", "x", []string{"validated"}},
	{"spec.provider.vault.auth.kubernetes.mountPath", map[string]any{"a": []any{1, "}"}}, nil},
	{"spec.provider.vault.auth.kubernetes.serviceAccountRef", []any{}, []string{"validated"}},
	{"metadata.creationTimestamp", "", []string{"created_timestamp_seconds"}},
	{"metadata.generation", "1", []string{"generation_synced"}},
	{"metadata.labels", "x", nil},
	{"metadata.annotations", "x", nil},
}

// TestWrongTypeAffectsOnlyItsRow breaks one value at a time.
func TestWrongTypeAffectsOnlyItsRow(t *testing.T) {
	suite().WrongTypes(t, collectortest.ByKind("cobaltcore_eso_"), breakages, collectortest.NameOf,
		collectortest.Find(t, "externalsecret-stores.yaml", "ExternalSecret", "many"),
		collectortest.Find(t, "externalsecret-refresh.yaml", "ExternalSecret", "every-ten-minutes"),
		collectortest.Find(t, "recorded/control-plane-variants.json", "ExternalSecret", "label-trap"),
		collectortest.Find(t, "recorded/management.json", "ExternalSecret", "storage-kubeconfig"),
		collectortest.Find(t, "pushsecret.yaml", "PushSecret", "two-keys-to-two-stores"),
		collectortest.Find(t, "recorded/control-plane-variants.json", "ClusterSecretStore", "variants-path"),
		collectortest.Find(t, "recorded/control-plane-variants.json", "SecretStore", "tenant"),
		collectortest.Find(t, "cluster.yaml", "ClusterExternalSecret", "some-failed"),
		collectortest.Find(t, "cluster.yaml", "ClusterPushSecret", "some-failed"),
	)
}

// TestInvalidLoginKeepsAddress checks that the server of a store is exported even if its login is invalid.
func TestInvalidLoginKeepsAddress(t *testing.T) {
	for auth, want := range map[string]string{
		`"x"`:             `auth_method="",auth_mount=""`,
		`[]`:              `auth_method="",auth_mount=""`,
		`{"appRole":"x"}`: `auth_method="appRole",auth_mount="approle"`,
		`{"kubernetes":{"mountPath":["}"],"role":"r"}}`:                            `auth_method="kubernetes",auth_mount="kubernetes"`,
		`{"kubernetes":{"role":5,"mountPath":"k","serviceAccountRef":{"name":1}}}`: `auth_method="kubernetes",auth_mount="k"`,
	} {
		o := collectortest.Parse(t, []byte(`{"kind":"ClusterSecretStore","metadata":{"name":"x"},"spec":{"provider":{"vault":{"auth":`+auth+
			`,"path":"kv","server":"https://openbao:8200"}}},"status":{"capabilities":"ReadOnly","conditions":[{"type":"Ready","status":"True"}]}}`))
		rows := collectortest.Rows(suite().Render(t, collectortest.Management, o))
		row := `cobaltcore_eso_store_info{cluster="management",kind="ClusterSecretStore",namespace="",name="x",provider="vault",server="openbao:8200",backend="openbao:8200",path="kv",` +
			want + `,capabilities="ReadOnly"}`
		if rows[row] != "1" {
			t.Errorf("auth %s: no row %s in %v", auth, row, rows)
		}
	}
}
