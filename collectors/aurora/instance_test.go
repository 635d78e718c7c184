// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestNoConnection checks the reasons of failed connections.
func TestNoConnection(t *testing.T) {
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		dial   httpclient.DialFunc
		reason string
	}{
		"refused": {func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, closed.Addr().String())
		}, "http"},
		"no such name": {func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "aurora.test", IsNotFound: true}
		}, "http"},
		"black hole": {func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, "timeout"},
		"accepted, and nothing more": {func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			t.Cleanup(func() { _ = far.Close() })
			return near, nil
		}, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDashboard(t, nil)
			d.a.URL, d.a.Timeout = "https://aurora.test", config.Duration(300*time.Millisecond)
			works := d.site.Dial
			d.site.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if strings.HasPrefix(address, "aurora.test") {
					return tc.dial(ctx, network, address)
				}
				return works(ctx, network, address)
			}
			i := d.start()
			i.runChecks(t.Context())
			want := map[string]string{"up": "0", `check_success{check="keystone"}`: "1"}
			for _, check := range []string{"csrf_token", "session", "page"} {
				want[`check_success{check="`+check+`"}`] = "0"
				want[`check_failing{check="`+check+`",reason="`+tc.reason+`"}`] = "1"
				want[`http_status_code{check="`+check+`"}`] = ""
			}
			rowsOf(t, d.site).want(t, want)
			if s := i.Status(); s.Up || s.Errors[tc.reason] != 3 || !s.LastSuccess.IsZero() {
				t.Errorf("status %+v", s)
			}
		})
	}
}

// TestKeystoneIsNotPartOfAurora checks that neither delays the other one or makes it fail.
func TestKeystoneIsNotPartOfAurora(t *testing.T) {
	d := newDashboard(t, nil)
	release := make(chan struct{})
	d.set("/v3", func(w http.ResponseWriter, r *http.Request) {
		<-release
		reply(http.StatusServiceUnavailable, "text/html", "")(w, r)
	})
	i := d.start()
	done := make(chan struct{})
	go func() { defer close(done); i.runChecks(t.Context()) }()
	testutil.Until(t, "up", func() bool { return rowsOf(t, d.site)["up"] == "1" })
	rowsOf(t, d.site).want(t, map[string]string{`check_success{check="keystone"}`: "", "up": "1"})
	if i.Settled() {
		t.Error("settled before Keystone has answered")
	}
	close(release)
	<-done
	rowsOf(t, d.site).want(t, map[string]string{"up": "1", `check_failing{check="keystone",reason="http"}`: "1", `http_status_code{check="keystone"}`: "503"})
	if s := i.Status(); !s.Up || !i.Settled() || s.Errors["http"] != 1 || s.LastSuccess.IsZero() || s.Took <= 0 {
		t.Errorf("status %+v", s)
	}
}

// TestKeystoneIsCheckedIfConfigured checks that Keystone is probed only if it is configured.
func TestKeystoneIsCheckedIfConfigured(t *testing.T) {
	d := newDashboard(t, nil)
	d.a.KeystoneURL = ""
	d.start().runChecks(t.Context())
	rows := rowsOf(t, d.site)
	if diff := cmp.Diff([]string{`check="csrf_token"`, `check="page"`, `check="session"`}, rows.with("check_success")); diff != "" {
		t.Error(diff)
	}
}

