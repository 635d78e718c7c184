// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package secretflow relates the writers, the storage and the readers of secrets in the fleet, with the delay of each
// reader.
//
// Objects of External Secrets refer to keys in stores. The path of a key depends on the store, so both are joined here for
// each cluster. The metadata of the resulting paths is read from OpenBao. Rules in PromQL determine which readers are behind.
package secretflow

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Labels of rows about a user of secrets, and labels that they share with rows about stored secrets.
func userLabels() []string { return append([]string{"cluster", "namespace", "name"}, pathLabels()...) }

func pathLabels() []string { return []string{"backend", "mount", "path_id"} }

const aboutPaths = "backend is the OpenBao as cluster/name, or the address of another server; path_id stands for the path."

var (
	// The first path of each user is in the row with its last success, so that it needs no additional row.
	secretSynced = &exposition.Family{
		Name: "cobaltcore_eso_externalsecret_last_sync_timestamp_seconds", Type: exposition.Gauge, Labels: userLabels(),
		Help: "When the ExternalSecret was last synchronized successfully. There is no row if it never was. Where an OpenBao is configured, the row names the first secret that it reads: " + aboutPaths,
	}
	pushSynced = &exposition.Family{
		Name: "cobaltcore_eso_pushsecret_last_sync_timestamp_seconds", Type: exposition.Gauge, Labels: userLabels(),
		Help: "When the PushSecret was last synchronized successfully. There is no row if it never was. Where an OpenBao is configured, the row names the first secret that it writes: " + aboutPaths,
	}
	consumer = &exposition.Family{
		Name: "cobaltcore_secretflow_consumer_last_sync_timestamp_seconds", Type: exposition.Gauge, Labels: userLabels(),
		Help: "Further secrets of KV mounts that an ExternalSecret reads, beside the one in cobaltcore_eso_externalsecret_last_sync_timestamp_seconds. The value is its last success, 0 if there was none. There are rows only if an OpenBao is configured.",
	}
	producer = &exposition.Family{
		Name: "cobaltcore_secretflow_producer_last_sync_timestamp_seconds", Type: exposition.Gauge, Labels: userLabels(),
		Help: "Further secrets of KV mounts that a PushSecret writes, beside the one in cobaltcore_eso_pushsecret_last_sync_timestamp_seconds. The value is its last success, 0 if there was none.",
	}
	unresolved = &exposition.Family{
		Name: "cobaltcore_secretflow_unresolved", Type: exposition.Gauge,
		Labels: []string{"cluster", "kind", "namespace", "name", "reason"},
		Help:   "Why references of an object have no known path: find (keys are searched), store_missing (or not readable), provider (the store is not an OpenBao), namespace (of OpenBao) or key (not a path in a mount).",
	}
	// StoredTimestamp and StoredVersion are exported by the collector of OpenBao.
	StoredTimestamp = &exposition.Family{
		Name: "cobaltcore_secretflow_stored_timestamp_seconds", Type: exposition.Gauge,
		Labels: append([]string{"cluster", "openbao"}, pathLabels()...),
		Help:   "When the current version of a secret was written. There is a row for each existing secret to which an ExternalSecret or PushSecret refers.",
	}
	// StoredVersion is the current version.
	StoredVersion = &exposition.Family{
		Name: "cobaltcore_secretflow_stored_version", Type: exposition.Gauge,
		Labels: append([]string{"cluster", "openbao"}, pathLabels()...),
		Help:   "Current version of a secret, or 0 if OpenBao does not have it. There is no row if OpenBao could not be queried.",
	}
)

// Families returns all families about the secret flow.
func Families() []*exposition.Family {
	return append(ClusterFamilies(), StoredTimestamp, StoredVersion)
}

// User is an ExternalSecret or a PushSecret: the keys that it reads or writes.
type User struct {
	References []Reference
	// LastSync is the time of the last success; zero if there was none.
	LastSync time.Time
}

