// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dependencies

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

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

// Node is the note of an object. There is one for each object of a fleet, most of which are
// ready, so what only few have is behind pointers: 128 bytes instead of 384.
type Node struct {
	Target string
	// Shard is the one whose controllers reconcile the object.
	Shard string
	// Source is the source of an applier.
	Source Ref
	// Revision is what an applier has applied, and what a source provides.
	Revision Revision
	// Origin is set for sources and Kustomizations, Demand for a FluxInstance that has
	// been installed, and Report for a FluxReport.
	Origin *Origin
	Demand *Demand
	Report *Report
	// Trouble is set for an object that waits or fails.
	Trouble *Trouble
	State   lifecycle.State
	// Satisfied means that Ready is True for the newest generation, whatever the state.
	Satisfied bool
	// Empty is set for an image repository without tags.
	Empty bool
}

// Trouble is why an object is not ready.
type Trouble struct {
	// From is the source of an object that fails, and Reason is why it fails.
	From   Ref
	Reason string
	// Waits are the dependencies of an object in state dependency_not_ready, if it records
	// them, and Onset is since when it waits.
	Waits []Wait
	Onset lifecycle.Onset
}

// Revision is the hash of a revision, which is only compared.
type Revision uint64

// RevisionOf returns the hash of a revision.
func RevisionOf(revision string) Revision { return Revision(xxhash.Sum64String(revision)) }

func (n *Node) equal(other *Node) bool {
	if n == nil || other == nil {
		return n == other
	}
	a, b := *n, *other
	same := pointToEqual(&a.Origin, &b.Origin) && pointToEqual(&a.Demand, &b.Demand) && pointToEqual(&a.Report, &b.Report) &&
		pointToEqual(&a.Trouble, &b.Trouble)
	return same && a == b
}

// pointToEqual reports whether two pointers point to equal values, and clears them.
func pointToEqual[T any](a, b **T) bool {
	equal := *a == *b || *a != nil && *b != nil && reflect.DeepEqual(*a, *b)
	*a, *b = nil, nil
	return equal
}

// needs returns the objects on which the rows about the object depend.
func (n *Node) needs() []Ref {
	if n.Trouble == nil {
		return nil
	}
	var all []Ref
	for _, w := range n.Trouble.Waits {
		all = append(all, w.Ref)
	}
	if n.Trouble.From.Name != "" {
		all = append(all, n.Trouble.From)
	}
	return all
}

// key returns the key of the object among those of its kind; see refOf.
func (r Ref) key() string {
	if r.Namespace == "" {
		return r.Name
	}
	return r.Namespace + "/" + r.Name
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

// perReference are the bytes that a reference to another object takes in memory, beside its name.
const perReference = 256

// KeepWaits returns the first of the dependencies of an object, as many as fit into the bound of
// its rows.
func KeepWaits(r *exposition.Rows, all []Wait) []Wait {
	for i, w := range all {
		if !r.Keep(perReference + len(w.Kind) + len(w.Namespace) + len(w.Name)) {
			return slices.Clone(all[:i])
		}
	}
	return all
}

// Bounded returns the node without what does not fit into the bound of the rows of its object.
func (n *Node) Bounded(r *exposition.Rows) *Node {
	if o := n.Origin; o != nil && !r.Keep(len(o.URL)+len(o.Ref)+len(o.Path)) {
		n.Origin = nil
	}
	if d := n.Demand; d != nil && !r.Keep(sizeOf(d.Images)+perReference*(len(d.Policies)+len(d.Shards))+len(strings.Join(d.Policies,
		""))+len(strings.Join(d.Shards, ""))) {
		n.Demand = nil
	}
	if p := n.Report; p != nil && !r.Keep(sizeOf(p.Images)) {
		n.Report = nil
	}
	return n
}

func sizeOf(images []Image) int {
	size := perReference * len(images)
	for _, i := range images {
		size += len(i.Component) + len(i.Name)
	}
	return size
}

// Shift moves the times of a node as [exposition.Rows.Time] moves timestamps.
func (n *Node) Shift(r *exposition.Rows) *Node {
	if n.Trouble != nil {
		n.Trouble.Onset = shifted(n.Trouble.Onset, r.Shifted)
	}
	if n.Origin != nil {
		n.Origin.Changed = r.Shifted(n.Origin.Changed)
	}
	if n.Demand != nil {
		n.Demand.Since, n.Demand.Changed = r.Shifted(n.Demand.Since), r.Shifted(n.Demand.Changed)
	}
	if n.Report != nil {
		n.Report.Written = r.Shifted(n.Report.Written)
	}
	return n
}
