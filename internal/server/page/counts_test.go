// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// TestCountsAgree: a cell of the matrix and of the page of its cluster has as many findings as the page to which it leads,
// and the findings of all clusters are those of the fleet.
func TestCountsAgree(t *testing.T) {
	h := newHandler(t, testOptions(t))
	report := readFixture[health.Report](t, "report.json")
	cells, findings := 0, 0
	for key, n := range countFiring(report) {
		cells++
		path := "/clusters/" + key[0] + "?system=" + key[1]
		if body := getPage(h, path).Body.String(); !strings.Contains(body, fmt.Sprintf("<p>%d of ", n)) {
			t.Errorf("%s has not %d findings", path, n)
		}
	}
	for _, c := range report.Clusters {
		_, text, _ := strings.Cut(getPage(h, "/clusters/"+c.Name).Body.String(), "</form></details>\n<p>")
		n := 0
		if _, err := fmt.Sscanf(text, "%d findings", &n); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		findings += n
	}
	if cells == 0 || findings != len(report.Findings) {
		t.Errorf("%d cells, %d findings in all clusters, want %d", cells, findings, len(report.Findings))
	}
	const from = `<a href="../?from=management#findings">`
	if body := getPage(h, "/clusters/management").Body.String(); !strings.Contains(body, from) {
		t.Error("no link to the findings in other clusters")
	}
	body := getPage(h, "/?from=management&cluster=control-plane").Body.String()
	if !strings.Contains(body, `class="card`) || strings.Contains(body, "<p>0 of") {
		t.Error("the link does not lead to them")
	}
}

// TestMissingObjectLinksToSearches checks that the page of a missing object links to searches for its name.
func TestMissingObjectLinksToSearches(t *testing.T) {
	body := getPage(newHandler(t, testOptions(t)), "/objects/a/Kustomization/n/apps%26more").Body.String()
	for _, want := range []string{`href="../../../../objects?text=apps%26more"`, `href="../../../../changes?text=apps%26more"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

// TestNoProblemOnlyWithoutFindings checks that no page reports the absence of problems while a finding is pending,
// or because its number is too high.
func TestNoProblemOnlyWithoutFindings(t *testing.T) {
	const noProblem = "No rule found a problem."
	o := testOptions(t)
	body := getPage(newHandler(t, o), "/?next=99999").Body.String()
	if strings.Contains(body, noProblem) || !strings.Contains(body, `class="card critical"`) {
		t.Error("the page beyond the last is not the first one")
	}
	f := health.Finding{ID: "a", Rule: "FleetClusterDown", Severity: "critical", State: health.Pending}
	o.Report = func(context.Context) (health.Report, error) { return health.Report{Findings: []health.Finding{f}}, nil }
	if body := getPage(newHandler(t, o), "/").Body.String(); strings.Contains(body, noProblem) || !strings.Contains(body, "No finding is firing yet.") {
		t.Error("a pending finding is not mentioned")
	}
}
