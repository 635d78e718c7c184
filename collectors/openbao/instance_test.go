// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"bytes"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestStatus checks that an instance is up as long as any node sends any answer, and that all failures are counted.
func TestStatus(t *testing.T) {
	b := newBao(t, "all-sealed", nil)
	i := b.start(t)
	if s := i.Status(); s.Up || !s.LastSuccess.IsZero() || len(s.Errors) != 0 || i.Settled() {
		t.Errorf("before the first round: %+v, settled %v", s, i.Settled())
	}
	before := time.Now()
	i.pollNodesOnce(t.Context())
	first := i.Status()
	if !first.Up || first.LastSuccess.Before(before) || first.Took <= 0 || len(first.Errors) != 0 {
		t.Errorf("all sealed: %+v", first)
	}
	for _, n := range []string{"openbao-0", "openbao-1"} {
		b.nodes[n].set("sys/health", reply(http.StatusInternalServerError, `{}`))
	}
	i.pollNodesOnce(t.Context())
	if s := i.Status(); !s.Up || !s.LastSuccess.After(first.LastSuccess) || s.Errors["http"] != 2 {
		t.Errorf("one answers: %+v", s)
	}
	b.nodes["openbao-2"].set("sys/health", reply(http.StatusOK, `<html>`))
	last := i.Status().LastSuccess
	i.pollNodesOnce(t.Context())
	s := i.Status()
	if diff := cmp.Diff(map[string]uint64{"http": 4, "decode": 1}, s.Errors); s.Up || !s.LastSuccess.Equal(last) || diff != "" {
		t.Errorf("none answers: %+v\n%s", s, diff)
	}
	s.Errors["http"] = 99 // changes only the copy of the caller
	if i.Status().Errors["http"] != 4 {
		t.Error("the status is not a copy")
	}
}

// TestFailureIsLoggedAtOnset also checks the log when the failure ends, and that nothing is logged in between.
func TestFailureIsLoggedAtOnset(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	var text bytes.Buffer
	b.site.Log = slog.New(slog.NewTextHandler(&text, nil))
	i := b.start(t)
	fails := reply(http.StatusInternalServerError, `{"errors":["s3cr3t"]}`)
	for _, h := range []http.HandlerFunc{fails, fails, reply(http.StatusForbidden, ``), nil, nil} {
		b.nodes["openbao-1"].set("sys/leader", h)
		i.pollNodesOnce(t.Context())
	}
	logged := regexp.MustCompile(`(level|reason)=\w+`)
	var got []string
	for line := range strings.Lines(text.String()) {
		if strings.Contains(line, "s3cr3t") {
			t.Errorf("logged: %s", line)
		}
		if strings.Contains(line, "endpoints=sys/leader") {
			got = append(got, strings.Join(logged.FindAllString(line, -1), " "))
		}
	}
	want := []string{"level=WARN reason=http", "level=WARN reason=forbidden", "level=INFO"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("logged (-want +got):\n%s", diff)
	}
}

// TestDetailsArePolledWhenDue checks requests after the interval, and retries after failures with growing pauses.
func TestDetailsArePolledWhenDue(t *testing.T) {
	const (
		crl   = "pki/issuer/aaaaaaaa-0000-0000-0000-000000000001/crl"
		audit = "sys/audit"
	)
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	b.o.Interval, b.o.Details.Audit, b.o.Details.Interval = config.Duration(time.Minute), true, config.Duration(10*time.Minute)
	active := b.nodes["openbao-0"]
	active.set(audit, reply(http.StatusForbidden, `{}`))
	i := b.start(t)
	begin := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var lists, tries []int // minutes of the requests
	for minute := range 32 {
		if minute == 16 {
			active.set(audit, nil)
		}
		asked := [2]int{active.count(crl), active.count(audit)}
		runRounds(t, i, 1)
		for _, d := range i.details {
			i.pollDetailIfDue(t.Context(), d, func() time.Time { return begin.Add(time.Duration(minute) * time.Minute) })
		}
		if active.count(crl) > asked[0] {
			lists = append(lists, minute)
		}
		if active.count(audit) > asked[1] {
			tries = append(tries, minute)
		}
	}
	if diff := cmp.Diff([]int{0, 10, 20, 30}, lists); diff != "" {
		t.Errorf("the revocation list was asked for in minutes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0, 1, 3, 7, 15, 25}, tries); diff != "" {
		t.Errorf("the audit devices were asked for in minutes (-want +got):\n%s", diff)
	}
	if got := rowsOf(t, b.site)[row("audit_devices", "type", "file")]; got != "1" {
		t.Errorf("audit devices: %q", got)
	}
}

// TestDetailsNeedALeader checks that details are withdrawn without a leader, even before they are due.
func TestDetailsNeedALeader(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Interval, b.o.Timeout = config.Duration(5*time.Millisecond), config.Duration(5*time.Second)
	i := b.start(t)
	run(t, i)
	crl := row("pki_crl_next_update_timestamp_seconds", "mount", "pki", "issuer_id", "aaaaaaaa-0000-0000-0000-000000000001")
	testutil.Until(t, "there", func() bool { return rowsOf(t, b.site)[crl] != "" })
	for _, n := range b.nodes {
		n.set("sys/health", reply(http.StatusServiceUnavailable, sealedHealth))
	}
	testutil.Until(t, "gone", func() bool { return rowsOf(t, b.site)[crl] == "" })
	testutil.Until(t, "reason in the log", func() bool {
		return rowsOf(t, b.site)[failing("", "pki/issuer/{issuer}/crl", nodeapi.ReasonSealed)] == "1"
	})
	for _, n := range b.nodes {
		n.set("sys/health", nil)
	}
	testutil.Until(t, "back", func() bool { return rowsOf(t, b.site)[crl] != "" })
}
