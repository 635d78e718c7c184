// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
)

// instance is the probe of one dashboard and its Keystone.
type instance struct {
	config.Aurora
	*failure.Journal

	round func() checkFunc     // called once for each round
	shift func() time.Duration // shift of timestamps; 0 unless read from a snapshot
	group *exposition.Group
	parts []*part

	mu      sync.Mutex
	settled bool
	status  status.Status
}

// part is a group of checks, of the dashboard or of Keystone, whose rows change in one step.
type part struct {
	name   string
	checks []check
	// whole is the family of the row for the success of all checks; nil if there is none.
	whole   *exposition.Family
	rows    *exposition.Rows
	reasons map[string]*failure.Steady // by check
	// failing is the failure of the part, and status the HTTP status of its answer; 0 without an answer.
	failing failure.Steady
	status  int
	// latencies are the durations of successful checks by check; nil if they are not measured.
	latencies map[string]*latencies
}

// latencies are the observations of a histogram.
type latencies struct {
	counts []uint64
	sum    float64
}

func newInstance(a config.Aurora, site collectors.Site) *instance {
	log := site.Log.With("aurora", a.Name)
	i := &instance{
		Aurora: a, Journal: failure.NewJournal(log),
		group: site.Exposition.Group(exposition.Key{Cluster: site.Cluster.Name, Collector: Name, Kind: a.Name}, Families()),
		shift: func() time.Duration { return 0 },
	}
	i.parts = []*part{{name: "aurora", checks: dashboardChecks(a), whole: up}}
	keystone := &part{name: "keystone", checks: keystoneChecks(a)}
	if s := site.Cluster.Snapshot; s != nil && a.URL == "" {
		found := s.FindAnswers(Name, a.Name, log)
		i.round = func() checkFunc { return stored{found.Path}.run }
		i.shift = func() time.Duration { return found.TimeShift(site.Now()) }
		i.parts = append(i.parts, keystone)
	} else {
		i.round = (&live{dial: site.Dial, log: log, tls: httpclient.TLSFiles{TLS: a.TLS}}).newCheckFunc
		if a.KeystoneURL != "" {
			i.parts = append(i.parts, keystone)
		}
		for _, p := range i.parts {
			p.initHistograms()
		}
	}
	for _, p := range i.parts {
		p.rows, p.reasons = i.group.Rows(), map[string]*failure.Steady{}
		for _, c := range p.checks {
			p.reasons[c.name] = &failure.Steady{}
		}
	}
	return i
}

// initHistograms creates the histograms.
func (p *part) initHistograms() {
	p.latencies = map[string]*latencies{}
	for _, c := range p.checks {
		p.latencies[c.name] = &latencies{counts: make([]uint64, len(latency.Buckets)+1)}
	}
}

// Groups returns the group with all rows of the dashboard.
func (i *instance) Groups() []*exposition.Group { return []*exposition.Group{i.group} }

