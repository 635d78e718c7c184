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

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestStatus: an instance is up as long as any node answers, whatever it says, and
// every failure is counted.
func TestStatus(t *testing.T) {
	b := newBao(t, "all-sealed", nil)
	i := b.start(t)
	if s := i.Status(); s.Up || !s.LastSuccess.IsZero() || len(s.Errors) != 0 || i.Settled() {
		t.Errorf("before the first round: %+v, settled %v", s, i.Settled())
	}
	before := time.Now()
	i.askNodesOnce(t.Context())
	first := i.Status()
	if !first.Up || first.LastSuccess.Before(before) || first.Took <= 0 || len(first.Errors) != 0 {
		t.Errorf("all sealed: %+v", first)
	}
	for _, n := range []string{"openbao-0", "openbao-1"} {
		b.nodes[n].set("sys/health", reply(http.StatusInternalServerError, `{}`))
	}
	i.askNodesOnce(t.Context())
	if s := i.Status(); !s.Up || !s.LastSuccess.After(first.LastSuccess) || s.Errors["http"] != 2 {
		t.Errorf("one answers: %+v", s)
	}
	b.nodes["openbao-2"].set("sys/health", reply(http.StatusOK, `<html>`))
	last := i.Status().LastSuccess
	i.askNodesOnce(t.Context())
	s := i.Status()
	if diff := cmp.Diff(map[string]uint64{"http": 4, "decode": 1}, s.Errors); s.Up || !s.LastSuccess.Equal(last) || diff != "" {
		t.Errorf("none answers: %+v\n%s", s, diff)
	}
	s.Errors["http"] = 99 // of the caller
	if i.Status().Errors["http"] != 4 {
		t.Error("the status is not a copy")
	}
}

// TestAFailureIsLoggedWhenItBegins and when it ends, not in between.
func TestAFailureIsLoggedWhenItBegins(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	var text bytes.Buffer
	b.site.Log = slog.New(slog.NewTextHandler(&text, nil))
	i := b.start(t)
	fails := reply(http.StatusInternalServerError, `{"errors":["s3cr3t"]}`)
	for _, h := range []http.HandlerFunc{fails, fails, reply(http.StatusForbidden, ``), nil, nil} {
		b.nodes["openbao-1"].set("sys/leader", h)
		i.askNodesOnce(t.Context())
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

// TestDetailsAreAskedWhenTheyAreDue: after their interval, and sooner if they
// failed, but ever more slowly.
func TestDetailsAreAskedWhenTheyAreDue(t *testing.T) {
	const crl = "pki/issuer/aaaaaaaa-0000-0000-0000-000000000001/crl"
	begin := func(t *testing.T, interval time.Duration) (*bao, *stub) {
		t.Helper()
		b := newBao(t, "healthy-2.4", nil)
		b.o.Auth.TokenFile = tokenFile(t, testToken)
		b.o.Details.Audit, b.o.Details.Interval = true, config.Duration(interval)
		b.o.Interval, b.o.Timeout = config.Duration(5*time.Millisecond), config.Duration(5*time.Second)
		b.nodes["openbao-0"].set("sys/audit", reply(http.StatusForbidden, `{}`))
		run(t, start(b.o, b.site))
		return b, b.nodes["openbao-0"]
	}
	t.Run("interval", func(t *testing.T) {
		_, active := begin(t, 50*time.Millisecond)
		testutil.Until(t, "asked again", func() bool { return active.count(crl) >= 3 })
		if rounds, lists := active.count("sys/mounts"), active.count(crl); rounds <= lists {
			t.Errorf("the revocation list was asked for %d times in %d rounds", lists, rounds)
		}
	})
	t.Run("failure", func(t *testing.T) {
		b, active := begin(t, time.Hour)
		testutil.Until(t, "four tries", func() bool { return active.count("sys/audit") >= 4 })
		if rounds, tries := active.count("sys/mounts"), active.count("sys/audit"); rounds <= tries {
			t.Errorf("tried %d times in %d rounds", tries, rounds)
		}
		active.set("sys/audit", nil)
		testutil.Until(t, "answered", func() bool { return rowsOf(t, b.site)[row("audit_devices", "type", "file")] == "1" })
		asked, rounds := active.count("sys/audit"), active.count("sys/mounts")
		testutil.Until(t, "three rounds", func() bool { return active.count("sys/mounts") >= rounds+3 })
		if n := active.count("sys/audit"); n != asked {
			t.Errorf("the audit devices were asked for again: %d, %d", asked, n)
		}
		if n := active.count(crl); n != 1 {
			t.Errorf("the revocation list was asked for %d times", n)
		}
	})
}

// TestDetailsGoWithTheLeader although they are not due: nobody is there to confirm
// them.
func TestDetailsGoWithTheLeader(t *testing.T) {
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
	testutil.Until(t, "said why", func() bool { return rowsOf(t, b.site)[failing("", "pki/issuer/{issuer}/crl", ask.ReasonSealed)] == "1" })
	for _, n := range b.nodes {
		n.set("sys/health", nil)
	}
	testutil.Until(t, "back", func() bool { return rowsOf(t, b.site)[crl] != "" })
}
