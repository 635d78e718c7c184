// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"time"
)

const (
	// settle is the delay between a change and its evaluation. Changes rarely come alone.
	settle = 200 * time.Millisecond
	// pollInterval is how often rows are read that raise no signal, see [exposition.Exposition.Func].
	// pollShare makes it longer where there are many: 0.3 ms for each cluster, 0.5 % of a core.
	pollInterval = time.Second
	pollShare    = 199
	// maxShare is how many times longer than the CPU time of the last evaluation the rest
	// after it is: evaluating takes at most 2 % of a core.
	maxShare = 49
	minRest  = 500 * time.Millisecond
)

// pacer decides when rules are evaluated: soon after a change, and every interval because
// rules depend on the time.
type pacer struct {
	interval time.Duration
	// changed returns a channel that is closed at the next change of any row.
	changed func() <-chan struct{}
	// outdated reports whether rows have changed that rules select.
	outdated func() bool
	evaluate func()
}

// run evaluates until ctx ends.
func (p pacer) run(ctx context.Context) {
	for ctx.Err() == nil {
		changed := p.changed()
		took, cpu := spend(p.evaluate)
		pause := rest(p.interval, took, cpu)
		due := time.NewTimer(max(pause, p.interval-took))
		if sleep(ctx, pause) {
			p.wait(ctx, changed, due.C)
		}
		due.Stop()
	}
}

// wait returns when rows have changed that rules select, or when the next evaluation is due.
func (p pacer) wait(ctx context.Context, changed <-chan struct{}, due <-chan time.Time) {
	poll := time.NewTimer(pollInterval)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-due:
			return
		case <-changed:
			sleep(ctx, settle)
		case <-poll.C:
		}
		changed = p.changed() // a change from now on counts for the next time
		outdated := false
		took, cpu := spend(func() { outdated = p.outdated() })
		if outdated {
			return
		}
		spent := min(took, cpu)
		sleep(ctx, min(maxShare*spent, p.interval))
		poll.Reset(max(pollInterval, pollShare*spent))
	}
}

// rest returns how long no evaluation follows one that took some time, of which the process
// ran for cpu: a machine that stood still does not count. The report is at most two
// intervals old, unless one evaluation takes longer than an interval.
func rest(interval, took, cpu time.Duration) time.Duration {
	return min(max(minRest, maxShare*min(took, cpu)), max(2*interval-took, interval))
}

// spend returns how long do takes, and for how long the process ran meanwhile.
func spend(do func()) (took, cpu time.Duration) {
	started, before := time.Now(), cpuTime()
	do()
	return time.Since(started), cpuTime() - before
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