// Run probes the dashboard at each interval until ctx ends.
func (i *instance) Run(ctx context.Context) {
	tick := time.NewTicker(time.Duration(i.Interval))
	defer tick.Stop()
	for {
		i.runChecks(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// runChecks runs all checks concurrently.
func (i *instance) runChecks(ctx context.Context) {
	start, ask := time.Now(), i.round()
	answered := make([]bool, len(i.parts))
	var parts sync.WaitGroup
	for n, p := range i.parts {
		parts.Go(func() { answered[n] = i.runPart(ctx, p, ask) })
	}
	parts.Wait()
	if ctx.Err() != nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settled = true
	i.status.Took = time.Since(start)
	i.status.Reason = i.parts[0].failing.Reason
	if i.status.Up = answered[0]; i.status.Up { // without Keystone
		i.status.LastSuccess = time.Now()
	}
}

// runPart runs the checks of a part and publishes their outcomes. It reports whether any request was answered.
func (i *instance) runPart(ctx context.Context, p *part, ask checkFunc) (answered bool) {
	outcomes := i.collectOutcomes(ctx, p, ask)
	if ctx.Err() != nil { // the checks failed because the exporter stops
		return false
	}
	var turn failure.List
	for n, c := range p.checks {
		if o := outcomes[n]; o.err != nil {
			turn.Add(c.name, o.err)
			p.reasons[c.name].Fail(failure.ReasonOf(o.err))
		} else {
			p.reasons[c.name].Succeed()
			p.observe(c.name, o.took)
		}
		answered = answered || outcomes[n].status > 0
	}
	p.recordFailure(outcomes)
	i.Note(p.name, turn)
	p.rows.Shift(i.shift())
	i.group.Set(p.name, p.rows, func(r *exposition.Rows) { p.render(r, i.Name, outcomes) })
	return answered
}

// collectOutcomes runs the checks of a part concurrently.
func (i *instance) collectOutcomes(ctx context.Context, p *part, ask checkFunc) []outcome {
	outcomes := make([]outcome, len(p.checks))
	var checks sync.WaitGroup
	for n, c := range p.checks {
		checks.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
			defer cancel()
			outcomes[n] = ask(ctx, c)
		})
	}
	checks.Wait()
	return outcomes
}

// recordFailure records the failure of the first failing check as the failure of the part.
func (p *part) recordFailure(outcomes []outcome) {
	for _, o := range outcomes {
		if o.err == nil || errors.Is(o.err, failure.ErrNotInSnapshot) {
			continue
		}
		if p.failing.Fail(failure.ReasonOf(o.err)) {
			p.status = o.status
		}
		return
	}
	p.failing.Succeed()
}

// observe adds the duration of a successful check to its histogram.
func (p *part) observe(check string, took time.Duration) {
	if l := p.latencies[check]; l != nil {
		latency.Observe(l.counts, took.Seconds())
		l.sum += took.Seconds()
	}
}

// render adds the rows of the part. Checks without an answer in a snapshot have no rows.
func (p *part) render(r *exposition.Rows, aurora string, outcomes []outcome) {
	unknown, failed := false, false
	for n, c := range p.checks {
		o := outcomes[n]
		if l := p.latencies[c.name]; l != nil {
			r.AddHistogram(latency, l.counts, l.sum, aurora, c.name)
		}
		if errors.Is(o.err, failure.ErrNotInSnapshot) {
			unknown = true
			continue
		}
		failed = failed || o.err != nil
		o.render(r, aurora, c.name, p.reasons[c.name].Reason)
	}
	if failed {
		r.Add(partFailing, float64(p.status), aurora, p.name, string(p.failing.Reason))
	}
	if p.whole != nil && (failed || !unknown) {
		r.Bool(p.whole, !failed, aurora)
	}
}

// render adds the rows of a check. reason is the reason of its series of failures.
func (o outcome) render(r *exposition.Rows, aurora, check string, reason failure.Reason) {
	r.Bool(success, o.err == nil, aurora, check)
	if o.err != nil {
		r.Add(failing, 1, aurora, check, string(reason))
	}
	if o.problem != "" {
		r.Add(tlsFailing, 1, aurora, check, string(o.problem))
	}
	if o.status > 0 {
		r.Add(statusCode, float64(o.status), aurora, check)
		r.Add(redirects, float64(o.redirects), aurora, check)
	}
	r.Time(certificate, o.expires, aurora, check)
	for _, phase := range []string{resolve, connect, handshake, processing, transfer} {
		if took, ok := o.phases[phase]; ok {
			r.Add(phases, took.Seconds(), aurora, check, phase)
		}
	}
}

// Settled reports whether all checks have run once.
func (i *instance) Settled() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.settled
}

// Status returns the state of the dashboard: it is up as long as it answers any check.
func (i *instance) Status() status.Status {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := i.status
	s.Errors = i.Errors()
	return s
}
