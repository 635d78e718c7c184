// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretstores"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// TestStates has the statuses that the controllers of external-secrets 0.9 to 2.x write: externalsecret
// (markAsDone, markAsFailed), pushsecret (markAsDone, markAsFailed, markAsSourceDeleted and the early returns for
// stores that are not managed), secretstore and clusterexternalsecret.
func TestStates(t *testing.T) {
	const ready, failed = `{"type":"Ready","status":"True","reason":"%s","lastTransitionTime":"2026-11-01T08:00:00Z"}`,
		`{"type":"Ready","status":"False","reason":"%s","lastTransitionTime":"2026-11-02T08:00:00Z"}`
	synced := func(condition, reason, more string) string {
		return `{"conditions":[` + fmt.Sprintf(condition, reason) + `],"refreshTime":"2026-11-22T23:30:00Z","syncedResourceVersion":"2-abc"` + more + `}`
	}
	for _, tc := range []struct {
		name, kind, spec, status string
		want                     string // state, problem, onset
	}{
		{"synchronized", "ExternalSecret", `{}`, synced(ready, "SecretSynced", ""), "ready"},
		{"no status", "ExternalSecret", `{}`, `{}`, "unprocessed 10-01"},
		{"refused", "ExternalSecret", `{}`, synced(failed, "SecretSyncedError", ""), "failed 11-02"},
		{"refused, never synchronized", "ExternalSecret", `{}`, `{"conditions":[` + fmt.Sprintf(failed, "SecretSyncedError") + `]}`, "failed 11-02"},
		{"deleted by its policy", "ExternalSecret", `{}`, synced(ready, "SecretDeleted", ""), "ready"},
		{"merge without a target", "ExternalSecret", `{}`, synced(ready, "SecretMissing", ""), "failed target_missing 11-22"},
		{"merge without a generic target", "ExternalSecret", `{}`, synced(ready, "ResourceMissing", ""), "failed target_missing 11-22"},
		{"behind", "ExternalSecret", `{}`, strings.Replace(synced(ready, "SecretSynced", ""), "2-abc", "1-abc", 1), "unprocessed behind 11-20"},
		{"behind and refused", "ExternalSecret", `{}`, strings.Replace(synced(failed, "SecretSyncedError", ""), "2-abc", "1-abc", 1), "failed 11-02"},
		{"created once", "ExternalSecret", `{"refreshPolicy":"CreatedOnce"}`, strings.Replace(synced(ready, "SecretSynced", ""), "2-abc", "1-abc", 1), "ready"},
		{"to be created once", "ExternalSecret", `{"refreshPolicy":"CreatedOnce"}`, `{}`, "unprocessed 10-01"},
		{"never synchronized", "ExternalSecret", `{}`, `{"conditions":[` + fmt.Sprintf(ready, "SecretSynced") + `]}`, "unknown never_synced 10-01"},
		{"pushed", "PushSecret", `{}`, synced(ready, "Synced", ""), "ready"},
		{"no store is selected", "PushSecret", `{}`, `{}`, "unprocessed 10-01"},
		{"a template that is broken", "PushSecret", `{}`, strings.Replace(synced(ready, "Synced", ""), "2-abc", "1-abc", 1), "unprocessed behind 11-20"},
		{"an error", "PushSecret", `{}`, synced(failed, "Errored", ""), "failed 11-02"},
		{"source and keys deleted", "PushSecret", `{"deletionPolicy":"Delete"}`, synced(failed, "SourceDeleted", `,"syncedPushSecrets":{}`), "failed source_deleted 11-02"},
		{"source deleted, keys left", "PushSecret", `{"deletionPolicy":"Delete"}`, synced(failed, "SourceDeleted", `,"syncedPushSecrets":{"SecretStore/a":{"k":{}}}`), "failed source_kept 11-02"},
		{"source deleted, keys kept", "PushSecret", `{"deletionPolicy":"None"}`, synced(failed, "SourceDeleted", ""), "failed source_kept 11-02"},
		{"a store", "SecretStore", `{}`, `{"conditions":[` + fmt.Sprintf(ready, "Valid") + `]}`, "ready"},
		{"a store of another class", "SecretStore", `{"controller":"other"}`, ``, "unprocessed 10-01"},
		{"a store that is refused", "ClusterSecretStore", `{}`, `{"conditions":[` + fmt.Sprintf(failed, "InvalidProviderConfig") + `]}`, "failed 11-02"},
		{"provisioned", "ClusterExternalSecret", `{}`, `{"conditions":[{"type":"Ready","status":"True"}]}`, "ready"},
		{"not provisioned", "ClusterExternalSecret", `{}`, `{"conditions":[{"type":"Ready","status":"False","message":"x"}]}`, "failed 11-23"},
		{"provisioned in part, before 0.10", "ClusterExternalSecret", `{}`, `{"conditions":[{"type":"PartiallyReady","status":"True"}]}`, "failed 11-23"},
		{"provisioned nowhere", "ClusterPushSecret", `{}`, ``, "unprocessed 10-01"},
	} {
		t.Run(tc.kind+"/"+tc.name, func(t *testing.T) {
			status := tc.status
			if status == "" {
				status = "null"
			}
			raw := `{"metadata":{"name":"x","namespace":"ns","generation":2,"creationTimestamp":"2026-10-01T08:00:00Z",` +
				`"managedFields":[{"manager":"kubectl","time":"2026-11-20T08:00:00Z","fieldsV1":{"f:spec":{}}}]},"spec":` + tc.spec + `,"status":` + status + `}`
			if got := stateOf(t, tc.kind, raw); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// stateOf returns the state in the note of an object.
func stateOf(t *testing.T, kind, raw string) string {
	t.Helper()
	rendered, err := suite().Rig(t, collectortest.Management).Of(t, kind).See([]byte(raw),
		lifecycle.Observation{Now: collectortest.SeenAt(), Once: true})
	if err != nil || rendered.Partial {
		t.Fatalf("partial %v: %v", rendered.Partial, err)
	}
	n, ok := rendered.Entry.Note.(*secretstores.Node)
	if !ok {
		t.Fatalf("the note is %T", rendered.Entry.Note)
	}
	words := []string{n.State.String()}
	if n.Problem != "" {
		words = append(words, n.Problem)
	}
	if n.State != lifecycle.Ready {
		words = append(words, n.Onset.Time.Format("01-02"))
	}
	return strings.Join(words, " ")
}

// TestRowsOfHealthyObjects counts the series of objects without a problem. The last success has another series,
// which is exported with the flow of secrets.
func TestRowsOfHealthyObjects(t *testing.T) {
	s := suite()
	s.Options.Detail = false
	for _, c := range []struct {
		file, kind, name string
		want             int
	}{
		{"externalsecret-refresh.yaml", "ExternalSecret", "every-ten-minutes", 3},
		{"pushsecret.yaml", "PushSecret", "two-keys-to-two-stores", 4}, // one row for the second store
	} {
		rows := collectortest.Rows(s.Render(t, collectortest.Management, collectortest.Find(t, c.file, c.kind, c.name)))
		if len(rows) != c.want {
			t.Errorf("%s %s has %d rows, not %d: %v", c.kind, c.name, len(rows), c.want, rows)
		}
	}
}
