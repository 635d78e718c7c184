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

// String returns kind/namespace/name, or kind/name if there is no namespace; empty for the zero Ref.
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

	// Unwatched marks a kind that is not watched.
	Unwatched bool
	// Expression means that a CEL expression decides whether the dependency is ready.
	Expression bool
}

// Node is the note of an object. Each object of the fleet has one, and most objects are ready; therefore, rare fields
// are behind pointers (128 bytes instead of 384).
type Node struct {
	Target string
	// Shard is the shard whose controllers reconcile the object.
	Shard string
	// Source is the source of an applier.
	Source Ref
	// Revision is the revision that an applier has applied, or that a source provides.
	Revision Revision
	// Origin is set for sources and Kustomizations, Demand for a FluxInstance that has
	// been installed, and Report for a FluxReport.
	Origin *Origin
	Demand *Demand
	Report *Report
	// Trouble is set for an object that is waiting or failing.
	Trouble *Trouble
	State   lifecycle.State
	// Satisfied means that Ready is True for the newest generation, independent of the state.
	Satisfied bool
	// Empty marks an image repository without tags.
	Empty bool
}

// Trouble describes why an object is not ready.
type Trouble struct {
	// From is the source of a failing object, and Reason is the reason of the failure.
	From   Ref
	Reason string
	// Waits are the recorded dependencies of an object in the state dependency_not_ready, and Onset is the begin of
	// that state.
	Waits []Wait
	Onset lifecycle.Onset
}

// Revision is the hash of a revision. Revisions are only compared.
type Revision uint64

// RevisionOf returns the hash of a revision.
func RevisionOf(revision string) Revision { return Revision(xxhash.Sum64String(revision)) }

func (n *Node) equal(other *Node) bool {
	if n == nil || other == nil {
		return n == other
	}
	a, b := *n, *other
	same := equalPointees(&a.Origin, &b.Origin) && equalPointees(&a.Demand, &b.Demand) && equalPointees(&a.Report, &b.Report) &&
		equalPointees(&a.Trouble, &b.Trouble)
	return same && a == b
}

// equalPointees reports whether two pointers point to equal values, and sets them to nil.
func equalPointees[T any](a, b **T) bool {
	equal := *a == *b || *a != nil && *b != nil && reflect.DeepEqual(*a, *b)
	*a, *b = nil, nil
	return equal
}

// references returns the objects that affect the rows of this object.
func (n *Node) references() []Ref {
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

// key returns the key of the object among the objects of its kind; see refOf.
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

// shiftOnset returns an onset shifted like the rows of its cluster.
func shiftOnset(o lifecycle.Onset, shift func(time.Time) time.Time) lifecycle.Onset {
	o.Time = shift(o.Time)
	return o
}

// perReference is the memory in bytes of a reference to another object, without its name.
const perReference = 256

// KeepWaits returns the first dependencies of an object, up to the limit of its rows.
func KeepWaits(r *exposition.Rows, all []Wait) []Wait {
	for i, w := range all {
		if !r.Keep(perReference + len(w.Kind) + len(w.Namespace) + len(w.Name)) {
			return slices.Clone(all[:i])
		}
	}
	return all
}

// Bounded returns the node without the parts that exceed the limit of the rows of its object.
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

// Shift shifts the times of a node as [exposition.Rows.Time] shifts timestamps.
func (n *Node) Shift(r *exposition.Rows) *Node {
	if n.Trouble != nil {
		n.Trouble.Onset = shiftOnset(n.Trouble.Onset, r.Shifted)
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
