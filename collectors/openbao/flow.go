// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

const flowDetail = "secret flow"

// askFlow asks for the metadata of the secrets that somebody in the fleet refers to.
// One that is not there has no row; that it was pushed shows elsewhere.
func askFlow(ctx context.Context, d *detailRound) {
	stored := map[secretflow.Path]secretflow.Stored{}
	for _, p := range d.flow.Paths() {
		if !d.isKV2(p.Mount) {
			continue
		}
		r := kvMetadata.at(d.token, "mount", p.Mount, "secret", p.Key)
		got, err := askWithin[kvState](ctx, d.instance, d.asker, r)
		if err != nil {
			if (endpointFailure{err: err}).reason() == ReasonNotFound {
				continue
			}
			d.failures.add(r.name, err)
			if noAnswer(err) || d.failures.passing() {
				return // nor will the others be answered
			}
			continue
		}
		updated := got.updated(d.now())
		if updated.IsZero() {
			continue // deleted
		}
		stored[p] = secretflow.Stored{OpenBao: d.Name, Version: got.Current, Updated: updated.Add(d.shift)}
		d.time(secretflow.StoredTimestamp, updated, d.Name, p.Mount, p.ID())
		d.add(secretflow.StoredVersion, float64(got.Current), d.Name, p.Mount, p.ID())
	}
	d.stored = stored
}

// beginFlow notes what is going to be asked, if anybody can be.
func (i *instance) beginFlow() {
	paths := i.flow.Paths()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked = paths
}

// flowStale says whether somebody refers to other secrets than in the last turn.
func (i *instance) flowStale() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return !slices.Equal(i.asked, i.flow.Paths())
}

// isKV2 says whether a mount has metadata. One that is not known to be something
// else is asked.
func (d *detailRound) isKV2(path string) bool {
	if d.mounts == nil {
		return true
	}
	return (*d.mounts)[path].full() == "kv-v2"
}
