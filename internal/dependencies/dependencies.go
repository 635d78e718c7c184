// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package dependencies relates objects of Flux to each other: it resolves the dependencies of waiting objects, and
// compares other objects with the expectations of a FluxInstance. An object names its dependencies, but only the
// dependencies themselves show whether they are missing, failing or waiting. Each rendered object leaves a [Node] as
// its note; a [Cluster] collects the notes of one cluster and exports a row for each waiting object.
package dependencies

import (
	"maps"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

var waitingSince = &exposition.Family{
	Name: "cobaltcore_flux_resource_waiting_since_timestamp_seconds", Type: exposition.Gauge,
	Labels: []string{
		"cluster", "target_cluster", "kind", "exported_namespace", "name", "dependency", "problem", "chain", "blocked", "onset",
	},
	Help: "Since when a Flux resource waits for a dependency (kind/namespace/name), and the state of the dependency: missing, failed, stalled, suspended, deleting, unprocessed, circular, progressing, revision, expression, empty (no tags), ready (the resource will be reconciled), unwatched or unknown. " +
		"If the dependency itself waits, chain is indirect, problem is the problem at the end of the chain, and blocked is the object at the end that waits directly. onset: see cobaltcore_flux_resource_not_ready_since_timestamp_seconds.",
}

var sourceMissing = &exposition.Family{
	Name: "cobaltcore_flux_resource_source_missing", Type: exposition.Gauge,
	Labels: []string{"cluster", "target_cluster", "kind", "exported_namespace", "name", "source", "reason"},
	Help:   "Failing Flux resources whose source (kind/namespace/name) does not exist. reason is the reason of the resource. Always 1.",
}

// Families returns the families of dependencies.
func Families() []*exposition.Family {
	return []*exposition.Family{waitingSince, sourceMissing, policyPresent, mismatchInfo, mismatchSince}
}

// Cluster resolves the dependencies of one cluster. It is safe for concurrent use.
type Cluster struct {
	group *exposition.Group
	rows  *exposition.Rows

	mu sync.Mutex
	// known are the kinds whose objects have all been read.
	known map[string]bool
	nodes map[Ref]*Node
	// waiters are the objects that wait for another object, or that fail and have a source.
	waiters map[Ref]map[Ref]struct{}
	// instances are the FluxInstances with expectations, and shards has the number of objects of each shard.
	instances map[Ref]bool
	shards    map[string]int
}

// NewCluster returns an empty cluster that writes its rows to the group.
func NewCluster(group *exposition.Group) *Cluster {
	return &Cluster{
		group: group, rows: group.Rows(), known: map[string]bool{}, nodes: map[Ref]*Node{}, waiters: map[Ref]map[Ref]struct{}{},
		instances: map[Ref]bool{}, shards: map[string]int{},
	}
}

// Set implements watch.Notes.
func (c *Cluster) Set(kind, key string, note any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ref := refOf(kind, key)
	node, _ := note.(*Node)
	before := c.nodes[ref]
	if node.equal(before) {
		return
	}
	concerns := c.affectsInstances(ref, before, node)
	c.put(ref, node)
	c.render(c.affectedBy(ref))
	if concerns || c.instances[ref] {
		c.renderInstances()
	}
}

// Replace implements watch.Notes. nil notes mean that the objects of the kind are unknown.
func (c *Cluster) Replace(kind string, notes map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[kind] = notes != nil
	troubled := map[Ref]struct{}{} // only these have rows, before or after the change
	for ref, node := range c.nodes {
		if ref.Kind != kind {
			continue
		}
		if node.Trouble != nil {
			troubled[ref] = struct{}{}
		}
		if _, ok := notes[ref.key()]; !ok {
			c.put(ref, nil)
		}
	}
	for key, note := range notes {
		ref := refOf(kind, key)
		node, _ := note.(*Node)
		if c.put(ref, node); node != nil && node.Trouble != nil {
			troubled[ref] = struct{}{}
		}
	}
	for _, by := range c.waiters {
		maps.Copy(troubled, by)
	}
	c.render(troubled)
	c.renderInstances()
}

// put stores the note of an object and updates the index of waiters.
func (c *Cluster) put(ref Ref, node *Node) {
	c.indexInstance(ref, c.nodes[ref], node)
	if before := c.nodes[ref]; before != nil {
		for _, w := range before.references() {
			delete(c.waiters[w], ref)
			if len(c.waiters[w]) == 0 {
				delete(c.waiters, w)
			}
		}
	}
	if node == nil {
		delete(c.nodes, ref)
		return
	}
	c.nodes[ref] = node
	for _, w := range node.references() {
		if c.waiters[w] == nil {
			c.waiters[w] = map[Ref]struct{}{}
		}
		c.waiters[w][ref] = struct{}{}
	}
}

// affectedBy returns the object and all objects that wait for it, directly or indirectly.
func (c *Cluster) affectedBy(ref Ref) map[Ref]struct{} {
	all := map[Ref]struct{}{ref: {}}
	for next := []Ref{ref}; len(next) > 0; next = next[1:] {
		for by := range c.waiters[next[0]] {
			if _, ok := all[by]; !ok {
				all[by] = struct{}{}
				next = append(next, by)
			}
		}
	}
	return all
}

func (c *Cluster) render(refs map[Ref]struct{}) {
	for ref := range refs {
		node := c.nodes[ref]
		switch {
		case node != nil && node.State == lifecycle.DependencyNotReady && node.Trouble != nil:
			c.renderWaiting(ref, node)
		case node != nil && c.lacksSource(node.Trouble):
			c.group.Set(ref.String(), c.rows, func(r *exposition.Rows) {
				r.Add(sourceMissing, 1, node.Target, ref.Kind, ref.Namespace, ref.Name, node.Trouble.From.String(), node.Trouble.Reason)
			})
		default:
			c.group.Delete(ref.String())
		}
	}
}

// lacksSource reports whether a failing object has a source that does not exist.
func (c *Cluster) lacksSource(t *Trouble) bool {
	return t != nil && t.From.Name != "" && c.known[t.From.Kind] && c.nodes[t.From] == nil
}

func (c *Cluster) renderWaiting(ref Ref, node *Node) {
	f := c.resolve(ref)
	chain := "direct"
	if f.blocked != ref {
		chain = "indirect"
	}
	c.group.Set(ref.String(), c.rows, func(r *exposition.Rows) {
		r.Add(waitingSince, float64(node.Trouble.Onset.Time.Unix()), node.Target, ref.Kind, ref.Namespace, ref.Name,
			f.dependency.String(), f.problem, chain, f.blocked.String(), node.Trouble.Onset.Precision())
	})
}
