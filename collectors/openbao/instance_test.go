// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
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
	var got []string
	for line := range strings.Lines(text.String()) {
		if strings.Contains(line, "s3cr3t") {
			t.Errorf("logged: %s", line)
		}
		if strings.Contains(line, "endpoint=sys/leader") {
			level, rest, _ := strings.Cut(line[strings.Index(line, "level=")+6:], " ")
			_, reason, _ := strings.Cut(rest, "endpoint=sys/leader ")
			reason, _, _ = strings.Cut(strings.TrimSpace(reason), " ")
			got = append(got, level+" "+reason)
		}
	}
	want := []string{"WARN reason=http", "WARN reason=forbidden", "INFO was=forbidden"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("logged (-want +got):\n%s", diff)
	}
}

// TestDetailsAreAskedWhenTheyAreDue: after their interval, and at once if they
// failed.
func TestDetailsAreAskedWhenTheyAreDue(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	b.o.Details.Audit = true
	b.o.Interval, b.o.Timeout = config.Duration(5*time.Millisecond), config.Duration(5*time.Second)
	active := b.nodes["openbao-0"]
	active.set("sys/audit", reply(http.StatusForbidden, `{}`))
	i := b.start(t)
	run(t, i)
	const crl = "pki/issuer/aaaaaaaa-0000-0000-0000-000000000001/crl"
	eventually(t, "five tries", func() bool { return active.count("sys/audit") >= 5 })
	active.set("sys/audit", nil)
	eventually(t, "answered", func() bool { return rowsOf(t, b.site)[row("audit_devices", "type", "file")] == "1" })
	if n := active.count(crl); n != 1 {
		t.Errorf("the revocation list was asked for %d times", n)
	}
	asked, rounds := active.count("sys/audit"), active.count("sys/mounts")
	eventually(t, "three rounds", func() bool { return active.count("sys/mounts") >= rounds+3 })
	if n := active.count("sys/audit"); n != asked {
		t.Errorf("the audit devices were asked for again: %d, %d", asked, n)
	}
	b.clock.add(5 * time.Minute)
	eventually(t, "due again", func() bool { return active.count("sys/audit") > asked && active.count(crl) > 1 })
}
