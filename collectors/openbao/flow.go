// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

const (
	flowDetail = "secret flow"
	// flowWorkers is the number of concurrent requests for secrets.
	flowWorkers = 4
	// maxFlowFailures is the number of refusals or missing answers after which the other secrets of a mount are skipped
	// in the same turn.
	maxFlowFailures = 3
)

// flowAnswer is the known state of a secret.
type flowAnswer struct {
	version int
	updated time.Time // zero if the secret does not exist or is deleted
}

// queryFlow requests the metadata of the secrets to which objects of the fleet refer, until the turn has reached its limit
// of requests. For other secrets it uses the answers of earlier turns.
func queryFlow(ctx context.Context, d *detailRound) {
	var (
		tasks   sync.WaitGroup
		mu      sync.Mutex // guards d, refused and answers
		refused = map[string]int{}
		answers = map[secretflow.Path]flowAnswer{}
		paths   = make(chan secretflow.Path)
	)
	queryPath := func(p secretflow.Path) {
		r := nodeapi.KVMetadata.At(d.token, "mount", p.Mount, "secret", p.Key)
		got, err := nodeapi.Get(ctx, d.node, r, time.Duration(d.Timeout))
		mu.Lock()
		defer mu.Unlock()
		if err != nil && failure.ReasonOf(err) != failure.ReasonNotFound {
			d.failures.Add(r.Name, err)
			refused[p.Mount]++
			return
		}
		answers[p] = flowAnswer{got.Current, got.Updated(d.now())}
	}
	for range flowWorkers {
		tasks.Go(func() {
			for p := range paths {
				queryPath(p)
			}
		})
	}
	all := d.flow.Paths(d.Identity())
	for _, p := range d.flowRotation.begin(all) {
		mu.Lock()
		enough := refused[p.Mount] >= maxFlowFailures
		known, ok := d.flowAnswers[p]
		switch {
		case enough || ctx.Err() != nil || !d.isKV2(p.Mount):
			mu.Unlock()
		case d.requests >= d.budget:
			d.skipped++
			if ok {
				answers[p] = known
			}
			mu.Unlock()
		default:
			mu.Unlock()
			d.requests++
			d.flowRotation.markRequested(p)
			paths <- p
		}
	}
	close(paths)
	tasks.Wait()
	d.flowAnswers = answers
	d.addFlow(all)
}

// addFlow adds the rows about the secrets.
func (d *detailRound) addFlow(all []secretflow.Path) {
	d.stored = map[secretflow.Path]secretflow.Stored{}
	for _, p := range all {
		a, ok := d.flowAnswers[p]
		if !ok {
			continue
		}
		if !a.updated.IsZero() {
			d.stored[p] = secretflow.Stored{OpenBao: d.Name, Version: a.version, Updated: a.updated.Add(d.shift())}
		}
		d.addRows(func(r *exposition.Rows) { metrics.StoredRows(r, p, a.version, a.updated, d.Name) })
	}
}

// beginFlow begins a turn. end records which secrets were requested; until then, the rows belong to the previous turn.
func (i *instance) beginFlow() (end func()) {
	paths := i.flow.Paths(i.Identity())
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.requested = paths
	}
}

// isFlowStale reports whether the referenced secrets have changed since the last turn.
func (i *instance) isFlowStale() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return !slices.Equal(i.requested, i.flow.Paths(i.Identity()))
}

// isKV2 reports whether a mount has metadata. While the mounts are unknown, only configured ones are read, because the
// text before /data/ in a key may be arbitrary.
func (d *detailRound) isKV2(mount string) bool {
	if d.mounts != nil {
		return (*d.mounts)[mount].Full() == "kv-v2"
	}
	return d.Expect.Mounts[mount] == "kv-v2" || d.KV != nil && slices.Contains(d.KV.Mounts, mount)
}
