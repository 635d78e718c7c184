// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// TestSilentPeerDelaysNothing checks that alerts of all peers are merged, and that a peer that does
// not answer delays nothing and removes nothing.
func TestSilentPeerDelaysNothing(t *testing.T) {
	t.Parallel()
	c := newClock()
	one, two := newFakeAlertmanager(t, c, "/eu/am", httptest.NewServer), newFakeAlertmanager(t, c, "", httptest.NewServer)
	slow := newFakeAlertmanager(t, c, "", httptest.NewServer)
	slow.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client is gone
		<-r.Context().Done()
		return true
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	e := newTestNotifier(c, func(a *config.Alertmanager) { a.Interval = config.Duration(400 * time.Millisecond) },
		gone.URL, slow.URL, one.URL+"/eu/am",
		two.URL)
	one.foreignAlerts = alertJSON(map[string]string{"alertname": "Watchdog", "cluster": "a"}, "active", "")
	two.foreignAlerts = one.foreignAlerts + "," + alertJSON(map[string]string{"alertname": "KubeDown", "cluster": "a"}, "suppressed", "1")
	one.silences = silenceJSON("1", "active", matcherJSON("alertname", "KubeDown", "true", "false"))
	two.silences = "[" // is not asked
	e.firing = []Alert{alertOf("BaoDown", "a", c.now())}
	c.move(10 * time.Minute)
	e.Round(t.Context())
	for i, am := range []*fakeAlertmanager{one, two} {
		if len(am.firingAlerts()) != 1 {
			t.Errorf("%d has %v", i, am.firingAlerts())
		}
	}
	name := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	want := fmt.Sprintf(`alerts{state="active"} 2
alerts{state="suppressed"} 1
alerts{state="unprocessed"} 0
errors_total{reason="http"} 2
errors_total{reason="timeout"} 2
fallback_active 1
last_success_timestamp_seconds{alertmanager="%[3]s/eu/am"} 1795521600
last_success_timestamp_seconds{alertmanager="%[4]s"} 1795521600
pushed_alerts_total{alertmanager="%[1]s"} 0
pushed_alerts_total{alertmanager="%[2]s"} 0
pushed_alerts_total{alertmanager="%[3]s/eu/am"} 1
pushed_alerts_total{alertmanager="%[4]s"} 1
pushes_failed_total{alertmanager="%[1]s"} 1
pushes_failed_total{alertmanager="%[2]s"} 1
pushes_failed_total{alertmanager="%[3]s/eu/am"} 0
pushes_failed_total{alertmanager="%[4]s"} 0
silences 1
up{alertmanager="%[1]s"} 0
up{alertmanager="%[2]s"} 0
up{alertmanager="%[3]s/eu/am"} 1
up{alertmanager="%[4]s"} 1`, name(gone), name(slow.Server), name(one.Server), name(two.Server))
	want = strings.ReplaceAll(want, "1795521600", fmt.Sprint(c.now().Unix()))
	if diff := cmp.Diff(want, e.scrape(t)); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, e.log)
	}
	// Alerts stay for a while, and are then unknown.
	fail := func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true }
	one.set(func() { one.intercept = fail })
	two.set(func() { two.intercept = fail })
	c.move(400 * time.Millisecond)
	e.Round(t.Context())
	down := map[string]string{"alertname": "KubeDown", "cluster": "a"}
	if s, ok := e.FindState(down); !ok || s.SilencedBy[0] != "1" {
		t.Errorf("%+v %v", s, ok)
	}
	if _, ok := e.FindSilence(down); !ok {
		t.Error("not silenced")
	}
	c.move(2 * time.Second)
	if s, ok := e.FindState(down); ok {
		t.Errorf("%+v", s)
	}
	if s, ok := e.FindSilence(down); ok || strings.Contains(e.scrape(t), "silences") || strings.Contains(e.scrape(t), "alerts{") {
		t.Errorf("%+v\n%s", s, e.scrape(t))
	}
}