// Kinds of users and stores.
const (
	KindExternalSecret     = "ExternalSecret"
	KindPushSecret         = "PushSecret"
	KindSecretStore        = "SecretStore"
	KindClusterSecretStore = "ClusterSecretStore"
)

// Stored is the metadata of a secret in OpenBao.
type Stored struct {
	OpenBao string
	Version int
	Updated time.Time
}

// Graph is the secret flow of a fleet. It is safe for concurrent use.
type Graph struct {
	mu       sync.Mutex
	exported bool
	clusters map[*Cluster]struct{}
	stored   map[string]map[Path]Stored // by OpenBao cluster
}

// NewGraph returns an empty graph. Its paths have rows only if exported is set, because they are useless without the stored
// versions from an OpenBao.
func NewGraph(exported bool) *Graph {
	return &Graph{exported: exported, clusters: map[*Cluster]struct{}{}, stored: map[string]map[Path]Stored{}}
}

// Cluster has the references of the objects of one cluster.
type Cluster struct {
	name  string
	graph *Graph
	group *exposition.Group
	rows  *exposition.Rows

	stores map[string]*Store // by kind and key
	users  map[string]*user  // by kind and key
}

type user struct {
	*User

	kind, namespace, name string
	paths                 []Path // as resolved
	problems              []string
	// got is the time at which the user was first seen with the stored version.
	got map[Path]delivery
}

// delivery is a stored version with the time at which a user got it.
type delivery struct{ stored, got time.Time }

// Add adds a cluster.
func (g *Graph) Add(name string, group *exposition.Group) *Cluster {
	c := &Cluster{name: name, graph: g, group: group, rows: group.Rows(), stores: map[string]*Store{}, users: map[string]*user{}}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.clusters[c] = struct{}{}
	return c
}

// Remove removes a cluster. Its rows are removed with their group.
func (g *Graph) Remove(c *Cluster) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.clusters, c)
}

// ClusterFamilies returns the families of the group of a cluster.
func ClusterFamilies() []*exposition.Family {
	return []*exposition.Family{secretSynced, pushSynced, consumer, producer, unresolved}
}

// Set stores the note of an object of a kind: a [Store], a [User], or a note whose method Flow returns one; nil if the
// object was deleted.
func (c *Cluster) Set(kind, key string, note any) {
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	c.set(kind, key, note)
}

// Replace replaces the notes of all objects of a kind.
func (c *Cluster) Replace(kind string, notes map[string]any) {
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	prefix := kind + " "
	for _, id := range slices.Concat(slices.Collect(maps.Keys(c.stores)), slices.Collect(maps.Keys(c.users))) {
		if key, ok := strings.CutPrefix(id, prefix); ok && notes[key] == nil {
			c.set(kind, key, nil)
		}
	}
	for key, note := range notes {
		c.set(kind, key, note)
	}
}

func (c *Cluster) set(kind, key string, note any) {
	id := kind + " " + key
	if n, ok := note.(interface{ Flow() any }); ok {
		note = n.Flow()
	}
	switch note := note.(type) {
	case *Store:
		if have := c.stores[id]; have == nil || *have != *note {
			c.stores[id] = note
			c.storeChanged(kind, key)
		}
	case *User:
		u := &user{User: note, kind: kind, got: map[Path]delivery{}}
		u.namespace, u.name = splitKey(key)
		before := c.users[id]
		c.users[id] = u
		c.render(id, u)
		if before != nil {
			u.deliveries(before, c.graph.newest)
		}
	default:
		if c.stores[id] != nil {
			delete(c.stores, id)
			c.storeChanged(kind, key)
		}
		if c.users[id] != nil {
			delete(c.users, id)
			c.group.Delete(id)
		}
	}
}

// storeChanged resolves the references to a store again.
func (c *Cluster) storeChanged(kind, key string) {
	namespace, name := splitKey(key)
	for id, u := range c.users {
		if kind == KindSecretStore && u.namespace != namespace {
			continue
		}
		if slices.ContainsFunc(u.References, func(r Reference) bool { return r.StoreKind == kind && r.StoreName == name }) {
			c.render(id, u)
		}
	}
}

