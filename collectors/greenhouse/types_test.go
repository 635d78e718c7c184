// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// breakage puts a value where the type of the API has another one. Rows whose
// family, without the prefix of the kind, is one of gone may miss or change; of
// the info row, only labels may change. All others have to stay.
type breakage struct {
	path  string
	value any
	gone  []string
}

var (
	conditionFamilies = []string{
		"ready", "condition", "condition_reason_info", "condition_transition_timestamp_seconds", "suspended",
		// Without conditions, nobody has looked at the object.
		"plugins", "plugins_ready", "plugins_failed", "inventory", "members", "clusters", "clusters_failed", "exposed_services",
	}
	nodeFamilies   = []string{"nodes", "nodes_ready", "nodes_not_ready"}
	statusFamilies = append(append([]string{
		"kubernetes_version_info", "token_expiry_timestamp_seconds", "helm_release_status", "last_deployed_timestamp_seconds",
	}, conditionFamilies...), nodeFamilies...)
)

var breakages = []breakage{
	{"status", "oops", statusFamilies},
	{"status", nil, statusFamilies},
	{"status.statusConditions", "oops", conditionFamilies},
	{"status.statusConditions.conditions", map[string]any{}, conditionFamilies},
	{"status.statusConditions.conditions.0.type", 5, conditionFamilies[:4]},
	{"status.statusConditions.conditions.0.status", true, []string{"ready", "condition"}},
	{"status.statusConditions.conditions.0.reason", []any{}, []string{"condition_reason_info"}},
	{"status.statusConditions.conditions.0.lastTransitionTime", "yesterday", []string{"condition_transition_timestamp_seconds"}},
	{"status.kubernetesVersion", 5, []string{"kubernetes_version_info"}},
	{"status.bearerTokenExpirationTimestamp", "soon", []string{"token_expiry_timestamp_seconds"}},
	{"status.nodes", "three", nodeFamilies},
	{"status.nodes.total", "three", []string{"nodes"}},
	{"status.nodes.ready", 2.5, []string{"nodes_ready"}},
	{"status.nodes.notReady", 5, []string{"nodes_not_ready"}},
	{"status.version", 5, nil},
	{"status.helmChart", "x", nil},
	{"status.helmReleaseStatus", "x", []string{"helm_release_status", "last_deployed_timestamp_seconds"}},
	{"status.helmReleaseStatus.status", 5, []string{"helm_release_status"}},
	{"status.helmReleaseStatus.lastDeployed", "yesterday", []string{"last_deployed_timestamp_seconds"}},
	{"status.exposedServices", "x", []string{"exposed_services"}},
	{"status.totalPlugins", "4", []string{"plugins"}},
	{"status.readyPlugins", "4", []string{"plugins_ready"}},
	{"status.failedPlugins", "4", []string{"plugins_failed"}},
	{"status.inventory", "x", []string{"inventory"}},
	{"status.members", "x", []string{"members"}},
	{"status.clusters", "x", []string{"clusters", "clusters_failed"}},
	{"status.clusters.1.condition", "x", []string{"clusters_failed"}},
	{"spec", "oops", []string{"team_info"}},
	{"spec.pluginDefinitionRef", "x", nil},
	{"spec.pluginDefinitionRef.kind", 5, nil},
	{"spec.clusterName", 5, nil},
	{"spec.releaseName", []any{}, nil},
	{"spec.plugin", "x", nil},
	{"spec.helmChart", "x", nil},
	{"spec.version", 5, nil},
	{"spec.teamRef", 5, []string{"team_info"}},
	{"spec.teamRefs", "x", []string{"team_info"}},
	{"metadata.creationTimestamp", "", []string{"created_timestamp_seconds"}},
	{"metadata.labels", "x", []string{"support_group"}},
	{"metadata.annotations", "x", nil},
}

