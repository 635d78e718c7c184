// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// stateFamily is a family with a row for each object that is not ready, with the label values by
// which rules select.
type stateFamily struct {
	name   string
	kinds  []string
	states []string
	// stateLabel is the label whose values are states.
	stateLabel string
	// more has the values of moreLabel by kind, each with its state.
	moreLabel string
	more      map[string]map[string]string
	// rest has the labels by which no rule selects.
	rest map[string]string
	// atOnce reports whether a state with an undated onset is not tolerated.
	atOnce func(state string) bool
}

// anyState marks values that occur in all states.
const anyState = "*"

func stateFamilies() []stateFamily {
	states := []string{"deleting", "failed", "unprocessed", "progressing", "unknown"}
	all := append([]string{"suspended", "stalled", "dependency_not_ready"}, states...)
	always := func(string) bool { return true }
	stores := map[string]string{"": anyState, "unused": anyState}
	return []stateFamily{
		{
			name:       "cobaltcore_flux_resource_not_ready_since_timestamp_seconds",
			kinds:      []string{"FluxInstance", "GitRepository", "HelmRepository", "HelmChart", "Kustomization", "ResourceSet", "Alert", "ImagePolicy"},
			stateLabel: "status", states: all,
			rest:   map[string]string{"target_cluster": "b", "exported_namespace": "ns", "source": "s", "upstream": "u", "dependency": "d", "component": "c"},
			atOnce: func(s string) bool { return s == "failed" || s == "unprocessed" || s == "suspended" || s == "unknown" },
		},
		{
			name:  "cobaltcore_flux_resource_waiting_since_timestamp_seconds",
			kinds: []string{"HelmRelease"}, stateLabel: "problem",
			states: []string{
				"missing", "failed", "stalled", "suspended", "deleting", "unprocessed", "circular",
				"progressing", "revision", "expression", "empty", "ready", "unwatched", "unknown",
			},
			moreLabel: "chain", more: map[string]map[string]string{"HelmRelease": {"direct": anyState, "indirect": anyState}},
			rest: map[string]string{"target_cluster": "b", "exported_namespace": "ns", "dependency": "d", "blocked": "x"},
		},
		{
			name:       "cobaltcore_eso_object_not_ready_since_timestamp_seconds",
			kinds:      []string{"ExternalSecret", "PushSecret", "SecretStore", "ClusterSecretStore", "ClusterExternalSecret", "ClusterPushSecret"},
			stateLabel: "status", states: states, moreLabel: "problem",
			more: map[string]map[string]string{
				"ExternalSecret": {"": anyState, "store_missing": anyState, "behind": "unprocessed", "never_synced": "unknown", "target_missing": "failed"},
				"PushSecret":     {"": anyState, "store_missing": anyState, "behind": "unprocessed", "source_deleted": "failed", "source_kept": "failed"},
				"SecretStore":    stores, "ClusterSecretStore": stores,
			},
			rest: map[string]string{
				"namespace": "ns", "store_kind": "k", "store_namespace": "n", "store_name": "s", "store": "k/n/s", "backend": "b", "auth_mount": "m",
			},
			atOnce: always,
		},
		certManagerStates("certificate_not_ready", "Certificate"), certManagerStates("issuer_not_ready", "ClusterIssuer"), certManagerStates("request_pending", "CertificateRequest"),
		{
			name: "cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds",
			kinds: []string{
				"Cluster", "Plugin", "PluginPreset", "PluginDefinition", "ClusterPluginDefinition", "Catalog", "Organization", "Team", "TeamRoleBinding",
			},
			stateLabel: "status", states: append([]string{"suspended"}, states...), moreLabel: "condition",
			more: map[string]map[string]string{
				"Cluster": {"KubeConfigValid": anyState}, "Plugin": {"HelmReleaseCreated": anyState}, "PluginPreset": {"": anyState, "PluginFailed": anyState},
				"PluginDefinition": {"HelmChartReady": anyState}, "Catalog": {"": anyState}, "Organization": {"NamespaceCreated": anyState},
				"Team": {"SCIMAccessReady": anyState}, "TeamRoleBinding": {"RBACReady": anyState}, "ClusterPluginDefinition": {"HelmChartReady": anyState},
			},
			rest:   map[string]string{"namespace": "ns", "target_cluster": "b", "cluster_name": "b", "preset": "p"},
			atOnce: always,
		},
	}
}

