// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// TestOrderOfFindings checks that the findings are in the order in which they should be fixed. A minor
// cause of a severe finding is above a more severe cause without consequences.
func TestOrderOfFindings(t *testing.T) {
	finding := func(id, cause string, s alerts.Severity, age time.Duration, state State) Finding {
		return Finding{ID: id, RootCause: cause, Severity: s, State: state, Since: start.Add(-age)}
	}
	all := []Finding{
		finding("pending", "", alerts.Critical, time.Hour, Pending),
		finding("info", "", alerts.Info, time.Hour, Firing),
		finding("worse later", "", alerts.Info, time.Hour, Firing),
		finding("old warning", "", alerts.Warning, 3*time.Hour, Firing),
		finding("mount", "", alerts.Warning, time.Minute, Firing),
		finding("down", "", alerts.Critical, time.Minute, Firing),
		finding("store", "mount", alerts.Critical, 2*time.Hour, Firing),
		finding("secret", "mount", alerts.Warning, 2*time.Hour, Firing),
		finding("soon", "worse later", alerts.Critical, time.Minute, Pending),
		finding("lost", "of another report", alerts.Critical, time.Hour, Firing),
	}
	sortFindings(all)
	var got []string
	for _, f := range all {
		got = append(got, f.ID)
	}
	want(t, "order", []string{"down", "mount", "old warning", "info", "worse later", "pending", "store", "lost", "secret", "soon"}, got)
}

// TestAgeOfAReport checks that the age of a report is computed when it is requested.
func TestAgeOfAReport(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	w.show(cluster("a")...)
	e := w.evaluator(testRules())
	if r := w.report(e); r.AgeSeconds != 0 {
		t.Errorf("a new report is %v s old", r.AgeSeconds)
	}
	w.now = w.now.Add(31500 * time.Millisecond)
	r, err := e.Report(t.Context())
	if err != nil || r.AgeSeconds != 31.5 || r.Age() != 31500*time.Millisecond {
		t.Errorf("a report of 31.5 s ago is %v s old, %v", r.AgeSeconds, err)
	}
}
