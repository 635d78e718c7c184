// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
)

func TestRecentLeaderChanges(t *testing.T) {
	var l metrics.Leaders
	c := newClock()
	for n := range 3 {
		l.Record("a", c.now(), c.now())
		if got := l.CountRecent(c.now()); got != n {
			t.Errorf("%d recent changes, not %d", got, n)
		}
		c.add(10 * time.Minute)
	}
	for _, tc := range []struct {
		later time.Duration
		want  int
	}{{10 * time.Minute, 2}, {time.Second, 1}, {10 * time.Minute, 0}} {
		c.add(tc.later)
		if got := l.CountRecent(c.now()); got != tc.want {
			t.Errorf("%d recent changes, not %d", got, tc.want)
		}
	}
	if l.Total != 2 {
		t.Errorf("%d changes, not 2", l.Total)
	}
}

// TestFailoverCountsAsOneChange has a time without a leader between two leaders.
func TestFailoverCountsAsOneChange(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	i := b.start(t)
	first := "1.795446613268e+09"
	step := func(want map[string]string) {
		t.Helper()
		round(t.Context(), i)
		rowsOf(t, b.site).want(t, want)
		b.clock.add(15 * time.Second)
	}
	step(map[string]string{"leader_changes_total": "0", "leader_since_timestamp_seconds": first})
	was, is := b.nodes["openbao-0"], b.nodes["openbao-1"]
	was.set("sys/health", reply(http.StatusServiceUnavailable, `{"initialized":true,"sealed":true,"standby":true}`))
	was.set("sys/leader", reply(http.StatusServiceUnavailable, `{"errors":["Vault is sealed"]}`))
	for n := 1; n < 3; n++ {
		b.nodes[fmt.Sprintf("openbao-%d", n)].set("sys/ha-status", reply(http.StatusInternalServerError, `{"errors":["local node not active but active cluster node not found"]}`))
	}
	step(map[string]string{
		"leader_changes_total": "0", "leader_since_timestamp_seconds": "", `nodes{state="active"}`: "0",
		failing("", "pki/issuers", nodeapi.ReasonNoLeader): "1", failing("", "pki/issuer/{issuer}/crl", nodeapi.ReasonNoLeader): "1",
	})
	is.set("sys/health", reply(http.StatusOK, `{"initialized":true,"sealed":false,"standby":false}`))
	is.set("sys/leader", reply(http.StatusOK, `{"ha_enabled":true,"is_self":true,"active_time":"2026-11-23T15:11:41Z","leader_address":"x"}`))
	for _, path := range []string{"pki/issuers", "pki/issuer/aaaaaaaa-0000-0000-0000-000000000001/json", "pki/issuer/aaaaaaaa-0000-0000-0000-000000000001/crl"} {
		is.set(path, was.ServeHTTP)
	}
	step(map[string]string{
		"leader_changes_total": "1", "recent_leader_changes": "1", "leader_since_timestamp_seconds": "1795446701",
		row("pki_issuers", "mount", "pki"): "1", failing("", "pki/issuer/{issuer}/crl", nodeapi.ReasonNoLeader): "",
	})
	b.clock.add(30 * time.Minute)
	step(map[string]string{"leader_changes_total": "1", "recent_leader_changes": "0"})
}

// TestNewerOfTwoActiveNodesIsQueried checks the case that the previous leader still reports that it is active.
func TestNewerOfTwoActiveNodesIsQueried(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	newer := b.nodes["openbao-2"]
	newer.set("sys/health", reply(http.StatusOK, `{"initialized":true,"sealed":false,"standby":false}`))
	newer.set("sys/leader", reply(http.StatusOK, `{"ha_enabled":true,"is_self":true,"active_time":"2026-11-23T15:11:20Z","leader_address":"x"}`))
	round(t.Context(), b.start(t))
	rowsOf(t, b.site).want(t, map[string]string{`nodes{state="active"}`: "2", "leader_since_timestamp_seconds": "1795446680"})
	if newer.count("sys/mounts") != 1 || b.nodes["openbao-0"].count("sys/mounts") != 0 {
		t.Error("the cluster was asked through the older leader")
	}
}

// TestUnconfirmedStandby checks that a leader counts only if it answers through the standby, because a standby
// continues to name a dead leader.
func TestUnconfirmedStandby(t *testing.T) {
	for name, tc := range map[string]struct {
		version string
		answer  http.HandlerFunc
		known   string
	}{
		"answers":               {"2.4.0", nil, "1"},
		"2.4 redirects":         {"2.4.0", reply(http.StatusTemporaryRedirect, ""), "0"},
		"2.4 has no leader":     {"2.4.0", reply(http.StatusInternalServerError, `{"errors":["local node not active but active cluster node not found"]}`), "0"},
		"2.4 leader refuses":    {"2.4.0", reply(http.StatusForbidden, `{"errors":["permission denied"]}`), "1"},
		"2.6 refuses by itself": {"2.6.2", reply(http.StatusForbidden, `{"errors":["permission denied"]}`), "0"},
		"unknown refuses":       {"main", reply(http.StatusForbidden, `{"errors":["permission denied"]}`), "0"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBao(t, "healthy-2.4", nil)
			b.o.Auth.TokenFile = tokenFile(t, testToken)
			standby := b.nodes["openbao-1"]
			b.o.Nodes = []string{"http://openbao-1.test:8200", "http://gone.test:8200"}
			standby.set("sys/health", reply(http.StatusTooManyRequests, `{"initialized":true,"sealed":false,"standby":true,"version":"`+tc.version+`"}`))
			standby.set("sys/ha-status", tc.answer)
			if tc.answer == nil {
				standby.set("sys/ha-status", b.nodes["openbao-0"].ServeHTTP)
			}
			i := b.start(t)
			runRounds(t, i, 2) // the second round has a token
			rowsOf(t, b.site).want(t, map[string]string{
				row("node_leader_known", "node", node(1)): tc.known, `nodes{state="active"}`: "0",
			})
		})
	}
}
