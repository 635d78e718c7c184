// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"bytes"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Node identifies an object in the fleet, which may not be watched.
type Node struct {
	Cluster   string `json:"cluster"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// KindOpenBao is the kind of an OpenBao, which is configured instead of watched.
const KindOpenBao = "OpenBao"

// Ref returns kind/namespace/name, or kind/name of a cluster-scoped object.
func (n Node) Ref() string { return join(n.Kind, n.Namespace, n.Name) }

func (n Node) key() string { return join(n.Namespace, n.Name) }

// Edge declares how a row refers to an object on which its own object depends.
type Edge struct {
	Family string
	// Label is the label with the name or reference of the other object. A family without it has a single label.
	Label string
	// Kinds are the kinds that the other object may have; it may have any if they are empty.
	Kinds []string
	// Optional are the kinds whose objects need not exist.
	Optional []string
	// Applies reports whether the other object applies the object of the row.
	Applies bool
	// Other returns the other object for a row of self and the value of its label, or a zero Node. Without a
	// cluster, it may exist in any cluster that applies objects to the cluster of self.
	Other func(self Node, value string, line []byte) Node
	// Through returns the object between both, or a zero Node. If it is watched, self depends on it instead.
	Through func(self, other Node) Node
}

// leads reports whether rows may refer to one of the objects.
func (e *Edge) leads(on []Node) bool {
	return slices.ContainsFunc(on, func(n Node) bool {
		return len(e.Kinds) == 0 || slices.Contains(e.Kinds, n.Kind)
	})
}

func (e *Edge) applies() bool { return e != nil && e.Applies }

// raw returns the value of the label of a row, as it is escaped there.
func (e *Edge) raw(line []byte) []byte {
	if e.Label != "" {
		raw, _ := exposition.RawLabel(line, e.Label)
		return raw
	}
	line = line[bytes.IndexByte(line, '"')+1:]
	return line[:max(bytes.IndexByte(line, '"'), 0)]
}

func (e *Edge) other(self Node, line []byte) Node {
	if e.Label == "" {
		return e.Other(self, string(e.raw(line)), line)
	}
	return e.Other(self, exposition.RowLabel(line, e.Label), line)
}

// ParseRef returns the object of kind/namespace/name or kind/name in a cluster.
func ParseRef(cluster, ref string) Node {
	parts := strings.SplitN(ref, "/", 3)
	switch len(parts) {
	case 3:
		return Node{cluster, parts[0], parts[1], parts[2]}
	case 2:
		return Node{Cluster: cluster, Kind: parts[0], Name: parts[1]}
	}
	return Node{}
}

// ByReference is the [Edge.Other] of labels with kind/namespace/name or kind/name in the same cluster.
func ByReference(self Node, value string, _ []byte) Node { return ParseRef(self.Cluster, value) }

// InNamespace is the [Edge.Other] of labels with the name of an object of the kind in the same namespace.
func InNamespace(kind string) func(Node, string, []byte) Node {
	return func(self Node, value string, _ []byte) Node { return Node{self.Cluster, kind, self.Namespace, value} }
}

// graphNames returns names, followed by the families of edges in their order.
func (c *columns) graphNames() []string {
	all := slices.Clone(c.names)
	for i := range c.edges {
		all = append(all, c.edges[i].Family)
	}
	return all
}

// createdBy returns the objects that an object creates, which may not exist.
func (c *columns) createdBy(n Node) (all []Node) {
	for _, creation := range c.creates {
		if creation.Kind == n.Kind {
			all = append(all, Node{n.Cluster, creation.Creates, n.Namespace, n.Name})
		}
	}
	return all
}

// reference is an object to which another one refers.
type reference struct {
	Node

	optional bool  // it need not exist
	edge     *Edge // nil for an object that creates the other one
}

// upstream returns the dependencies of an object. p is a view of graphNames.
func (c *columns) upstream(p *exposition.Page, at int) []reference {
	var all []reference
	self := nodeAt(p, at)
	for i := range c.edges {
		e := &c.edges[i]
		for line := range bytes.Lines(p.Rows(at, len(c.names)+i)) {
			if n := e.other(self, line); n.Kind != "" && n.Name != "" && n != self {
				all = append(all, reference{n, slices.Contains(e.Optional, n.Kind), e})
			}
		}
	}
	for _, creation := range c.creates {
		if creation.Creates == self.Kind {
			all = append(all, reference{Node: Node{self.Cluster, creation.Kind, self.Namespace, self.Name}, optional: true})
		}
	}
	return all
}

func nodeAt(p *exposition.Page, at int) Node {
	o := Object{}
	o.setKey(string(p.Object(at)))
	return Node{p.Key.Cluster, p.Key.Kind, o.Namespace, o.Name}
}
