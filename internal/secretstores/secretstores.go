// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package secretstores determines the store from which the state of an object of External Secrets Operator follows. An
// ExternalSecret or PushSecret names its stores, but only the stores themselves show whether they are missing or
// failing. Each rendered object leaves a [Node] as its note; a [Cluster] collects the notes of one cluster and exports
// a row with the store for each object that is not ready.
package secretstores

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

var (
	notReadySince = &exposition.Family{
		Name: "cobaltcore_eso_object_not_ready_since_timestamp_seconds", Type: exposition.Gauge,
		Labels: []string{
			"cluster", "kind", "namespace", "name", "status", "onset", "tolerated", "problem", "store_kind", "store_namespace", "store_name", "store", "backend", "auth_mount",
		},
		Help: "Since when an object of External Secrets is in a state other than ready; status, onset and tolerated are as in cobaltcore_flux_resource_not_ready_since_timestamp_seconds. " +
			"problem is empty, or behind (the newest generation is not synchronized), never_synced, target_missing (of creationPolicy Merge), source_deleted and source_kept (the source of a PushSecret does not exist, and its keys were deleted or kept), store_missing, or unused (a store that no object names). " +
			"store is the store itself; for other objects, it is their first store that is missing or not ready, else their first store. backend is the system of this store: the OpenBao as cluster/name, the address of a server that is not a configured OpenBao, or the provider. auth_mount is the mount at which it logs in.",
	}
	storeMissing = &exposition.Family{
		Name: "cobaltcore_eso_externalsecret_store_missing", Type: exposition.Gauge,
		Labels: []string{"cluster", "namespace", "name", "store_kind", "store_name", "store"},
		Help:   "Stores to which an ExternalSecret refers and that do not exist. Always 1.",
	}
	storeDependents = &exposition.Family{
		Name: "cobaltcore_eso_store_dependents", Type: exposition.Gauge,
		Labels: []string{"cluster", "kind", "namespace", "name", "dependent_kind"},
		Help:   "ExternalSecrets and PushSecrets that name the store.",
	}
)

// Families returns the families about objects and their stores.
func Families() []*exposition.Family {
	return []*exposition.Family{notReadySince, storeMissing, storeDependents}
}

// Kinds of stores and of the objects that name them.
const (
	KindSecretStore        = "SecretStore"
	KindClusterSecretStore = "ClusterSecretStore"
	KindExternalSecret     = "ExternalSecret"
	KindPushSecret         = "PushSecret"
)

// Problems that are found here; see the label problem.
const (
	problemStoreMissing = "store_missing"
	problemUnused       = "unused"
)

// Ref identifies a store. A ClusterSecretStore has no namespace.
type Ref struct{ Kind, Namespace, Name string }

// String returns kind/namespace/name, and kind/name of a ClusterSecretStore.
func (r Ref) String() string { return r.Kind + "/" + r.key() }

// key returns the key of the store among those of its kind.
func (r Ref) key() string {
	if r.Namespace == "" {
		return r.Name
	}
	return r.Namespace + "/" + r.Name
}

// Node is the note of an object.
type Node struct {
	State   lifecycle.State
	Onset   lifecycle.Onset
	Problem string
	// Stores are those that the object names, without duplicates.
	Stores []Ref
	// Backend and AuthMount identify the provider of a store.
	Backend, AuthMount string
	// References is the note for the flow of secrets; nil if the object has none.
	References any
}

// Flow returns the note for the flow of secrets.
func (n *Node) Flow() any { return n.References }

// equal reports whether two notes lead to the same rows.
func (n *Node) equal(other *Node) bool {
	if n == nil || other == nil {
		return n == other
	}
	return n.State == other.State && n.Onset == other.Onset && n.Problem == other.Problem && n.Backend == other.Backend &&
		n.AuthMount == other.AuthMount && slices.Equal(n.Stores, other.Stores)
}

