// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package secretflow

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Report is the secret flow as the response of GET /api/v1/secretflow.
type Report struct {
	GeneratedAt time.Time `json:"generatedAt"`
	// Partial is whether the exporter sees only a part of the fleet, so that writers, readers or stored
	// secrets may be missing.
	Partial bool         `json:"partial"`
	Paths   []PathReport `json:"paths"`
	// Unresolved are the objects with references that lead to no known path.
	Unresolved []UnresolvedReport `json:"unresolved"`
}

// PathReport is one stored secret with who writes and reads it.
type PathReport struct {
	ID string `json:"id"`
	// Backend is the OpenBao as cluster/name, or the address of a server that is no
	// configured OpenBao.
	Backend string `json:"backend"`
	Mount   string `json:"mount"`
	// Path is shown with secretFlow.showPaths only.
	Path      string         `json:"path,omitempty"`
	Stored    []StoredReport `json:"stored"`
	Producers []UserReport   `json:"producers"`
	Consumers []UserReport   `json:"consumers"`
}

// StoredReport is the secret in one OpenBao cluster.
type StoredReport struct {
	OpenBao string    `json:"openbao"`
	Version int       `json:"version"`
	Updated time.Time `json:"updatedAt"`
}

// UserReport is an ExternalSecret that reads a path, or a PushSecret that writes it.
type UserReport struct {
	Cluster   string     `json:"cluster"`
	Namespace string     `json:"namespace"`
	Name      string     `json:"name"`
	LastSync  *time.Time `json:"lastSync" jsonschema:"nullable"` // null: never
	// Behind is whether OpenBao has a version that is newer than the last success of the reader. Null
	// if the stored version is unknown, or there was no success.
	Behind *bool `json:"behind" jsonschema:"nullable"`
	// LagSeconds is how long a reader that is behind has been, or how long one that
	// is not took to get the current version; null if the exporter did not see that.
	LagSeconds *float64 `json:"lagSeconds" jsonschema:"nullable"`
}

// UnresolvedReport is an object with references that lead to no known path.
type UnresolvedReport struct {
	Cluster   string `json:"cluster"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`
}

// Report returns the current graph.
func (g *Graph) Report(now time.Time, showPaths bool) Report {
	g.mu.Lock()
	defer g.mu.Unlock()
	report := Report{GeneratedAt: now.UTC(), Paths: []PathReport{}, Unresolved: []UnresolvedReport{}}
	paths := map[Path]*PathReport{}
	at := func(p Path) *PathReport {
		if paths[p] == nil {
			paths[p] = &PathReport{ID: p.ID(), Backend: p.Backend, Mount: p.Mount, Stored: []StoredReport{}, Producers: []UserReport{},
				Consumers: []UserReport{}}
			if showPaths {
				paths[p].Path = p.Mount + "/" + p.Key
			}
		}
		return paths[p]
	}
	for openbao, stored := range g.stored {
		for p, s := range stored {
			r := at(p)
			r.Stored = append(r.Stored, StoredReport{OpenBao: openbao, Version: s.Version, Updated: s.Updated.UTC()})
		}
	}
	for c := range g.clusters {
		for _, u := range c.users {
			for _, p := range u.paths {
				if r := at(p); u.kind == KindPushSecret {
					r.Producers = append(r.Producers, c.report(u))
				} else {
					r.Consumers = append(r.Consumers, c.report(u).against(u, p, g.newest(p), now))
				}
			}
			for _, why := range u.problems {
				report.Unresolved = append(report.Unresolved, UnresolvedReport{c.name, u.kind, u.namespace, u.name, why})
			}
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(paths), comparePaths) {
		r := paths[p]
		slices.SortFunc(r.Stored, func(a, b StoredReport) int { return cmp.Compare(a.OpenBao, b.OpenBao) })
		slices.SortFunc(r.Producers, compareUsers)
		slices.SortFunc(r.Consumers, compareUsers)
		report.Paths = append(report.Paths, *r)
	}
	slices.SortFunc(report.Unresolved, func(a, b UnresolvedReport) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Reason, b.Reason))
	})
	return report
}

func (c *Cluster) report(u *user) UserReport {
	r := UserReport{Cluster: c.name, Namespace: u.namespace, Name: u.name}
	if !u.LastSync.IsZero() {
		last := u.LastSync.UTC()
		r.LastSync = &last
	}
	return r
}

// against computes the delay of a reader.
func (r UserReport) against(u *user, p Path, stored, now time.Time) UserReport {
	if stored.IsZero() || r.LastSync == nil {
		return r
	}
	behind := !u.has(stored)
	r.Behind = &behind
	var lag time.Duration
	switch d := u.got[p]; {
	case behind:
		lag = now.Sub(stored)
	case d.stored.Equal(stored):
		lag = max(0, d.got.Sub(stored)) // a success is cut to the second
	default:
		return r
	}
	seconds := lag.Seconds()
	r.LagSeconds = &seconds
	return r
}

func comparePaths(a, b Path) int {
	return cmp.Or(cmp.Compare(a.Mount, b.Mount), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Backend, b.Backend))
}

func compareUsers(a, b UserReport) int {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

func splitKey(key string) (namespace, name string) {
	namespace, name, ok := strings.Cut(key, "/")
	if !ok {
		return "", key
	}
	return namespace, name
}
