// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// The labels with names of clusters. They do not identify an object in a cluster.
var clusterLabels = []string{"cluster", "target_cluster"}

// constantLabels lists labels that a rule sets to a constant, with the reason why they are
// nevertheless identities.
var constantLabels = map[string]string{
	"collector": "a cluster has one collector of a name",
	"component": "a cluster has one Flux Operator",
	"operator":  "an alert about a controller has it only if it is the only one of its system in the cluster",
}

// probedDirectly reports whether a rule is about a system that is probed over the network, not watched
// in its cluster.
func probedDirectly(r alerts.Rule) bool {
	switch r.Name {
	case "AuroraControllerDown": // a Deployment
	case "OpenBaoAuthProbeFailing": // with a token of the cluster
	default:
		return r.System == alerts.OpenBao || r.System == alerts.Aurora
	}
	return false
}

// TestInhibitionsHaveAnIdentity checks that the labels that an alert shares with its cause identify
// an object, an OpenBao or a controller, because two faults in the same cluster may be independent.
func TestInhibitionsHaveAnIdentity(t *testing.T) {
	t.Parallel()
	rules := map[string]alerts.Rule{}
	for _, r := range alerts.Rules() {
		rules[r.Name] = r
	}
	used := map[string]bool{}
	for _, r := range alerts.Rules() {
		for _, i := range r.InhibitedBy {
			if i.By == "FleetClusterDown" {
				if probedDirectly(r) {
					t.Errorf("%s follows from %s, but it is about what is asked directly", r.Name, i.By)
				}
				continue
			}
			if i.By == r.Name+"Critical" { // the other tier
				continue
			}
			identity := slices.DeleteFunc(slices.Clone(i.Equal), func(l string) bool { return slices.Contains(clusterLabels, l) })
			if len(identity) == 0 {
				t.Errorf("%s follows from %s by %v alone: add a label that identifies what both are about", r.Name, i.By, i.Equal)
			}
			for _, label := range identity {
				if !setsLabel(t, r, label) && !setsLabel(t, rules[i.By], label) {
					continue
				}
				used[label] = true
				if constantLabels[label] == "" {
					t.Errorf("%s follows from %s by the label %s, which is always the same", r.Name, i.By, label)
				}
			}
		}
	}
	for label := range constantLabels {
		if !used[label] {
			t.Errorf("no inhibition needs the constant label %s", label)
		}
	}
}

// setsLabel reports whether a rule sets a label to a constant.
func setsLabel(t *testing.T, r alerts.Rule, label string) bool {
	t.Helper()
	e, err := alerts.Parse(r.Expr)
	if err != nil {
		t.Fatalf("%s: %v", r.Name, err)
	}
	found := false
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if call, ok := n.(*parser.Call); ok && call.Func.Name == "label_replace" {
			to, value := call.Args[1].(*parser.StringLiteral).Val, call.Args[2].(*parser.StringLiteral).Val
			found = found || to == label && value != "" && !strings.Contains(value, "$")
		}
		return nil
	})
	return found
}