// Shift moves the onset of a node as [exposition.Rows.Time] moves timestamps.
func (n *Node) Shift(r *exposition.Rows) *Node {
	n.Onset.Time = r.Shifted(n.Onset.Time)
	return n
}

// object identifies an object by its kind and key.
type object struct{ kind, key string }

func (o object) isStore() bool { return o.kind == KindSecretStore || o.kind == KindClusterSecretStore }

func (o object) id() string { return o.kind + " " + o.key }

func (o object) split() (namespace, name string) {
	namespace, name, ok := strings.Cut(o.key, "/")
	if !ok {
		return "", o.key
	}
	return namespace, name
}

func (r Ref) object() object { return object{r.Kind, r.key()} }

// Cluster resolves the stores of one cluster. It is safe for concurrent use.
type Cluster struct {
	group *exposition.Group
	rows  *exposition.Rows

	mu sync.Mutex
	// complete are the kinds of which all objects are known.
	complete map[string]bool
	nodes    map[object]*Node
	// dependents are the objects that name a store, which may be missing.
	dependents map[object]map[object]struct{}
}

// NewCluster returns an empty cluster whose rows go to the group.
func NewCluster(group *exposition.Group) *Cluster {
	return &Cluster{
		group: group, rows: group.Rows(), complete: map[string]bool{}, nodes: map[object]*Node{}, dependents: map[object]map[object]struct{}{},
	}
}

// Set implements watch.Notes.
func (c *Cluster) Set(kind, key string, note any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := object{kind, key}
	node, _ := note.(*Node)
	if node.equal(c.nodes[o]) {
		return
	}
	dirty := map[object]struct{}{}
	c.put(o, node, dirty)
	c.render(dirty)
}

// Replace implements watch.Notes. Without notes nothing is known of the kind.
func (c *Cluster) Replace(kind string, notes map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	dirty := map[object]struct{}{}
	for o := range c.nodes {
		if o.kind == kind && notes[o.key] == nil {
			c.put(o, nil, dirty)
		}
	}
	for key, note := range notes {
		node, _ := note.(*Node)
		if o := (object{kind, key}); !node.equal(c.nodes[o]) {
			c.put(o, node, dirty)
		}
	}
	if known := notes != nil; c.complete[kind] != known {
		c.complete[kind] = known
		c.touch(kind, dirty)
	}
	c.render(dirty)
}

// touch marks all that depends on whether the objects of a kind are all known.
func (c *Cluster) touch(kind string, dirty map[object]struct{}) {
	for store, by := range c.dependents {
		if store.kind != kind {
			continue
		}
		for o := range by {
			dirty[o] = struct{}{}
		}
	}
	for o := range c.nodes {
		if o.isStore() {
			dirty[o] = struct{}{}
		}
	}
}

// put stores the note of an object, keeps the index of dependents and marks the objects
// whose rows may change.
func (c *Cluster) put(o object, node *Node, dirty map[object]struct{}) {
	dirty[o] = struct{}{}
	for by := range c.dependents[o] {
		dirty[by] = struct{}{}
	}
	if before := c.nodes[o]; before != nil {
		for _, s := range before.Stores {
			dirty[s.object()] = struct{}{}
			delete(c.dependents[s.object()], o)
			if len(c.dependents[s.object()]) == 0 {
				delete(c.dependents, s.object())
			}
		}
	}
	if node == nil {
		delete(c.nodes, o)
		return
	}
	c.nodes[o] = node
	for _, s := range node.Stores {
		dirty[s.object()] = struct{}{}
		if c.dependents[s.object()] == nil {
			c.dependents[s.object()] = map[object]struct{}{}
		}
		c.dependents[s.object()][o] = struct{}{}
	}
}

// tolerated reports whether rules wait until the onset is older than their tolerance. An onset that cannot become more
// precise is reported at once.
func (n *Node) tolerated() bool { return n.Onset.Precision() != lifecycle.Undated }

// unix returns a time as the value of a row.
func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
