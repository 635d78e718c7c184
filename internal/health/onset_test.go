// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

func TestOnsetsAndReasons(t *testing.T) {
	row := func(value float64, pairs ...string) series {
		return series{labels: labels.FromStrings(pairs...), value: value}
	}
	alerting := []series{
		row(1, "cluster", "c", "name", "a", "source", "s"), row(1, "cluster", "c", "name", "b"), row(1, "cluster", "c", "name", "d"), row(1, "cluster", "c", "name", "e"),
	}
	times := []series{
		row(100, "cluster", "c", "name", "a", "source", "s", "onset", "exact"),
		row(200, "cluster", "c", "name", "b", "onset", "at_least"), row(150, "cluster", "c", "name", "b", "onset", "exact"),
		row(300, "cluster", "c", "name", "d", "onset", "undated"),
		row(50, "cluster", "other", "name", "d", "onset", "exact"),
		row(400, "cluster", "c", "name", "e"),
	}
	why := []series{row(1, "cluster", "c", "name", "a", "reason", "BuildFailed"), row(1, "cluster", "c", "name", "b", "reason", "")}
	type facts struct {
		Since   int64
		AtLeast bool
		Reason  string
	}
	got := map[string]facts{}
	begun, reason := (&answer{rows: times}).onsets(alerting), (&answer{rows: why}).reasons(alerting)
	for _, r := range alerting {
		o := begun[r.labels.Hash()]
		got[r.labels.Get("name")] = facts{o.at.Unix(), o.atLeast, reason[r.labels.Hash()]}
	}
	want := map[string]facts{"a": {100, false, "BuildFailed"}, "b": {150, false, ""}, "d": {300, true, ""}, "e": {400, false, ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestReasonFollowsTheSummary checks that the summary ends with the reason, which may change while the alert stays the
// same.
func TestReasonFollowsTheSummary(t *testing.T) {
	p := newTemplateCache()
	a := &alert{
		rule:  &rule{name: "r", summary: p.parse("it fails"), description: p.parse(""), object: [3]*textTemplate{p.parse(""), p.parse(""), p.parse("")}},
		since: time.Unix(1, 0), atLeast: true, reason: "BuildFailed", labels: labels.FromStrings("cluster", "c"),
	}
	f := a.finding(time.Time{})
	if f.Summary != "it fails: BuildFailed" || f.Reason != "BuildFailed" || !f.SinceAtLeast {
		t.Errorf("finding is %+v", f)
	}
	before := a.id()
	a.reason = "HealthCheckFailed"
	if a.id() != before {
		t.Error("the id changes with the reason")
	}
}

// TestCausePrecedesItsConsequence checks that an alert that began later is not a cause.
func TestCausePrecedesItsConsequence(t *testing.T) {
	at := func(minute int, dated, atLeast bool) *alert {
		return &alert{rule: &rule{}, since: time.Unix(0, 0).Add(time.Duration(minute) * time.Minute), dated: dated, atLeast: atLeast}
	}
	for _, tc := range []struct {
		name             string
		cause, following *alert
		want             bool
	}{
		{"before", at(1, true, false), at(9, true, false), true},
		{"within the slack", at(14, true, false), at(9, true, false), true},
		{"after", at(15, true, false), at(9, true, false), false},
		{"after, or earlier", at(15, true, true), at(9, true, false), true},
		{"after what may have begun earlier still", at(15, true, false), at(9, true, true), false},
		{"the cause has no onset", at(15, false, false), at(9, true, false), true},
		{"the consequence has no onset", at(15, true, false), at(9, false, false), true},
	} {
		if got := precedes(tc.cause, tc.following); got != tc.want {
			t.Errorf("%s: precedes() = %t, want %t", tc.name, got, tc.want)
		}
	}
}

// TestCriticalTierReplacesTheFirst checks that the critical tier replaces the first one, although it begins later.
func TestCriticalTierReplacesTheFirst(t *testing.T) {
	at := func(name string, day int64, by ...string) *alert {
		a := &alert{rule: &rule{name: name}, state: Firing, since: time.Unix(day*24*3600, 0), dated: true, labels: labels.FromStrings("cluster", "c")}
		for _, b := range by {
			a.rule.inhibitedBy = append(a.rule.inhibitedBy, alerts.Inhibition{By: b, Equal: []string{"cluster"}})
		}
		return a
	}
	first, critical := at("CertExpiring", 1, "CertExpiringCritical"), at("CertExpiringCritical", 12)
	unrelated := at("Down", 1, "CertExpiringCritical")
	explain([]*alert{first, critical, unrelated})
	if first.cause != critical || unrelated.cause != nil {
		t.Errorf("causes are %v and %v", first.cause, unrelated.cause)
	}
}

// TestDatedByRows checks rules whose onset query has no row for an object. If the object is in the
// first rows of its cluster, its state may have begun earlier.
func TestDatedByRows(t *testing.T) {
	rows := []series{{labels: labels.FromStrings("name", "a")}, {labels: labels.FromStrings("name", "b")}}
	times := []series{{labels: labels.FromStrings("name", "a"), value: 100}}
	no := func(string, *rule) bool { return false }
	for _, unseen := range []bool{false, true} {
		c := evaluation{now: time.Unix(200, 0), isSnapshot: func(string) bool { return false }, dataMissing: no,
			wasMissing: func(string, *rule) bool { return unseen }}
		for _, a := range updateAlerts(&rule{name: "r"}, nil, rows, joins{since: joined[onset]{rows: (&answer{rows: times}).onsets(rows)}}, c) {
			if name := a.labels.Get("name"); a.dated != (name == "a") || a.atLeast != (unseen && name == "b") {
				t.Errorf("%s: dated is %t, at least is %t", name, a.dated, a.atLeast)
			}
		}
	}
}