// certManagerStates returns a family of cert-manager.
func certManagerStates(rows, kind string) stateFamily {
	return stateFamily{
		name: "cobaltcore_certmanager_" + rows + "_since_timestamp_seconds", kinds: []string{kind},
		stateLabel: "status", states: []string{"failed", "unprocessed", "progressing", "unknown"},
		rest:   map[string]string{"namespace": "ns", "issuer": "Issuer/ns/i", "certificate": "c", "reason": "r"},
		atOnce: func(string) bool { return true },
	}
}

// stateAges returns ages between the tolerances of the rules, below ten times each tolerance.
func stateAges() []time.Duration {
	return []time.Duration{30 * time.Second, 5 * time.Minute, 50 * time.Minute, 150 * time.Minute, 48 * time.Hour}
}

// stateRows returns a row for each combination of values. The name of the object lists the values.
func stateRows() []ruletest.Row {
	var rows []ruletest.Row
	known := map[string][]string{} // labels by family
	for _, f := range app.Families() {
		known[f.Name] = append([]string{labels.MetricName}, f.Labels...)
	}
	for _, f := range stateFamilies() {
		for _, kind := range f.kinds {
			more := f.more[kind]
			if len(more) == 0 {
				more = map[string]string{"": anyState}
			}
			for _, state := range f.states {
				for m, of := range more {
					if of != anyState && of != state {
						continue
					}
					for _, onset := range stateOnsets() {
						for _, age := range stateAges() {
							rows = append(rows, f.row(known[f.name], kind, state, m, onset, age))
						}
					}
				}
			}
		}
	}
	return rows
}

func stateOnsets() []string { return []string{lifecycle.Exact, lifecycle.AtLeast, lifecycle.Undated} }

func (f stateFamily) row(known []string, kind, state, more, onset string, age time.Duration) ruletest.Row {
	l := map[string]string{
		labels.MetricName: f.name, "cluster": "a", "kind": kind, f.stateLabel: state, "onset": onset,
		"name": strings.Join([]string{kind, state, more, onset, age.String()}, " "),
	}
	if f.moreLabel != "" {
		l[f.moreLabel] = more
	}
	if f.atOnce != nil {
		l["tolerated"] = strconv.FormatBool(state != "stalled" && (onset != lifecycle.Undated || !f.atOnce(state)))
	}
	maps.Copy(l, f.rest)
	maps.DeleteFunc(l, func(name, _ string) bool { return !slices.Contains(known, name) })
	return ruletest.Row{Labels: labels.FromMap(l), Value: float64(ruletest.TakenAt().Add(-age).Unix())}
}

func states() ruletest.Fixture {
	return ruletest.Fixture{Case: ruletest.Case{Name: "states"}, Rows: stateRows()}
}

// TestStates compares with states.golden the kinds and states in which each rule fires, with the
// lowest age for each precision of the onset.
func TestStates(t *testing.T) {
	t.Parallel()
	ages := map[string]map[string]map[string][]time.Duration{} // by rule with its labels, state and precision
	for _, a := range evaluate(t, states(), "cluster", states().Rows) {
		words := strings.Split(a.Labels.Get("name"), " ")
		if len(words) != 5 {
			continue // about the cluster
		}
		age, err := time.ParseDuration(words[4])
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		a.Labels.Range(func(l labels.Label) { names = append(names, l.Name) })
		names = slices.DeleteFunc(names, func(n string) bool {
			return slices.Contains([]string{"alertname", "no_alert_on_absence", "playbook", "service", "severity"}, n)
		})
		rule, state := a.Rule.Name+"{"+strings.Join(names, ", ")+"}", strings.TrimSpace(strings.Join(words[:3], " "))
		if ages[rule] == nil {
			ages[rule] = map[string]map[string][]time.Duration{}
		}
		if ages[rule][state] == nil {
			ages[rule][state] = map[string][]time.Duration{}
		}
		ages[rule][state][words[3]] = append(ages[rule][state][words[3]], age)
	}
	var got strings.Builder
	for _, rule := range slices.Sorted(maps.Keys(ages)) {
		fmt.Fprintln(&got, rule)
		for _, state := range slices.Sorted(maps.Keys(ages[rule])) {
			fmt.Fprintf(&got, "  %s:", state)
			for _, onset := range stateOnsets() {
				found := ages[rule][state][onset]
				if len(found) == 0 {
					continue
				}
				from := slices.Min(found)
				fmt.Fprintf(&got, " %s %s", onset, model.Duration(from))
				if at := slices.Index(stateAges(), from); len(found) != len(stateAges())-at {
					t.Errorf("%s: %s %s fires at %v, want all ages from the lowest one on", rule, state, onset, found)
				}
			}
			got.WriteString("\n")
		}
	}
	compare(t, "states", got.String())
}
