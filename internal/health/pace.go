// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"time"
)

const (
	// settleDelay is the delay between a change and its evaluation, because changes usually come in groups.
	settleDelay = 200 * time.Millisecond
	// minRest is the minimum time between two evaluations. While many objects change, evaluations take longer, and the rest is
	// restShare times as long, up to maxRest, with which a change is still in the report within two seconds.
	minRest   = 500 * time.Millisecond
	restShare = 50
	maxRest   = 1500 * time.Millisecond
	// pollInterval is the interval at which rows without change signals are read, see
	// [exposition.Exposition.Func]. pollShare extends it if reading takes long: 0.3 ms for each
	// cluster, at most 0.5 % of a core.
	pollInterval = time.Second
	pollShare    = 199
	// share limits the average CPU time of evaluations to 1/share of the elapsed time: 2 % of a core.
	share = 50
	// maxCredit is the CPU time that is available at once after an idle time, so that single changes are evaluated without
	// delay. With 50,000 objects, an evaluation takes 40 ms.
	maxCredit = 500 * time.Millisecond
)

// pacer schedules the evaluations: soon after a change, and at every interval, because rules depend
// on the time.
type pacer struct {
	interval time.Duration
	// changed returns a channel that is closed at the next change of any row.
	changed func() <-chan struct{}
	// isOutdated reports whether rows that rules select have changed.
	isOutdated func() bool
	evaluate   func()
}

// run evaluates until ctx ends.
func (p pacer) run(ctx context.Context) {
	b := budget{credit: maxCredit}
	for ctx.Err() == nil {
		changed := p.changed()
		took := b.spend(p.evaluate)
		pause := restAfter(p.interval, took, b.wait(time.Now()))
		due := time.NewTimer(max(pause, p.interval-took))
		if sleep(ctx, pause) {
			p.wait(ctx, &b, changed, due.C)
		}
		due.Stop()
	}
}

// wait waits until rows that rules select have changed, or until the next evaluation is due.
func (p pacer) wait(ctx context.Context, b *budget, changed <-chan struct{}, due <-chan time.Time) {
	poll := time.NewTimer(pollInterval)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-due:
			return
		case <-changed:
			sleep(ctx, settleDelay)
		case <-poll.C:
		}
		changed = p.changed() // later changes start the next wait
		outdated := false
		took := b.spend(func() { outdated = p.isOutdated() })
		if outdated {
			return
		}
		sleep(ctx, min(b.wait(time.Now()), p.interval))
		poll.Reset(max(pollInterval, pollShare*took))
	}
}

// restAfter returns the pause after an evaluation that took a given time. It keeps reports younger than two intervals,
// unless one evaluation takes longer than an interval.
func restAfter(interval, took, wait time.Duration) time.Duration {
	rest := min(max(minRest, restShare*took), maxRest)
	return min(max(rest, wait), max(2*interval-took, interval))
}

// budget is the CPU time available for evaluations. It grows with time, up to a limit.
type budget struct {
	credit time.Duration // negative if more CPU time was used than available
	at     time.Time
}

// spend calls do and returns its duration. It charges the CPU time of the process, so that time during which the machine
// was suspended does not count.
func (b *budget) spend(do func()) time.Duration {
	started, before := time.Now(), cpuTime()
	do()
	now := time.Now()
	took := now.Sub(started)
	b.charge(now, min(took, cpuTime()-before))
	return took
}

// charge subtracts a cost from the credit at a time.
func (b *budget) charge(now time.Time, cost time.Duration) {
	if !b.at.IsZero() {
		b.credit = min(b.credit+now.Sub(b.at)/share, maxCredit)
	}
	b.credit, b.at = b.credit-cost, now
}

// wait returns the time until the credit is no longer negative.
func (b *budget) wait(now time.Time) time.Duration {
	return max(0, -share*b.credit-now.Sub(b.at))
}

// sleep reports whether d has passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// pauses are the pauses of an evaluation for scrapes. The scheduler of Go looks for requests that have arrived only when no
// goroutine can run, or every 10 ms. On one core, a scrape would wait for that long, even with runtime.Gosched: with work of 30 ms
// every 50 ms in parts of 0.3 ms, the p90 of a response was 14 ms, 12 ms with Gosched, and 4 ms with pauses.
type pauses struct{ last time.Time }

// pause sleeps for a moment, unless the last pause was less than a millisecond ago.
func (p *pauses) pause() {
	if time.Since(p.last) < time.Millisecond {
		return
	}
	<-time.After(time.Microsecond)
	p.last = time.Now()
}
