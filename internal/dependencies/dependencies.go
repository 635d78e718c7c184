// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package dependencies relates objects of Flux to each other: what waiting objects wait
// for, and whether other objects are as a FluxInstance asks for.
//
// An object names its dependencies, but whether one is missing, fails or waits itself is
// recorded in others. Objects leave a [Node] as their note when they are rendered; a
// [Cluster] collects those of one cluster and exports a row for each object that waits.
package dependencies

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

var waitingSince = &exposition.Family{
	Name: "cobaltcore_flux_resource_waiting_since_timestamp_seconds", Type: exposition.Gauge,
	Labels: []string{
		"cluster", "target_cluster", "kind", "exported_namespace", "name", "dependency", "problem", "chain", "blocked", "onset",
	},
	Help: "Since when a Flux resource waits for a dependency (kind/namespace/name), and why that is not enough: missing, failed, stalled, suspended, deleting, unprocessed, circular, progressing, revision, expression, empty (no tags), ready (nothing holds it up any more), unwatched or unknown. " +
		"Where the dependency itself waits, chain is indirect, problem is that of the end of the chain, and blocked is the object there that waits directly. onset: see cobaltcore_flux_resource_not_ready_since_timestamp_seconds.",
}

var sourceMissing = &exposition.Family{
	Name: "cobaltcore_flux_resource_source_missing", Type: exposition.Gauge,
	Labels: []string{"cluster", "target_cluster", "kind", "exported_namespace", "name", "source", "reason"},
	Help:   "Flux resources that fail, and whose source (kind/namespace/name) does not exist. reason is that of the resource. Always 1.",
}

// Families returns the families about dependencies.
func Families() []*exposition.Family {
	return []*exposition.Family{waitingSince, sourceMissing, policyPresent, mismatchInfo, mismatchSince}
}

// Ref identifies an object in a cluster.
type Ref struct{ Kind, Namespace, Name string }

// String returns kind/namespace/name, kind/name without a namespace, and nothing for no
// object.
func (r Ref) String() string {
	switch {
	case r.Name == "":
		return ""
	case r.Namespace == "":
		return r.Kind + "/" + r.Name
	}
	return r.Kind + "/" + r.Namespace + "/" + r.Name
}

// Wait is a dependency of an object.
type Wait struct {
	Ref

	// Unwatched is set for a kind that is not watched.
	Unwatched bool
	// Expression is set if a CEL expression decides whether the dependency is ready.
	Expression bool
}

// Node is the note of an object.
type Node struct {
	Target string
	State  lifecycle.State
	// Satisfied means that Ready is True for the newest generation, whatever the state.
	Satisfied bool
	// Revision is what an applier has applied, and what a source provides.
	Revision string
	// Source is the source of an applier.
	Source Ref
	// From is the source of an object that fails, and Reason is why it fails.
	From   Ref
	Reason string
	// Empty is set for an image repository without tags.
	Empty bool
	// Waits are the dependencies of an object in state dependency_not_ready, if it records
	// them, and Onset is since when it waits.
	Waits []Wait
	Onset lifecycle.Onset
	// Changed is when the spec was changed last; zero if unknown.
	Changed time.Time
	// Shard is the one whose controllers reconcile the object.
	Shard string
	// Origin is set for sources and Kustomizations, Demand for a FluxInstance that has
	// been installed, and Report for a FluxReport.
	Origin Origin
	Demand *Demand
	Report *Report
}

func (n *Node) equal(other *Node) bool {
	if n == nil || other == nil {
		return n == other
	}
	return n.Target == other.Target && n.State == other.State && n.Satisfied == other.Satisfied && n.Revision == other.Revision &&
		n.Source == other.Source && n.From == other.From && n.Reason == other.Reason && n.Empty == other.Empty && n.Onset == other.Onset && slices.Equal(n.Waits, other.Waits) &&
		n.Changed.Equal(other.Changed) && n.Shard == other.Shard && n.Origin == other.Origin && reflect.DeepEqual(n.Demand, other.Demand) && reflect.DeepEqual(n.Report, other.Report)
}