// TestPhases checks that completed phases have a row, and that their sum is the duration of the check.
func TestPhases(t *testing.T) {
	d := newDashboard(t, nil)
	d.a.Timeout = config.Duration(time.Second)
	d.set(sessionPath, trickle)
	d.set("/v3", hang)
	d.start().runChecks(t.Context())
	want := []string{
		`check="csrf_token",phase="connect"`, `check="csrf_token",phase="processing"`, `check="csrf_token",phase="transfer"`,
		`check="keystone",phase="connect"`,
		`check="page",phase="connect"`, `check="page",phase="processing"`, `check="page",phase="transfer"`,
		`check="session",phase="connect"`, `check="session",phase="processing"`,
	}
	if diff := cmp.Diff(want, rowsOf(t, d.site).with("probe_duration_seconds")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestStopwatch uses a clock that advances by one second with each call.
func TestStopwatch(t *testing.T) {
	seconds := int64(0)
	s := newStopwatch()
	s.now = func() time.Time { seconds++; return time.Unix(seconds, 0) }
	trace := s.trace()
	for range 2 { // two requests, as after a redirect
		trace.GetConn("")
		trace.DNSStart(struct{ Host string }{})
		trace.DNSDone(struct {
			Addrs     []net.IPAddr
			Err       error
			Coalesced bool
		}{})
		trace.ConnectDone("", "", errors.New("the first address"))
		trace.ConnectDone("", "", nil)
		trace.ConnectDone("", "", nil) // too late
	}
	if diff := cmp.Diff(map[string]time.Duration{resolve: 2 * time.Second, connect: 2 * time.Second}, s.phases()); diff != "" {
		t.Error(diff)
	}
}

// TestHistogram checks that the histogram counts successful checks for the lifetime of the probe.
func TestHistogram(t *testing.T) {
	d := newDashboard(t, nil)
	i := d.start()
	i.runChecks(t.Context())
	d.set(sessionPath, fallback)
	i.runChecks(t.Context())
	i.runChecks(t.Context())
	rows := rowsOf(t, d.site)
	rows.want(t, map[string]string{
		`request_duration_seconds_count{check="csrf_token"}`:            "3",
		`request_duration_seconds_count{check="session"}`:               "1",
		`request_duration_seconds_bucket{check="session",le="+Inf"}`:    "1",
		`request_duration_seconds_bucket{check="csrf_token",le="10.0"}`: "3",
	})
	if sum := rows[`request_duration_seconds_sum{check="csrf_token"}`]; sum == "" || sum == "0" {
		t.Errorf("the sum is %q", sum)
	}
}

// TestRun probes repeatedly, and ends at once during a check.
func TestRun(t *testing.T) {
	d := newDashboard(t, nil)
	d.a.Interval = config.Duration(10 * time.Millisecond)
	probes := Collector{Instances: []config.Aurora{d.a, {Name: "elsewhere", Cluster: "storage"}}}.Probes(d.site)
	if len(probes) != 1 {
		t.Fatalf("%d probes", len(probes))
	}
	p := probes[0]
	d.site.Exposition.Swap(nil, p.Groups())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	testutil.Until(t, "settled", p.Settled)
	testutil.Until(t, "a second round", func() bool { return rowsOf(t, d.site)[`request_duration_seconds_count{check="page"}`] > "1" })
	reached := make(chan struct{}, 100)
	d.set("/", func(w http.ResponseWriter, r *http.Request) { reached <- struct{}{}; hang(w, r) })
	<-reached
	cancel()
	<-done
	rowsOf(t, d.site).want(t, map[string]string{"up": "1", `check_failing{check="page",reason="timeout"}`: ""})
	if s := p.Status(); !s.Up || len(s.Errors) > 0 {
		t.Errorf("the end of it counts as a failure: %+v", s)
	}
}

// TestLog checks that a failure is logged once when it begins, without text from a server.
func TestLog(t *testing.T) {
	const secret = "S3cret"
	d := newDashboard(t, nil)
	var log bytes.Buffer
	d.site.Log = slog.New(slog.NewTextHandler(&log, nil))
	d.set("/", redirect("https://user:"+secret+"@login.test/?token="+secret, 302))
	d.set(tokenPath, reply(200, "application/json", `{"csrfToken":{"`+secret+`":1}}`))
	d.set(sessionPath, reply(200, "text/"+secret, secret))
	d.set("/v3", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = conn.Write([]byte(secret + "\r\n\r\n"))
			_ = conn.Close()
		}
	})
	i := d.start()
	i.runChecks(t.Context())
	i.runChecks(t.Context())
	text := log.String()
	if strings.Contains(text, secret) || strings.Contains(collectortest.Serve(t, d.site.Exposition), secret) {
		t.Errorf("an answer is quoted:\n%s", text)
	}
	if n := strings.Count(text, "requests failed"); n != 4 {
		t.Errorf("%d lines, want 4, one for each reason:\n%s", n, text)
	}
	for _, reason := range []string{"redirect_elsewhere", "decode", "content", "http"} {
		if !strings.Contains(text, "reason="+reason) {
			t.Errorf("%s is not told:\n%s", reason, text)
		}
	}
}

var _ collectors.Probe = (*instance)(nil)
