// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// types are the conditions of each kind.
var types = map[string][]string{
	"Cluster":                 {"KubeConfigValid", "PermissionsVerified", "ManagedResourcesDeployed", "AllNodesReady", "PayloadSchedulable", "OwnerLabelSet", "Delete"},
	"Plugin":                  {"HelmReleaseCreated", "HelmReleaseDeployed", "ExposedServicesSynced", "OwnerLabelSet", "Suspended", "Delete"},
	"PluginPreset":            {"PluginSkipped", "PluginFailed", "AllPluginsReady", "PluginDefinitionNotFound", "ClusterListEmpty", "OwnerLabelSet", "Suspended", "Delete"},
	"PluginDefinition":        {"HelmChartReady", "OCIReplicationReady", "Delete"},
	"ClusterPluginDefinition": {"HelmChartReady", "OCIReplicationReady", "Delete"},
	"Catalog":                 {"Suspended", "Delete"},
	"Organization":            {"SCIMAPIAvailable", "NamespaceCreated", "ServiceProxyProvisioned", "OrganizationAdminTeamConfigured", "Delete"},
	"Team":                    {"SCIMAccessReady", "SCIMAllMembersValid", "Delete"},
	"TeamRoleBinding":         {"RBACReady", "ClusterListEmpty", "OwnerLabelSet", "Delete"},
}

var statuses = []string{"", "True", "False", "Unknown"} // an empty status means that the condition is absent

// TestConditionsAreIndependent combines Ready with each other condition in all of their states.
func TestConditionsAreIndependent(t *testing.T) {
	h := suite().Rig(t, collectortest.Management)
	for kind, others := range types {
		for _, other := range others {
			for _, ready := range statuses {
				for _, status := range statuses {
					o := conditioned(t, kind, [][2]string{{"Ready", ready}, {other, status}})
					h.Set(t, o)
					if diff := cmp.Diff(wantConditions(kind, ready, other, status), conditionRows(h.Get(t))); diff != "" {
						t.Errorf("%s Ready=%s %s=%s (-want +got):\n%s", kind, ready, other, status, diff)
					}
				}
			}
		}
	}
}

// TestReadyOfAClusterCoversNothingElse checks all combinations of four conditions.
func TestReadyOfAClusterCoversNothingElse(t *testing.T) {
	h := suite().Rig(t, collectortest.Management)
	names := []string{"Ready", "KubeConfigValid", "AllNodesReady", "PayloadSchedulable"}
	for n := range 256 {
		var set [][2]string
		for i, name := range names {
			set = append(set, [2]string{name, statuses[n>>(2*i)&3]})
		}
		h.Set(t, conditioned(t, "Cluster", set))
		rows := conditionRows(h.Get(t))
		for _, c := range set {
			for _, status := range statuses[1:] {
				_, got := rows[fmt.Sprintf("condition{type=%q,status=%q}", c[0], status)]
				if want := status == c[1]; got != want {
					t.Errorf("%v: %s is %s: %v, want %v", set, c[0], status, got, want)
				}
			}
		}
		if want := map[string]string{"True": "1", "False": "0"}[set[0][1]]; rows["ready"] != want {
			t.Errorf("%v: ready is %q, want %q", set, rows["ready"], want)
		}
	}
}

// wantConditions returns the rows about two conditions, each of which may be absent.
func wantConditions(kind, ready, other, status string) map[string]string {
	want := map[string]string{"suspended": "0"}
	if other == "Suspended" && status == "True" {
		want["suspended"] = "1"
	}
	if v := map[string]string{"True": "1", "False": "0"}[ready]; v != "" {
		want["ready"] = v
	}
	for _, c := range [][2]string{{"Ready", ready}, {other, status}} {
		if c[1] != "" {
			want[fmt.Sprintf("condition{type=%q,status=%q}", c[0], c[1])] = "1"
			want[fmt.Sprintf("condition_reason_info{type=%q,reason=%q}", c[0], "Because"+c[1])] = "1"
			want[fmt.Sprintf("condition_transition_timestamp_seconds{type=%q}", c[0])] = "1772352000"
		}
	}
	return want
}

// conditioned returns an object that has only conditions.
func conditioned(t *testing.T, kind string, set [][2]string) collectortest.Object {
	t.Helper()
	conditions := []any{}
	for _, c := range set {
		if c[1] != "" {
			conditions = append(conditions, map[string]any{
				"type": c[0], "status": c[1], "reason": "Because" + c[1], "message": "s3cr3t", "lastTransitionTime": "2026-03-01T08:00:00Z",
			})
		}
	}
	metadata := map[string]any{"name": "x"}
	if kind != "Organization" && kind != "ClusterPluginDefinition" {
		metadata["namespace"] = "ccloud"
	}
	raw, err := json.Marshal(map[string]any{
		"kind": kind, "metadata": metadata, "status": map[string]any{"statusConditions": map[string]any{"conditions": conditions}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return collectortest.Parse(t, raw)
}

// conditionRows returns the rows that all kinds have, without the labels of the object.
func conditionRows(text string) map[string]string {
	rows := map[string]string{}
	for row, value := range collectortest.Rows(text) {
		name, labels, _ := strings.Cut(row, "{")
		_, name, _ = strings.Cut(strings.TrimPrefix(name, "cobaltcore_greenhouse_"), "_")
		_, labels, _ = strings.Cut(labels, `name="x"`)
		if labels = strings.TrimPrefix(labels, ","); labels != "}" {
			name += "{" + labels
		}
		if family, _, _ := strings.Cut(name, "{"); family == "ready" || family == "suspended" || strings.HasPrefix(family, "condition") {
			rows[name] = value
		}
	}
	return rows
}

func TestReasonsMustBeWords(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "Ready": true, "pending-install": true, "a_b9": true, "two words": false, "a:b": false, "über": false, "a\n": false,
		"https://example.com": false, strings.Repeat("a", maxWord): true, strings.Repeat("a", maxWord+1): false,
	} {
		if got := isWord(text); got != want {
			t.Errorf("isWord(%q) = %v", text, got)
		}
	}
}

func TestTypesOfConditions(t *testing.T) {
	for text, want := range map[string]bool{
		"Ready": true, "example.com/Ready": true, "a.b-c/D.e_f": true, "Ready.v2": true, "": false, "/Ready": false, "a/": false, "a/b/c": false,
		"https://example.com": false, "two words": false, "a=b": false, strings.Repeat("a", maxWord/2) + "/" + strings.Repeat("a", maxWord/2): false,
	} {
		if got := isType(text); got != want {
			t.Errorf("isType(%q) = %v", text, got)
		}
	}
}