// TestInvalidAnswers checks that each invalid answer is an error with a reason, and that the log
// does not quote the server.
func TestInvalidAnswers(t *testing.T) {
	t.Parallel()
	answer := func(status int, kind, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Location", "/canary")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	const page = "<html>canary</html>"
	for name, tc := range map[string]struct {
		before func(http.ResponseWriter, *http.Request) bool
		reason string
	}{
		"login page":   {answer(http.StatusOK, "text/html", page), "decode"},
		"no type":      {answer(http.StatusOK, "", "canary"), "decode"},
		"no JSON":      {answer(http.StatusOK, "application/json", page), "decode"},
		"other JSON":   {answer(http.StatusOK, "application/json", `{"canary":1}`), "decode"},
		"bad time":     {answer(http.StatusOK, "application/json", `[{"startsAt":"canary"}]`), "decode"},
		"cut":          {answer(http.StatusOK, "application/json", `[{"labels":{"canary":`), "decode"},
		"too large":    {answer(http.StatusOK, "application/json", `["`+strings.Repeat("canary", maxAnswer/6+1)), "decode"},
		"redirect":     {answer(http.StatusFound, "text/html", page), "http"},
		"unauthorized": {answer(http.StatusUnauthorized, "text/html", page), "forbidden"},
		"forbidden":    {answer(http.StatusForbidden, "text/html", page), "forbidden"},
		"not found":    {answer(http.StatusNotFound, "text/html", page), "not_found"},
		"server error": {answer(http.StatusInternalServerError, "application/json", `"canary"`), "http"},
		"bad gateway":  {answer(http.StatusBadGateway, "text/html", page), "http"},
		"hangs up": {func(w http.ResponseWriter, _ *http.Request) bool {
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = c.Close()
			}
			return true
		}, "http"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			am := newFakeAlertmanager(t, c, "", httptest.NewServer)
			am.intercept = tc.before
			e := newTestNotifier(c, nil, am.URL)
			e.Round(t.Context())
			if got := e.scrape(t); !strings.Contains(got, `errors_total{reason="`+tc.reason+`"} 1`) || !strings.Contains(got, "up{alertmanager=\""+am.Listener.Addr().String()+"\"} 0") ||
				strings.Count(got, "errors_total") != 1 || strings.Contains(got, "alerts{") {
				t.Errorf("%s\n%s", got, e.log)
			}
			if log := e.log.String(); strings.Contains(log, "canary") || strings.Count(log, "\n") != 1 {
				t.Error(log)
			}
			// It comes back.
			am.set(func() { am.intercept = nil })
			e.Round(t.Context())
			if !strings.Contains(e.scrape(t), "alerts{") || !strings.Contains(e.log.String(), "requests succeed again") {
				t.Errorf("%s\n%s", e.scrape(t), e.log)
			}
		})
	}
}

// TestCredentialsAreReadForEachRound checks that the files are read again for each round.
func TestCredentialsAreReadForEachRound(t *testing.T) {
	t.Parallel()
	c := newClock()
	am := newFakeAlertmanager(t, c, "", func(h http.Handler) *httptest.Server {
		s := httptest.NewUnstartedServer(h)
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		return s
	})
	password := "first"
	am.intercept = func(w http.ResponseWriter, r *http.Request) bool {
		if user, got, _ := r.BasicAuth(); user != "exporter" || got != password || r.UserAgent() != "cobaltcore-exporter" {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		return false
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := newTestNotifier(c, func(a *config.Alertmanager) {
		a.TLS.CAFile = filepath.Join(dir, "ca.crt")
		a.BasicAuth = config.BasicAuth{Username: "exporter", PasswordFile: filepath.Join(dir, "password")}
	}, am.URL)
	round := func(what, want string) {
		t.Helper()
		e.Round(t.Context())
		if got := e.scrape(t); !strings.Contains(got, want) {
			t.Errorf("%s: no %s in\n%s\n%s", what, want, got, e.log)
		}
	}
	up := "up{alertmanager=\"" + am.Listener.Addr().String() + "\"} 1"
	round("no CA", `errors_total{reason="tls"} 1`)
	write("ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: am.Certificate().Raw})))
	round("no password", `errors_total{reason="credentials"} 1`)
	write("password", "first\n")
	round("all there", up)
	am.set(func() { password = "second" })
	round("old password", `errors_total{reason="forbidden"} 1`)
	write("password", "second")
	round("new password", up)
	if strings.Contains(e.log.String(), "second") || strings.Contains(e.log.String(), "first") {
		t.Errorf("the log has the password: %s", e.log)
	}
	other := newTestNotifier(c, nil, am.URL)
	other.Round(t.Context())
	if !strings.Contains(other.scrape(t), `errors_total{reason="tls"} 1`) {
		t.Errorf("not verified: %s", other.scrape(t))
	}
}

// TestWithoutAlertmanagerNothingIsExported checks that a notifier without peers does nothing and has
// no rows.
func TestWithoutAlertmanagerNothingIsExported(t *testing.T) {
	t.Parallel()
	e := newTestNotifier(newClock(), func(a *config.Alertmanager) { a.Watchdog = true })
	e.Run(t.Context()) // ends
	if body := e.scrape(t, "a"); body != "" {
		t.Error(body)
	}
	if _, ok := e.FindSilence(map[string]string{"alertname": "x"}); ok {
		t.Error("silenced")
	}
	if _, ok := e.FindState(map[string]string{"alertname": "x"}); ok {
		t.Error("has a state")
	}
}
