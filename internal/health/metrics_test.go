// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// TestMetrics checks that an existing cell has a status and zero counts, and that other cells have no rows.
func TestMetrics(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	e := w.evaluator(testRules(), once)
	w.e.Swap(nil, append(e.Groups(), e.Group("a"), e.Group("b"), e.Group("gone")))
	want(t, "before", []string{}, w.scrape("cobaltcore_health"))
	w.show(all(cluster("a"), dead("b"), []row{flux("a", "a", "apps", "failed"), flux("a", "a", "more", "failed")})...)
	w.report(e)
	want(t, "status", []string{
		`cobaltcore_health_status{cluster="a",system="fleet"} 0`,
		`cobaltcore_health_status{cluster="a",system="flux"} 1`,
		`cobaltcore_health_status{cluster="a",system="exporter"} 0`,
		`cobaltcore_health_status{cluster="b",system="fleet"} 2`,
		`cobaltcore_health_status{cluster="b",system="flux"} 3`,
		`cobaltcore_health_status{cluster="b",system="exporter"} 0`,
	}, w.scrape("cobaltcore_health_status"))
	want(t, "findings", []string{
		`cobaltcore_health_findings{cluster="a",system="flux",severity="critical"} 0`,
		`cobaltcore_health_findings{cluster="a",system="flux",severity="warning"} 2`,
		`cobaltcore_health_findings{cluster="a",system="flux",severity="info"} 0`,
	}, w.scrape(`cobaltcore_health_findings{cluster="a",system="flux"`))
	want(t, "rules", []string{
		`cobaltcore_health_rules{state="evaluated"} 4`, `cobaltcore_health_rules{state="not_evaluated"} 1`,
	}, w.scrape("cobaltcore_health_rules"))
	want(t, "when", []string{fmt.Sprint("cobaltcore_health_last_evaluation_timestamp_seconds ", start.Unix())},
		w.scrape("cobaltcore_health_last_evaluation_timestamp_seconds"))
	if n := len(w.scrape("cobaltcore_health_evaluation_duration_seconds")); n != 1 {
		t.Errorf("%d durations", n)
	}
}

// TestPartial checks that an exporter of a part of the fleet exports no verdicts on systems.
func TestPartial(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	e := w.evaluator(testRules(), func(o *Options) { o.Partial = true })
	w.e.Swap(nil, append(e.Groups(), e.Group("a")))
	w.show(cluster("a")...)
	if r := w.report(e); !r.Partial {
		t.Error("not partial")
	}
	want(t, "status", []string{}, w.scrape("cobaltcore_health_status"))
	if len(w.scrape("cobaltcore_health_findings")) == 0 {
		t.Error("no counts")
	}
}

// TestAdopt checks that a new evaluator continues with the alerts of the old one.
func TestAdopt(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	w.show(all(cluster("a"), []row{flux("a", "a", "apps", "failed")})...)
	old := w.evaluator(testRules())
	w.report(old)
	w.now = w.now.Add(5 * time.Minute)
	next := w.evaluator(testRules())
	next.Adopt(old)
	want(t, "adopted", []string{"a: FluxFailing apps"}, shorten(w.report(next)))
}

// TestFilter checks that a filter narrows a report and its verdict.
func TestFilter(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	w.show(all(dead("a"), cluster("b"), cluster("c"), []row{flux("a", "a", "apps", "failed"), flux("b", "b", "apps", "failed")})...)
	r := w.report(w.evaluator(testRules(), once))
	for name, tc := range map[string]struct {
		filter   Filter
		verdict  Verdict
		findings []string
	}{
		"all":    {Filter{}, Down, []string{"a: FleetClusterDown a", "b: FluxFailing apps", "a: FluxFailing apps < FleetClusterDown a"}},
		"c":      {Filter{Clusters: []string{"c"}}, OK, []string{}},
		"b":      {Filter{Clusters: []string{"b", "c"}}, Degraded, []string{"b: FluxFailing apps"}},
		"fleet":  {Filter{Systems: []string{"fleet"}}, Down, []string{"a: FleetClusterDown a"}},
		"a flux": {Filter{Clusters: []string{"a"}, Systems: []string{"flux"}}, Unknown, []string{"a: FleetClusterDown a", "a: FluxFailing apps < FleetClusterDown a"}},
	} {
		got, err := tc.filter.Apply(r)
		if err != nil {
			t.Fatal(err)
		}
		want(t, name, tc.findings, shorten(got))
		want(t, name, tc.verdict, got.Verdict)
	}
	for _, f := range []Filter{{Clusters: []string{"x"}}, {Systems: []string{"x"}}} {
		if _, err := f.Apply(r); err == nil {
			t.Errorf("%v: no error", f)
		}
	}
}

// TestFindingRows checks that root causes come first with the severity of their worst consequence, and that the number
// of rows is limited.
func TestFindingRows(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	e := w.evaluator(testRules(), once)
	w.e.Swap(nil, append(e.Groups(), e.Group("a"), e.Group("b")))
	w.show(all(dead("a"), cluster("b"), []row{flux("a", "b", "apps", "failed")})...)
	w.report(e)
	var got []string
	for _, line := range w.scrape("cobaltcore_health_finding_info") {
		got = append(got, regexp.MustCompile(`(finding|playbook)="\w[^"]*"`).ReplaceAllString(line, `$1=""`))
	}
	want(t, "info", []string{
		`cobaltcore_health_finding_info{cluster="a",finding="",system="fleet",rule="FleetClusterDown",severity="critical",worst="critical",cause="",object_cluster="a",kind="Cluster",namespace="",name="a",reason="",summary="a is down",playbook=""} 1`,
		`cobaltcore_health_finding_info{cluster="b",finding="",system="flux",rule="FluxFailing",severity="warning",worst="warning",cause="FleetClusterDown",object_cluster="a",kind="Kustomization",namespace="flux-system",name="apps",reason="",summary="apps fails",playbook=""} 1`,
	}, got)
	want(t, "since", 2, len(w.scrape("cobaltcore_health_finding_since_timestamp_seconds")))
	want(t, "omitted", []string{"cobaltcore_health_findings_omitted 0"}, w.scrape("cobaltcore_health_findings_omitted"))

	many := all(cluster("a"), cluster("b"))
	for i := range maxFindingRows + 7 {
		many = append(many, flux("a", "a", fmt.Sprint(i), "failed"))
	}
	w.show(many...)
	w.report(e)
	want(t, "bounded", maxFindingRows, len(w.scrape("cobaltcore_health_finding_info")))
	want(t, "omitted", []string{"cobaltcore_health_findings_omitted 7"}, w.scrape("cobaltcore_health_findings_omitted"))
}

// TestRowOfAnAge checks that the summary has a rounded value in the label of a row and the exact value in the report.
func TestRowOfAnAge(t *testing.T) {
	p := newTemplateCache()
	text := p.parse("it ends in {{ $value | humanizeDuration }}")
	none := p.parse("")
	r := &rule{name: "r", summary: text, object: [3]*textTemplate{none, none, none}}
	a := &alert{rule: r, value: 442_801, labels: labels.FromStrings("cluster", "c")}
	want(t, "row", true, slices.Contains(a.row(alerts.Warning).labels, "it ends in 5d 0h 0m 0s"))
	want(t, "report", "it ends in 5d 3h 0m 1s", a.summary())
}
