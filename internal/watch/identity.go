// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"slices"
	"sync"
	"time"
)

// identityInterval is the interval at which the UID of a cluster is read. After an outage, it is read at once, because
// another cluster may have the same address.
const identityInterval = 5 * time.Minute

// Identities has the UIDs of the clusters behind each name, to detect that a name now leads to another cluster. It
// outlives connections, clusters and configurations.
type Identities struct {
	mu    sync.Mutex
	names map[string]identity
}

type identity struct {
	first, last string
	changed     time.Time // time of the change from first to last; zero if they are equal
}

// NewIdentities returns empty Identities.
func NewIdentities() *Identities { return &Identities{names: map[string]identity{}} }

// Keep drops all other names. A name that leaves the fleet may later stand for another cluster.
func (i *Identities) Keep(names []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for name := range i.names {
		if !slices.Contains(names, name) {
			delete(i.names, name)
		}
	}
}

// observe records the UID of a cluster, which is empty if unknown. It returns the identity of the name, and whether the
// cluster behind it has just changed.
func (i *Identities) observe(name, uid string, now time.Time) (known identity, changed bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	known = i.names[name]
	switch {
	case uid == "" || uid == known.last:
		return known, false
	case known.first == "":
		known.first = uid
	case uid == known.first:
		known.changed = time.Time{}
	default:
		known.changed, changed = now, true
	}
	known.last = uid
	i.names[name] = known
	return known, changed
}
