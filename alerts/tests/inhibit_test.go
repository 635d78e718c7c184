// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// alertLabels are the labels of an alert in Alertmanager.
type alertLabels map[string]string

func (a alertLabels) match(all []*labels.Matcher) bool {
	return !slices.ContainsFunc(all, func(m *labels.Matcher) bool { return !m.Matches(a[m.Name]) })
}

// inhibitRule is a rule of the generated file.
type inhibitRule struct {
	Source matchers `yaml:"source_matchers"`
	Target matchers `yaml:"target_matchers"`
	Equal  []string `yaml:"equal"`
}

type matchers []*labels.Matcher

func (m *matchers) UnmarshalYAML(n *yaml.Node) error {
	var texts []string
	if err := n.Decode(&texts); err != nil {
		return err
	}
	for _, text := range texts {
		parsed, err := labels.ParseMatcher(text)
		if err != nil {
			return err
		}
		*m = append(*m, parsed)
	}
	return nil
}

// inhibitor implements the inhibition of Alertmanager.
type inhibitor []inhibitRule

func newInhibitor(t *testing.T) inhibitor {
	t.Helper()
	text, err := alerts.InhibitRules()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Rules inhibitor `yaml:"inhibit_rules"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil || len(file.Rules) == 0 {
		t.Fatalf("%d rules, %v", len(file.Rules), err)
	}
	return file.Rules
}

// silences reports whether an alert inhibits another one. A label that both lack is equal.
func (i inhibitor) silences(source, target alertLabels) bool {
	return slices.ContainsFunc(i, func(r inhibitRule) bool {
		differs := func(label string) bool { return source[label] != target[label] }
		return source.match(r.Source) && target.match(r.Target) && !slices.ContainsFunc(r.Equal, differs)
	})
}

// firing returns the alerts of a fixture, which may be "<rule>/<case>".
func firing(t *testing.T, fixture string) []alertLabels {
	t.Helper()
	cases, err := ruletest.Cases()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(cases, func(c ruletest.Case) bool { return c.Name == fixture })
	if i < 0 {
		t.Fatalf("there is no fixture %s", fixture)
	}
	var all []alertLabels
	p := parser.NewParser(parser.Options{})
	for _, line := range cases[i].Want {
		parsed, err := p.ParseMetric(line)
		if err != nil {
			t.Fatal(err)
		}
		a := alertLabels(parsed.Map())
		a["alertname"] = a["__name__"]
		delete(a, "__name__")
		all = append(all, a)
	}
	return all
}

// alertsOf returns the alerts of one rule.
func alertsOf(all []alertLabels, rule string) []alertLabels {
	return slices.DeleteFunc(slices.Clone(all), func(a alertLabels) bool { return a["alertname"] != rule })
}

// TestIndependentFaultsAreSent checks that two independent faults at the same time in the same
// cluster are both sent.
func TestIndependentFaultsAreSent(t *testing.T) {
	t.Parallel()
	in := newInhibitor(t)
	for _, pair := range [][2]string{
		{"FluxInstanceFailing", "FluxApplyFailing"},
		{"FluxInstanceFailing", "FluxSourceFailing"},
		{"FleetClusterDown", "OpenBaoClusterSealed"},
		{"FleetClusterDown", "OpenBaoDown"},
		{"FleetClusterDown", "AuroraDown"},
		{"FleetClusterDown", "AuroraCertExpiring"},
		{"OpenBaoNodeSealed", "ControllerReplicasMissing"},
		{"OpenBaoNodeDown", "ControllerReplicasMissing"},
		{"OpenBaoAuthMountMissing", "ESOExternalSecretStale"},
		{"OpenBaoNoLeader", "ESOExternalSecretStale"},
		{"ESOControllerDown", "ESOStoreNotReady"},
		{"ESOControllerDown", "ESOExternalSecretFailing"},
		{"ESOWebhookDown", "ESOExternalSecretStale"},
		{"AuroraControllerDown", "AuroraKeystoneDown"},
		{"GreenhouseControllerDown/proxy", "GreenhousePluginUnprocessed"},
		{"GreenhouseWebhookDown", "GreenhousePluginUnprocessed"},
		{"FluxControllerDown", "ESOExternalSecretStale"},
		{"ESOControllerDown/two", "ESOExternalSecretStale"},
		{"AuroraControllerDown/two", "AuroraDown"},
	} {
		name := func(fixture string) string { rule, _, _ := strings.Cut(fixture, "/"); return rule }
		for _, order := range [][2]string{pair, {pair[1], pair[0]}} {
			for _, source := range alertsOf(firing(t, order[0]), name(order[0])) {
				for _, target := range alertsOf(firing(t, order[1]), name(order[1])) {
					if in.silences(source, target) {
						t.Errorf("%v\nsilences the independent\n%v", source, target)
					}
				}
			}
		}
	}
}

// TestConsequencesAreSilenced checks the same pairs of alerts when one is a consequence of the other.
func TestConsequencesAreSilenced(t *testing.T) {
	t.Parallel()
	in := newInhibitor(t)
	for _, pair := range [][2]string{
		{"OpenBaoDown", "ESOStoreNotReady"},
		{"ESOControllerDown", "ESOExternalSecretStale"},
		{"ESOControllerDown", "SecretFlowBehind"},
		{"GreenhouseControllerDown", "GreenhousePluginUnprocessed"},
		{"AuroraControllerDown", "AuroraDown"},
		{"FleetClusterDown", "ESOStoreNotReady"},
	} {
		sources := alertsOf(firing(t, pair[0]), pair[0])
		for _, target := range alertsOf(firing(t, pair[1]), pair[1]) {
			if target["cluster"] == "a" && !slices.ContainsFunc(sources, func(source alertLabels) bool { return in.silences(source, target) }) {
				t.Errorf("no %s silences\n%v", pair[0], target)
			}
		}
	}
}

// declaredAcross lists the inhibitions between systems, with the labels that identify their common
// object.
func declaredAcross() []string {
	return []string{
		"AuroraControllerDown silences controllers by cluster component namespace",
		"AuroraControllerDown silences controllers by cluster name namespace",
		"AuroraDown silences exporter by cluster collector",
		"ESOControllerDown silences controllers by cluster component namespace",
		"ESOControllerDown silences controllers by cluster name namespace",
		"ESOWebhookDown silences controllers by cluster component namespace",
		"ESOWebhookDown silences controllers by cluster name namespace",
		"FleetKindForbidden silences exporter by cluster collector",
		"FleetKindUnknown silences exporter by cluster collector",
		"FleetWatchFailing silences exporter by cluster collector",
		"FluxApplyFailing silences greenhouse by cluster dependency",
		"FluxControllerDown silences controllers by cluster component namespace",
		"FluxControllerDown silences controllers by cluster name namespace",
		"FluxStalled silences greenhouse by cluster dependency",
		"GreenhouseControllerDown silences controllers by cluster component namespace",
		"GreenhouseControllerDown silences controllers by cluster name namespace",
		"GreenhouseWebhookDown silences controllers by cluster component namespace",
		"GreenhouseWebhookDown silences controllers by cluster name namespace",
		"OpenBaoAuthMountMissing silences externalsecrets by auth_mount backend",
		"OpenBaoAuthProbeFailing silences externalsecrets by auth_mount backend cluster",
		"OpenBaoClusterSealed silences externalsecrets by backend",
		"OpenBaoDown silences exporter by cluster collector",
		"OpenBaoDown silences externalsecrets by backend",
		"OpenBaoNoLeader silences externalsecrets by backend",
		"OpenBaoUninitialized silences externalsecrets by backend",
	}
}

// TestSystemsAreIndependent checks that no alert inhibits an alert of another system, even with
// equal labels, unless it is declared.
func TestSystemsAreIndependent(t *testing.T) {
	t.Parallel()
	in := newInhibitor(t)
	same := alertLabels{}
	for _, r := range in {
		for _, label := range r.Equal {
			same[label] = "x"
		}
	}
	with := func(rule string) alertLabels {
		a := maps.Clone(same)
		a["alertname"] = rule
		return a
	}
	found := map[string]bool{}
	for _, source := range alerts.Rules() {
		for _, target := range alerts.Rules() {
			if source.System == target.System || source.Name == "FleetClusterDown" || !in.silences(with(source.Name), with(target.Name)) {
				continue
			}
			for _, i := range target.InhibitedBy {
				if i.By == source.Name {
					found[fmt.Sprintf("%s silences %s by %s", source.Name, target.System, strings.Join(slices.Sorted(slices.Values(i.Equal)), " "))] = true
				}
			}
			if !slices.ContainsFunc(target.InhibitedBy, func(i alerts.Inhibition) bool { return i.By == source.Name }) {
				t.Errorf("%s silences %s, and the catalogue does not declare it", source.Name, target.Name)
			}
		}
	}
	if diff := cmp.Diff(declaredAcross(), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("inhibitions between systems (-declared +found); declare one if its labels identify what both are about:\n%s", diff)
	}
}
