// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"cmp"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// maxRequests bounds the requests of a turn, because authors of ExternalSecrets and PKI mounts could cause any number.
// Deferred requests come first in the next turn.
const maxRequests = 1000

// rotation orders the keys of requests that may not fit into one turn. It belongs to the goroutine that sends them.
type rotation[K comparable] struct {
	turn uint64
	last map[K]uint64 // turn of the last request by key
}

// begin starts a turn. It returns the keys in the order of their last requests, with new keys first, and forgets all
// other keys.
func (r *rotation[K]) begin(keys []K) []K {
	last := make(map[K]uint64, len(keys))
	for _, key := range keys {
		last[key] = r.last[key]
	}
	r.last = last
	r.turn++
	keys = slices.Clone(keys)
	slices.SortStableFunc(keys, func(a, b K) int { return cmp.Compare(last[a], last[b]) })
	return keys
}

// markRequested records that a key was requested in the current turn.
func (r *rotation[K]) markRequested(key K) { r.last[key] = r.turn }

// eachMount calls about for the PKI mounts until the turn has reached its limit of requests. The rows of other mounts
// stay.
func (d *detailRound) eachMount(about func(nodeapi.MountIssuers)) {
	var names []string
	mounts := map[string]nodeapi.MountIssuers{}
	for _, m := range d.pki.Mounts {
		names = append(names, m.Mount)
		mounts[m.Mount] = m
	}
	kept := map[string][]func(*exposition.Rows){}
	for _, name := range d.detail.mounts.begin(names) {
		if d.requests >= d.budget {
			kept[name] = d.detail.rows[name]
			d.skipped++
			continue
		}
		d.rows = nil
		about(mounts[name])
		kept[name] = d.rows
		d.detail.mounts.markRequested(name)
	}
	d.rows, d.detail.rows = nil, kept
	for _, name := range names {
		d.rows = append(d.rows, kept[name]...)
	}
}