// TestAValueOfTheWrongTypeCostsNoOtherRow breaks one value at a time.
func TestAValueOfTheWrongTypeCostsNoOtherRow(t *testing.T) {
	tried := map[string]bool{}
	for _, o := range []object{
		objectOf(t, "cluster-conditions.yaml", "Cluster", "hypervisor"),
		objectOf(t, "plugin.yaml", "Plugin", "kube-monitoring-control-plane"),
		objectOf(t, "pluginpreset.yaml", "PluginPreset", "cert-manager"),
		objectOf(t, "plugindefinition.yaml", "PluginDefinition", "kube-monitoring"),
		objectOf(t, "catalog.yaml", "Catalog", "internal"),
		objectOf(t, "organization.yaml", "Organization", "tenants"),
		objectOf(t, "organization.yaml", "Team", "infra"),
		objectOf(t, "teamrolebinding.yaml", "TeamRoleBinding", "viewers"),
		objectOf(t, "teamrolebinding.yaml", "TeamRoleBinding", "admins"),
	} {
		whole := samples(render(t, "management", o))
		for _, b := range breakages {
			raw, ok := replace(t, o.raw, b.path, b.value)
			if !ok {
				continue // the kind has no such field
			}
			tried[b.path] = true
			t.Run(fmt.Sprintf("%s/%s/%s=%v", o.Kind, o.Metadata.Name, b.path, b.value), func(t *testing.T) {
				broken := o
				broken.raw = raw
				text := render(t, "management", broken)
				mustParse(t, text)
				checkKept(t, whole, samples(text), b.gone)
			})
		}
	}
	for _, b := range breakages {
		if !tried[b.path] {
			t.Errorf("no object has %s", b.path)
		}
	}
}

// TestTwoObjectsNeverShareASeries renders each object under three identities that
// differ in namespace or name only.
func TestTwoObjectsNeverShareASeries(t *testing.T) {
	for _, file := range cases(t) {
		for _, o := range objects(t, file) {
			var all []object
			for _, id := range [][2]string{{"a", "x"}, {"a", "y"}, {"b", "x"}} {
				if id[0] == "b" && o.Metadata.Namespace == "" {
					continue
				}
				raw, _ := replace(t, o.raw, "metadata.name", id[1])
				if namespaced, ok := replace(t, raw, "metadata.namespace", id[0]); ok {
					raw = namespaced
				}
				all = append(all, parse(t, raw))
			}
			mustParse(t, render(t, "management", all...))
		}
	}
}

// checkKept compares the rows of an object before and after it was broken.
func checkKept(t *testing.T, whole, broken map[string]string, gone []string) {
	t.Helper()
	families := map[string]bool{}
	for row := range broken {
		families[familyOf(row)] = true
	}
	for row, value := range whole {
		name := familyOf(row)
		may := false
		for _, g := range gone {
			may = may || name == g
		}
		switch {
		case may:
		case name == "info":
			if !families[name] {
				t.Errorf("the info row is gone")
			}
		case broken[row] != value:
			t.Errorf("%s is %q, was %q", row, broken[row], value)
		}
	}
}

// familyOf is the name of a family without what all of its kind start with.
func familyOf(row string) string {
	name, _, _ := strings.Cut(row, "{")
	_, name, _ = strings.Cut(strings.TrimPrefix(name, "cobaltcore_greenhouse_"), "_")
	return name
}

// replace sets the value at a dotted path that exists.
func replace(t *testing.T, raw []byte, path string, value any) ([]byte, bool) {
	t.Helper()
	var root any
	if err := json.Unmarshal(raw, &root); err != nil {
		t.Fatal(err)
	}
	at, names := root, strings.Split(path, ".")
	for i, name := range names {
		last := i == len(names)-1
		switch in := at.(type) {
		case map[string]any:
			if at = in[name]; at == nil {
				return nil, false
			}
			if last {
				in[name] = value
			}
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n >= len(in) {
				return nil, false
			}
			if at = in[n]; last {
				in[n] = value
			}
		default:
			return nil, false
		}
	}
	out, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return out, true
}
