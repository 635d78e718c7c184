// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// postedAlert is an alert as Alertmanager received it.
type postedAlert struct {
	Labels, Annotations map[string]string
	StartsAt, EndsAt    time.Time
	GeneratorURL        string
}

func (p postedAlert) String() string {
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(p.Labels)) {
		labels = append(labels, name+"="+p.Labels[name])
	}
	return strings.Join(labels, " ")
}

// fakeAlertmanager behaves as Alertmanager does: it stores the valid alerts of a batch and then
// answers 400 because of the others, and drops labels without a value.
type fakeAlertmanager struct {
	*httptest.Server

	clock  *clock
	prefix string

	mu            sync.Mutex
	intercept     func(w http.ResponseWriter, r *http.Request) bool // answers itself
	alerts        map[string]postedAlert
	posts         int
	silences      string // JSON
	foreignAlerts string // JSON of alerts that others have sent
}

func newFakeAlertmanager(t *testing.T, c *clock, prefix string, start func(http.Handler) *httptest.Server) *fakeAlertmanager {
	s := &fakeAlertmanager{clock: c, prefix: prefix, alerts: map[string]postedAlert{}, silences: "[]"}
	s.Server = start(s)
	t.Cleanup(s.Close)
	return s
}

func (s *fakeAlertmanager) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *fakeAlertmanager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.intercept != nil && s.intercept(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, s.prefix) {
	case "POST /api/v2/alerts":
		s.post(w, r)
	case "GET /api/v2/alerts":
		_, _ = io.WriteString(w, s.listAlerts())
	case "GET /api/v2/silences":
		_, _ = io.WriteString(w, s.silences)
	default:
		http.NotFound(w, r)
	}
}

func (s *fakeAlertmanager) post(w http.ResponseWriter, r *http.Request) {
	var alerts []postedAlert
	if err := json.NewDecoder(r.Body).Decode(&alerts); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.posts++
	invalid := false
	for _, a := range alerts {
		maps.DeleteFunc(a.Labels, func(_, value string) bool { return value == "" })
		if len(a.Labels) == 0 || a.EndsAt.Before(a.StartsAt) || a.Labels["alertname"] == "Invalid" {
			invalid = true
			continue
		}
		s.alerts[a.String()] = a
	}
	if invalid {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `"secret: at least one label pair required"`)
	}
}

// listAlerts is what it has that has not ended.
func (s *fakeAlertmanager) listAlerts() string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(s.alerts)) {
		if a := s.alerts[id]; a.EndsAt.After(s.clock.now()) {
			out = append(out, alertJSON(a.Labels, "active", ""))
		}
	}
	if s.foreignAlerts != "" {
		out = append(out, s.foreignAlerts)
	}
	return "[" + strings.Join(out, ",") + "]"
}

// alertJSON is an alert in an answer.
func alertJSON(labels map[string]string, state, silencedBy string) string {
	text, _ := json.Marshal(labels)
	h := fnv.New64()
	_, _ = h.Write(text)
	ids := "[]"
	if silencedBy != "" {
		ids = fmt.Sprintf("[%q]", silencedBy)
	}
	return fmt.Sprintf(`{"labels":%s,"annotations":{},"fingerprint":"%x","startsAt":"2026-11-24T11:00:00.000Z","endsAt":"2026-11-24T13:00:00.000Z",
		"updatedAt":"2026-11-24T11:00:00.000Z","receivers":[{"name":"r"}],"status":{"state":%q,"silencedBy":%s,"inhibitedBy":[],"mutedBy":[]}}`,
		text, h.Sum64(), state, ids)
}

// firingAlerts are the alerts that it has, with their times relative to the clock.
func (s *fakeAlertmanager) firingAlerts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []string{}
	for _, id := range slices.Sorted(maps.Keys(s.alerts)) {
		if a := s.alerts[id]; a.EndsAt.After(s.clock.now()) {
			out = append(out, fmt.Sprintf("%s | %s .. %s", id, a.StartsAt.Sub(s.clock.now()), a.EndsAt.Sub(s.clock.now())))
		}
	}
	return out
}

// testNotifier is a notifier with its clock, log and alerts.
type testNotifier struct {
	*Notifier

	clock   *clock
	scrapes *Scrapes
	log     *strings.Builder
	firing  []Alert
}

func newTestNotifier(c *clock, change func(*config.Alertmanager), urls ...string) *testNotifier {
	e := &testNotifier{clock: c, scrapes: NewScrapes(c.now), log: &strings.Builder{}}
	cfg := config.Default().Alertmanager
	cfg.URLs = urls
	if change != nil {
		change(&cfg)
	}
	e.Notifier = New(Options{
		Config: cfg, ClusterLabel: "cluster", Scrapes: e.scrapes, Now: c.now, Log: slog.New(slog.NewTextHandler(e.log, nil)),
		Firing: func() []Alert { return e.firing },
	})
	return e
}

// scrape is what /metrics shows of it.
func (e *testNotifier) scrape(t *testing.T, clusters ...string) string {
	t.Helper()
	x, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	groups := e.Groups(x)
	for _, c := range clusters {
		groups = append(groups, e.ClusterGroups(x, c)...)
	}
	x.Swap(nil, groups)
	w := httptest.NewRecorder()
	(&exposition.Handler{Exposition: x}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	var rows []string
	for line := range strings.Lines(w.Body.String()) {
		if !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.TrimPrefix(strings.TrimSpace(line), "cobaltcore_alertmanager_"))
		}
	}
	return strings.Join(rows, "\n")
}

func alertOf(name, cluster string, since time.Time) Alert {
	return Alert{
		Labels:      map[string]string{"alertname": name, "cluster": cluster, "severity": "critical", "empty": ""},
		Annotations: map[string]string{"summary": name + " fires", "none": ""}, StartsAt: since,
	}
}
