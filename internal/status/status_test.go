// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// TestMerge checks that the worst part decides the merged status.
func TestMerge(t *testing.T) {
	early, late := time.Unix(100, 0), time.Unix(200, 0)
	for name, tc := range map[string]struct {
		parts []Status
		want  Status
	}{
		"nothing": {nil, Status{Up: true, Errors: map[string]uint64{}}},
		"one": {
			[]Status{{Up: true, Took: time.Second, LastSuccess: late, Errors: map[string]uint64{"tls": 1}}},
			Status{Up: true, Took: time.Second, LastSuccess: late, Errors: map[string]uint64{"tls": 1}},
		},
		"one is down": {
			[]Status{{Up: true, Took: time.Minute, LastSuccess: late}, {Took: time.Second, LastSuccess: early}, {Up: true, LastSuccess: late}},
			Status{Took: time.Minute, LastSuccess: early, Errors: map[string]uint64{}},
		},
		"one never had success": {
			[]Status{{Up: true, LastSuccess: late}, {}, {Up: true, LastSuccess: early}},
			Status{LastSuccess: early, Errors: map[string]uint64{}},
		},
		"the first that is not up has the reason": {
			[]Status{{Up: true, Reason: "tls"}, {}, {Reason: "http"}, {Reason: "dns"}}, Status{Reason: "http", Errors: map[string]uint64{}},
		},
		"none had success": {[]Status{{}, {}}, Status{Errors: map[string]uint64{}}},
		"errors are added": {
			[]Status{{Up: true, Errors: map[string]uint64{"tls": 1, "http": 2}}, {Up: true}, {Up: true, Errors: map[string]uint64{"http": 3}}},
			Status{Up: true, Errors: map[string]uint64{"tls": 1, "http": 5}},
		},
	} {
		if diff := cmp.Diff(tc.want, Merge(tc.parts...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestMergeChangesNoPart checks that merging does not change the counters of the parts.
func TestMergeChangesNoPart(t *testing.T) {
	part := Status{Errors: map[string]uint64{"tls": 1}}
	Merge(part, part).Errors["tls"]++
	if part.Errors["tls"] != 1 {
		t.Errorf("%d errors, not 1", part.Errors["tls"])
	}
}

// TestGroupAsksAtEveryScrape.
func TestGroupAsksAtEveryScrape(t *testing.T) {
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	now := Status{}
	e.Swap(nil, []*exposition.Group{Group(e, "management", "openbao", func() Status { return now }, func() Status { return Status{Up: true} })})
	const labels = `{cluster="management",collector="openbao"`
	for _, tc := range []struct {
		status Status
		want   []string
	}{
		{Status{}, []string{
			"cobaltcore_collector_up" + labels + "} 0", "cobaltcore_collector_duration_seconds" + labels + "} 0",
			"cobaltcore_collector_failing" + labels + `,reason="incomplete"} 1`,
		}},
		{
			Status{Up: true, Took: 1500 * time.Millisecond, LastSuccess: time.Unix(100, 0), Errors: map[string]uint64{"tls": 2, "http": 1}},
			[]string{
				"cobaltcore_collector_up" + labels + "} 1", "cobaltcore_collector_duration_seconds" + labels + "} 1.5",
				"cobaltcore_collector_last_success_timestamp_seconds" + labels + "} 100",
				"cobaltcore_collector_errors_total" + labels + `,reason="http"} 1`, "cobaltcore_collector_errors_total" + labels + `,reason="tls"} 2`,
			},
		},
	} {
		now = tc.status
		w := httptest.NewRecorder()
		(&exposition.Handler{Exposition: e}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
		text := w.Body.String()
		got := map[string]bool{}
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "#") {
				got[strings.TrimSpace(line)] = true
			}
		}
		want := map[string]bool{}
		for _, line := range tc.want {
			want[line] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if problems, err := promlint.New(strings.NewReader(text)).Lint(); err != nil || len(problems) > 0 {
			t.Errorf("promlint: %v %v", problems, err)
		}
	}
}

// TestOverBudget checks that dropped objects are counted, including those that do not belong to a watched kind.
func TestOverBudget(t *testing.T) {
	wide := &exposition.Family{Name: "cobaltcore_wide", Type: exposition.Gauge, Labels: []string{"cluster", "name"}, Help: "Wide."}
	e, err := exposition.New(exposition.Options{MaxText: exposition.TextLimits{Kind: 100}}, append(Families(), wide)...)
	if err != nil {
		t.Fatal(err)
	}
	derived := e.Group(exposition.Key{Cluster: "management", Collector: "openbao", Kind: "nodes"}, []*exposition.Family{wide})
	e.Swap(nil, []*exposition.Group{derived, Group(e, "management", "openbao", func() Status { return Status{Up: true} })})
	derived.Set("a", derived.Rows(), func(r *exposition.Rows) { r.Add(wide, 1, strings.Repeat("x", 200)) })
	w := httptest.NewRecorder()
	(&exposition.Handler{Exposition: e}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	const want = `cobaltcore_collector_objects_over_budget{cluster="management",collector="openbao",kind="nodes",scope="kind"} 1`
	if !strings.Contains(w.Body.String(), want) {
		t.Errorf("%s is missing in:\n%s", want, w.Body)
	}
}
