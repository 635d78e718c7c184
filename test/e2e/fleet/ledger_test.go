//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// standing is the expected state of a cluster.
type standing int

const (
	changing standing = iota // each kind is there whole, or not at all
	whole                    // every kind is there
	dark                     // in the fleet, without a row about an object
	gone                     // without any row
)

// ledger has the expected state of the clusters. A change begins with an update of the state, and ends only after it
// was observed.
type ledger struct {
	mu       sync.Mutex
	clusters map[string]entry
}

// entry is the state of a cluster and the number of its last change.
type entry struct {
	standing standing
	change   int
}

func newLedger(clusters ...string) *ledger {
	l := &ledger{clusters: map[string]entry{}}
	for _, c := range clusters {
		l.clusters[c] = entry{}
	}
	return l
}

func (l *ledger) set(cluster string, s standing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clusters[cluster] = entry{s, l.clusters[cluster].change + 1}
}

func (l *ledger) now() map[string]entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.clusters)
}

// throughout returns the states of the clusters; a state that differs from before is changing.
func (l *ledger) throughout(before map[string]entry) map[string]standing {
	out := map[string]standing{}
	for cluster, e := range l.now() {
		if e == before[cluster] {
			out[cluster] = e.standing
		} else {
			out[cluster] = changing
		}
	}
	return out
}

// unit is a set of rows that must be complete or absent: the rows about the objects of a
// kind in a cluster.
type unit struct{ cluster, collector, kind string }

func (u unit) String() string { return u.cluster + "/" + u.kind }

// unitOf returns the unit of a series about an object. Rows of the flow of secrets have two kinds, so that their kind
// is empty; they are not units.
func unitOf(l labels.Labels) (u unit, ok bool) {
	u = unit{cluster: l.Get("cluster"), kind: l.Get("kind")}
	name := l.Get(model.MetricNameLabel)
	for prefix, collector := range map[string]string{
		"flux_": "flux", "cobaltcore_flux_": "flux", "cobaltcore_eso_": "externalsecrets", "cobaltcore_controller_": "controllers",
		"cobaltcore_secretflow_": "",
	} {
		if strings.HasPrefix(name, prefix) {
			u.collector, ok = collector, true
		}
	}
	switch {
	case strings.HasPrefix(name, "cobaltcore_secretflow_"), strings.HasSuffix(name, "_last_sync_timestamp_seconds"):
		u.kind = ""
	case strings.HasPrefix(name, "cobaltcore_eso_externalsecret_"):
		u.kind = "ExternalSecret"
	}
	return u, ok && l.Has("name") // else it is about the cluster
}

// reference is the set of rows of a complete fleet.
type reference struct {
	clusters []string
	movable  []string          // the clusters that are added and removed
	rows     map[string]string // values by series, with the clusters as targets that are movable
	units    map[unit]int      // how many rows each has
}

// referenceOf collects the rows about objects in a body. Each row must be about an object of its own cluster: names
// begin with the name of the cluster.
func referenceOf(body []byte, clusters, movable []string) (*reference, error) {
	r := &reference{clusters: clusters, movable: movable, rows: map[string]string{}, units: map[unit]int{}}
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		l, err := labelsOf(line[:at])
		if err != nil {
			return nil, err
		}
		u, ok := unitOf(l)
		if !ok {
			continue
		}
		if !slices.Contains(clusters, u.cluster) || !strings.HasPrefix(l.Get("name"), u.cluster+"-") {
			return nil, fmt.Errorf("foreign row: %s", line)
		}
		if u.kind != "" {
			r.rows[l.String()] = strings.TrimSpace(line[at:])
			r.units[u]++
		}
	}
	return r, nil
}

// generic is a series with the cluster as its target even where that is not in the fleet and the
// target has the name of its Secret. about is that cluster, and found whether it is in the fleet.
func (r *reference) generic(u unit, l labels.Labels) (series, about string, found bool) {
	target := l.Get("target_cluster")
	name := strings.TrimSuffix(target, "-kubeconfig")
	if name == u.cluster || !slices.Contains(r.movable, name) {
		return l.String(), "", false
	}
	return labels.NewBuilder(l).Set("target_cluster", name).Labels().String(), name, name == target
}
