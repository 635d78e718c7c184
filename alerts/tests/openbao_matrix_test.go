// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// baoOutcome is the expected result for an OpenBao: the verdict according to the severities of its
// alerts, and the sorted names of the firing rules.
type baoOutcome struct{ verdict, rules string }

const (
	leaderless = "OpenBaoCollectorFailing OpenBaoNoLeader "
	atRisk     = " OpenBaoQuorumAtRisk"
)

// TestOpenBaoInstallations compares the alerts of each type of installation with a handwritten
// list.
func TestOpenBaoInstallations(t *testing.T) {
	t.Parallel()
	healthy := baoOutcome{"ok", ""}
	sealed := baoOutcome{"degraded", "OpenBaoAutopilotUnhealthy OpenBaoNodeSealed"}
	want := map[string]baoOutcome{
		"raft-3/healthy":       healthy,
		"raft-3/one sealed":    {"degraded", "OpenBaoAutopilotUnhealthy OpenBaoNodeSealed" + atRisk},
		"raft-3/active sealed": {"degraded", "OpenBaoAutopilotUnhealthy OpenBaoNodeSealed" + atRisk},
		"raft-3/never joined":  {"down", "OpenBaoNodeNotJoined OpenBaoPeerMissing" + atRisk + atRisk + "Critical"},
		"raft-3/leader gone":   {"down", leaderless + "OpenBaoNodeDown"},

		"raft-5+2/healthy":       healthy,
		"raft-5+2/one sealed":    sealed,
		"raft-5+2/active sealed": sealed,
		"raft-5+2/never joined":  {"degraded", "OpenBaoNodeNotJoined OpenBaoPeerMissing"},
		"raft-5+2/leader gone":   {"down", leaderless + "OpenBaoNodeDown"},

		"standalone/healthy":       healthy,
		"standalone/one sealed":    {"down", "OpenBaoClusterSealed " + leaderless + "OpenBaoNodeSealed"},
		"standalone/active sealed": {"down", "OpenBaoClusterSealed " + leaderless + "OpenBaoNodeSealed"},
		"standalone/never joined":  {"down", "OpenBaoCollectorFailing OpenBaoUninitialized"},
		"standalone/leader gone":   {"down", "OpenBaoCollectorFailing OpenBaoDown OpenBaoNodeDown"},

		"postgresql/healthy":       healthy,
		"postgresql/one sealed":    {"degraded", "OpenBaoNodeSealed"},
		"postgresql/active sealed": {"degraded", "OpenBaoNodeSealed"},
		"postgresql/never joined":  {"degraded", "OpenBaoNodeNotJoined"},
		"postgresql/leader gone":   {"down", leaderless + "OpenBaoNodeDown"},
	}
	bad := faults()
	sites := map[string]baoSite{}
	for _, i := range installations() {
		for name, fault := range bad {
			s := i.build()
			fault(s)
			sites[i.name+"/"+name] = s
		}
	}
	compareOutcomes(t, sites, want)
}

// TestOpenBaoPeculiarities checks unusual installations that were described in public reports.
func TestOpenBaoPeculiarities(t *testing.T) {
	t.Parallel()
	sites, want := map[string]baoSite{}, map[string]baoOutcome{}
	for _, p := range peculiarities() {
		i := p.base
		if i.name == "" {
			i = installations()[0]
		}
		s := i.build()
		p.change(s)
		sites[p.name], want[p.name] = s, p.want
	}
	compareOutcomes(t, sites, want)
}

// compareOutcomes compares the outcomes of all sites, with a single exporter.
func compareOutcomes(t *testing.T, sites map[string]baoSite, want map[string]baoOutcome) {
	t.Helper()
	names := writeSites(t, t.TempDir(), sites)
	rows, err := ruletest.Recorded(t.Context(), names.dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]baoOutcome{}
	fired := map[string][]string{}
	severities := map[string][]alerts.Severity{}
	for _, a := range evaluate(t, ruletest.Fixture{}, "cluster", rows) {
		site := names.sites[a.Labels.Get("openbao")]
		if a.Rule.System != alerts.OpenBao {
			continue
		}
		fired[site] = append(fired[site], a.Rule.Name)
		severities[site] = append(severities[site], a.Rule.Severity)
		for _, text := range []string{a.Summary, a.Description} {
			if strings.Contains(text, "in -") || strings.Contains(text, "error expanding") {
				t.Errorf("%s: %s: %s", site, a, text)
			}
		}
	}
	for site := range sites {
		o := baoOutcome{verdict: "ok"}
		slices.Sort(fired[site])
		o.rules = strings.Join(slices.Compact(fired[site]), " ")
		switch {
		case slices.Contains(severities[site], alerts.Critical):
			o.verdict = "down"
		case slices.Contains(severities[site], alerts.Warning):
			o.verdict = "degraded"
		}
		got[site] = o
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(baoOutcome{})); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}
