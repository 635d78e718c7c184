// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// detail is a set of requests with a longer interval.
type detail struct {
	name     string
	interval time.Duration
	// endpoints returns the endpoints that need a leader.
	endpoints func() []string
	query     func(ctx context.Context, d *detailRound)
	public    bool // needs no token
	pki       bool // about the PKI mounts whose issuers are known
	// begin is called before each turn, and its result afterwards. stale reports whether the references have changed
	// since the last turn. Both are nil if references cannot change.
	begin func() (end func())
	stale func() bool
	wake  chan struct{}
	// due is the time of the next turn, and pause the backoff after a failure. Both belong to the goroutine that sends
	// the requests.
	due   time.Time
	pause time.Duration
	// mounts and kept are used by details about each PKI mount, see [detailRound.eachMount].
	mounts rotation[string]
	rows   map[string][]func(*exposition.Rows)
}

// detailRound is one turn of a detail, with its parameters and results.
type detailRound struct {
	*instance

	detail   *detail
	node     nodeapi.Node
	token    string
	mounts   *nodeapi.MountTable
	pki      nodeapi.PKIAnswers
	rows     []func(*exposition.Rows)
	failures failure.List
	locked   bool // there is no token; the login reports the failure
	unknown  bool // the PKI mounts are still unknown
	stored   map[secretflow.Path]secretflow.Stored
	// requests counts the sent requests, and left the requests deferred to the next turn.
	requests, skipped int
}

// addRows adds rows.
func (d *detailRound) addRows(rows func(*exposition.Rows)) { d.rows = append(d.rows, rows) }

// enabledDetails returns the details that are enabled in the configuration.
func (i *instance) enabledDetails() []*detail {
	var all []*detail
	add := func(name string, interval config.Duration, query func(context.Context, *detailRound), endpoints func() []string) {
		if i.credentials.Offline {
			interval = i.Interval // files are cheap, and their timestamps move
		}
		all = append(all, &detail{
			name: name, interval: time.Duration(interval), endpoints: endpoints, query: query, wake: make(chan struct{}, 1),
			pause: time.Duration(i.Interval),
		})
	}
	ofEachPKI := func(e nodeapi.Endpoint) func() []string {
		return func() (names []string) {
			for _, mount := range i.pkiMounts(nil) {
				names = append(names, e.At("", "mount", mount).Name)
			}
			return names
		}
	}
	add("revocation lists", i.Details.Interval, queryCRLs, ofEachPKI(nodeapi.PKICRL.Endpoint))
	all[0].public, all[0].pki = true, true
	if !i.credentials.Enabled() {
		return all
	}
	offline := i.credentials.Offline // a snapshot exports all of its answers
	if i.Details.Audit || offline {
		add("audit devices", i.Details.Interval, queryAudit, func() []string { return []string{nodeapi.SysAudit.Path} })
	}
	if i.Details.Certificates || offline {
		add("certificates", i.Details.Interval, queryCertificates, ofEachPKI(nodeapi.PKIDetailed.Endpoint))
		all[len(all)-1].pki = true
	}
	if i.Details.Tidy || offline {
		add("tidy", i.Details.Interval, queryTidy, ofEachPKI(nodeapi.PKITidy.Endpoint))
		all[len(all)-1].pki = true
	}
	if i.flow != nil {
		add(flowDetail, i.flowPace, queryFlow, func() []string { return nil })
		all[len(all)-1].begin, all[len(all)-1].stale = i.beginFlow, i.isFlowStale
	}
	if i.KV != nil {
		for _, mount := range i.KV.Mounts {
			add("secrets of "+mount, i.KV.Interval, func(ctx context.Context, d *detailRound) { queryKV(ctx, d, mount) },
				func() []string { return []string{nodeapi.KVMetadataList.At("", "mount", mount).Name} })
		}
	}
	return all
}

// pollDetail runs a detail when it is due, after a round of the cluster.
func (i *instance) pollDetail(ctx context.Context, d *detail) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		}
		i.pollDetailIfDue(ctx, d, time.Now)
	}
}

// pollDetailIfDue runs a detail if it is due. The next turn is due after its interval. After a failure, it is due in the
// next round if there was no leader. Otherwise it is due after growing pauses, because a turn may have a thousand
// requests.
func (i *instance) pollDetailIfDue(ctx context.Context, d *detail, now func() time.Time) {
	a, err := i.activeNode()
	if err == nil && now().Before(d.due) && (d.stale == nil || !d.stale()) {
		i.markPolled(d)
		return
	}
	end := func() {}
	if d.begin != nil {
		end = d.begin()
	}
	turn := i.pollDetailOnce(ctx, d, a, err)
	if ctx.Err() != nil {
		return
	}
	end()
	switch {
	case err != nil || turn.locked || turn.unknown || isTransient(turn.failures):
		d.due, d.pause = time.Time{}, time.Duration(i.Interval)
	case len(turn.failures) > 0 || d.pki && turn.pki.Partial:
		d.due = now().Add(d.pause)
		d.pause = min(2*d.pause, d.interval)
	default:
		d.due, d.pause = now().Add(d.interval), time.Duration(i.Interval)
	}
	i.markPolled(d)
}

// markPolled records that a detail has finished a turn, if the cluster has finished a round.
func (i *instance) markPolled(d *detail) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settled[d.name] = i.settled[d.name] || i.settled["cluster"]
}

// pollDetailOnce runs a detail and replaces its rows.
func (i *instance) pollDetailOnce(ctx context.Context, d *detail, a nodeapi.Node, err error) *detailRound {
	i.mu.Lock()
	turn := &detailRound{instance: i, detail: d, node: a, token: i.token, mounts: i.mounts, pki: i.pki}
	i.mu.Unlock()
	turn.locked = !d.public && turn.token == "" && !i.credentials.Offline
	turn.unknown = d.pki && !turn.pki.Known
	switch {
	case err != nil:
		for _, name := range d.endpoints() {
			turn.failures.Skip(name, err)
		}
	case !turn.locked && !turn.unknown:
		ctx, cancel := context.WithTimeout(ctx, d.interval)
		defer cancel()
		d.query(ctx, turn)
	}
	if ctx.Err() != nil { // the exporter stops
		return turn
	}
	if i.flow != nil && d.name == flowDetail {
		i.flow.SetStored(i.Name, turn.stored)
	}
	i.Note(d.name, turn.failures)
	i.detailRows.Set(d.name, i.rowsOf(i.detailRows), func(r *exposition.Rows) {
		for _, row := range turn.rows {
			row(r)
		}
		metrics.FailureRows(r, turn.failures, i.Name, "")
		metrics.SkippedRows(r, turn.skipped, i.Name, d.name)
	})
	return turn
}

// isTransient reports whether the last failure is typical of a cluster that changes its leader.
func isTransient(fs failure.List) bool {
	if len(fs) == 0 {
		return false
	}
	why := fs[len(fs)-1].Reason()
	return why == nodeapi.ReasonNoLeader || why == nodeapi.ReasonSealed
}