// render resolves the references of a user and renders its rows.
func (c *Cluster) render(id string, u *user) {
	u.paths, u.problems = nil, nil
	for _, r := range u.References {
		path, why := resolve(r, c.store(u.namespace, r))
		switch {
		case why != "" && !slices.Contains(u.problems, why):
			u.problems = append(u.problems, why)
		case why == "" && !slices.Contains(u.paths, path):
			u.paths = append(u.paths, path)
		}
	}
	c.group.Set(id, c.rows, func(r *exposition.Rows) { u.rows(r, c.graph.exported) })
}

// rows adds a row with the last success of a user and its first path, and a row for each further path. Without exported
// paths, it adds only the last success.
func (u *user) rows(r *exposition.Rows, exported bool) {
	synced, further := secretSynced, consumer
	if u.kind == KindPushSecret {
		synced, further = pushSynced, producer
	}
	paths, problems := u.paths, u.problems
	if !exported {
		paths, problems = nil, nil
	}
	last := 0.0
	if !u.LastSync.IsZero() {
		last = float64(u.LastSync.UnixMilli()) / 1000
		var first Path
		if len(paths) > 0 {
			first, paths = paths[0], paths[1:]
		}
		r.Add(synced, last, u.labels(first)...)
	}
	for _, p := range paths {
		r.Add(further, last, u.labels(p)...)
	}
	for _, why := range problems {
		r.Add(unresolved, 1, u.kind, u.namespace, u.name, why)
	}
}

func (u *user) labels(p Path) []string { return append([]string{u.namespace, u.name}, p.labels()...) }

func (c *Cluster) store(namespace string, r Reference) *Store {
	key := r.StoreName
	if r.StoreKind == KindSecretStore {
		key = namespace + "/" + r.StoreName
	}
	return c.stores[r.StoreKind+" "+key]
}

// Paths returns all paths of an OpenBao to which an object in the fleet refers, in order.
func (g *Graph) Paths(backend string) []Path {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := map[Path]struct{}{}
	for c := range g.clusters {
		for _, u := range c.users {
			for _, p := range u.paths {
				if p.Backend == backend {
					all[p] = struct{}{}
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(all), comparePaths)
}

// SetStored replaces the stored secrets of an OpenBao cluster. nil means that they are unknown.
func (g *Graph) SetStored(openbao string, stored map[Path]Stored) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if stored == nil {
		delete(g.stored, openbao)
		return
	}
	before := g.stored[openbao]
	g.stored[openbao] = stored
	if before == nil {
		return
	}
	for c := range g.clusters {
		for _, u := range c.users {
			for _, p := range u.paths {
				// An object may have synchronized a new version before its metadata was read here.
				if s, was := stored[p], before[p]; !was.Updated.IsZero() && s.Updated.After(was.Updated) && u.has(s.Updated) {
					u.got[p] = delivery{s.Updated, u.LastSync}
				}
			}
		}
	}
}

// newest returns the time at which a secret was last written; zero if unknown.
func (g *Graph) newest(p Path) time.Time {
	var newest time.Time
	for _, stored := range g.stored {
		if s := stored[p]; s.Updated.After(newest) {
			newest = s.Updated
		}
	}
	return newest
}

// has reports whether the last success was not before a version was stored. Kubernetes truncates times
// to the second.
func (u *User) has(stored time.Time) bool {
	return !u.LastSync.IsZero() && !u.LastSync.Before(stored.Truncate(time.Second))
}

// deliveries adds the versions that the user has got since the last observation to the earlier ones.
func (u *user) deliveries(before *user, newest func(Path) time.Time) {
	for _, p := range u.paths {
		stored := newest(p)
		switch d, known := before.got[p]; {
		case stored.IsZero():
		case known && d.stored.Equal(stored):
			u.got[p] = d
		case u.has(stored) && !before.has(stored):
			u.got[p] = delivery{stored, u.LastSync}
		}
	}
}
