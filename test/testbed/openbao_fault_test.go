// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build testbed

package testbed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func leaderAddress(t *testing.T, ctx context.Context, n *OpenBaoNode) string {
	t.Helper()
	_, answer := get(t, ctx, n, "sys/leader")
	address, _ := answer["leader_address"].(string)
	return address
}

// TestOpenBaoFaults checks all ways to lose the leader, and both ways to lose the quorum.
func TestOpenBaoFaults(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := startOpenBao(t, ctx, OpenBaoOptions{})
	must(t, b.WaitVoters(ctx, 3))

	first, err := b.Leader(ctx)
	must(t, err)
	begin := time.Now()
	must(t, first.Seal(ctx))
	second, err := b.WaitActive(ctx)
	must(t, err)
	t.Logf("after the seal of %s, %s is active after %s", first.Name, second.Name, time.Since(begin).Round(time.Millisecond))
	if status, err := first.Health(ctx); status != 503 || first == second {
		t.Errorf("the sealed leader has status %d, %v; the new one is %s", status, err, second.Name)
	}
	must(t, first.Stop())
	must(t, first.Start(ctx))
	must(t, first.WaitStatus(ctx, http.StatusTooManyRequests))
	// A node may be a standby before it has contact with the leader. The next election would then take half a minute.
	must(t, b.WaitVoters(ctx, 3))

	begin = time.Now()
	must(t, second.Freeze())
	third, err := b.WaitActive(ctx)
	must(t, err)
	t.Logf("after the freeze of %s, %s is active after %s", second.Name, third.Name, time.Since(begin).Round(time.Millisecond))
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if status, err := second.Health(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a frozen node answers %d, %v", status, err)
	}
	must(t, second.Thaw())
	must(t, second.WaitStatus(ctx, http.StatusTooManyRequests))
	must(t, b.WaitVoters(ctx, 3))

	loseQuorum(t, ctx, b, true)
	loseQuorum(t, ctx, b, false)
}

// loseQuorum kills two of three nodes. The remaining node reports that there is no leader only if it was the leader itself: a standby
// continues to name the dead one.
func loseQuorum(t *testing.T, ctx context.Context, b *OpenBao, leaderSurvives bool) {
	t.Helper()
	leader, err := b.Leader(ctx)
	must(t, err)
	others := slices.DeleteFunc(slices.Clone(b.Nodes), func(n *OpenBaoNode) bool { return n == leader })
	survivor, killed, address, status := leader, others, "", http.StatusInternalServerError
	if !leaderSurvives {
		survivor, killed, address, status = others[0], []*OpenBaoNode{others[1], leader}, leader.Address, http.StatusTemporaryRedirect
	}
	for _, n := range killed {
		must(t, n.Kill())
	}
	begin := time.Now()
	must(t, survivor.WaitStatus(ctx, http.StatusTooManyRequests))
	must(t, Poll(ctx, waitDeadline, func(ctx context.Context) error {
		if !strings.Contains(survivor.Process().LogTail(), "Election timeout reached") {
			return errors.New("the survivor has not failed to become the leader yet")
		}
		if got := leaderAddress(t, ctx, survivor); got != address {
			return fmt.Errorf("the survivor names the leader %q, not %q", got, address)
		}
		if got, answer := get(t, ctx, survivor, "sys/mounts"); got != status {
			return fmt.Errorf("the survivor answers %d %v, not %d", got, answer, status)
		}
		return nil
	}))
	t.Logf("without leader after %s", time.Since(begin).Round(time.Millisecond))
	if n, err := b.Leader(ctx); err == nil {
		t.Errorf("%s is active", n.Name)
	}
	begin = time.Now()
	for _, n := range killed {
		must(t, n.Start(ctx))
	}
	leader, err = b.WaitActive(ctx)
	must(t, err)
	t.Logf("%s is active %s after the restart", leader.Name, time.Since(begin).Round(time.Millisecond))
	for _, n := range b.Nodes {
		must(t, n.WaitStatus(ctx, http.StatusOK, http.StatusTooManyRequests))
	}
	must(t, b.WaitVoters(ctx, 3))
}