// Cluster resolves the dependencies of one cluster. It is safe for concurrent use.
type Cluster struct {
	group *exposition.Group
	rows  *exposition.Rows

	mu sync.Mutex
	// known are the kinds of which all objects are known.
	known map[string]bool
	nodes map[Ref]*Node
	// waiters are the objects that wait for another one, or fail and are made from it.
	waiters map[Ref]map[Ref]struct{}
	// instances are the FluxInstances that ask for something, and shards has the number of
	// objects of each.
	instances map[Ref]bool
	shards    map[string]int
}

// NewCluster returns an empty cluster whose rows go to the group.
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
	concerns := c.concerns(ref, before, node)
	c.put(ref, node)
	c.render(c.affected(ref))
	if concerns || c.instances[ref] {
		c.renderInstances()
	}
}

// Replace implements watch.Notes. Without notes nothing is known of the kind.
func (c *Cluster) Replace(kind string, notes map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[kind] = notes != nil
	gone := map[Ref]struct{}{}
	for ref := range c.nodes {
		if ref.Kind == kind {
			gone[ref] = struct{}{}
		}
	}
	for key, note := range notes {
		ref := refOf(kind, key)
		delete(gone, ref)
		node, _ := note.(*Node)
		c.put(ref, node)
	}
	for ref := range gone {
		c.put(ref, nil)
		c.group.Delete(ref.String())
	}
	waiting := map[Ref]struct{}{}
	for _, by := range c.waiters {
		maps.Copy(waiting, by)
	}
	for ref := range c.nodes {
		if ref.Kind == kind {
			waiting[ref] = struct{}{}
		}
	}
	c.render(waiting)
	c.renderInstances()
}

// put stores the note of an object and keeps the index of waiters.
func (c *Cluster) put(ref Ref, node *Node) {
	c.indexInstance(ref, c.nodes[ref], node)
	if before := c.nodes[ref]; before != nil {
		for _, w := range before.needs() {
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
	for _, w := range node.needs() {
		if c.waiters[w] == nil {
			c.waiters[w] = map[Ref]struct{}{}
		}
		c.waiters[w][ref] = struct{}{}
	}
}

// needs returns the objects on which the rows about the object depend.
func (n *Node) needs() []Ref {
	var all []Ref
	for _, w := range n.Waits {
		all = append(all, w.Ref)
	}
	if n.From.Name != "" {
		all = append(all, n.From)
	}
	return all
}

// affected returns the object and all that wait for it, directly or not.
func (c *Cluster) affected(ref Ref) map[Ref]struct{} {
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
		case node != nil && node.State == lifecycle.DependencyNotReady:
			c.renderWaiting(ref, node)
		case node != nil && node.From.Name != "" && c.known[node.From.Kind] && c.nodes[node.From] == nil:
			c.group.Set(ref.String(), c.rows, func(r *exposition.Rows) {
				r.Add(sourceMissing, 1, node.Target, ref.Kind, ref.Namespace, ref.Name, node.From.String(), node.Reason)
			})
		default:
			c.group.Delete(ref.String())
		}
	}
}

func (c *Cluster) renderWaiting(ref Ref, node *Node) {
	f := c.resolve(ref)
	chain := "direct"
	if f.blocked != ref {
		chain = "indirect"
	}
	c.group.Set(ref.String(), c.rows, func(r *exposition.Rows) {
		r.Add(waitingSince, float64(node.Onset.Time.Unix()), node.Target, ref.Kind, ref.Namespace, ref.Name,
			f.dependency.String(), f.problem, chain, f.blocked.String(), node.Onset.Precision())
	})
}

func refOf(kind, key string) Ref {
	namespace, name, ok := strings.Cut(key, "/")
	if !ok {
		namespace, name = "", key
	}
	return Ref{Kind: kind, Namespace: namespace, Name: name}
}

// shifted returns an onset that is moved as the rows of its cluster are.
func shifted(o lifecycle.Onset, shift func(time.Time) time.Time) lifecycle.Onset {
	o.Time = shift(o.Time)
	return o
}

// Shift moves the times of a node as [exposition.Rows.Time] moves timestamps.
func (n *Node) Shift(r *exposition.Rows) *Node {
	n.Onset, n.Changed = shifted(n.Onset, r.Shifted), r.Shifted(n.Changed)
	if n.Demand != nil {
		n.Demand.Since = r.Shifted(n.Demand.Since)
	}
	if n.Report != nil {
		n.Report.Written = r.Shifted(n.Report.Written)
	}
	return n
}
