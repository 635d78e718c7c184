// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Limits of a graph. Objects beyond them are only counted.
const (
	maxNodes    = 60
	maxPerLevel = 16
	maxLevels   = 5 // in each direction
)

// Graph has the dependencies and dependents of an object.
type Graph struct {
	Nodes []GraphNode `json:"nodes" jsonschema_description:"The object itself, what it depends on (negative levels) and what depends on it (positive levels)."`
	Edges [][2]int    `json:"edges" jsonschema_description:"Pairs of places in nodes: the second one depends on the first one."`
	More  int         `json:"more" jsonschema_description:"How many further objects depend on it that nodes does not have."`
}

// GraphNode is an object of a graph.
type GraphNode struct {
	Node

	Level   int    `json:"level"`
	State   string `json:"state" jsonschema_description:"The state of a watched object."`
	Watched bool   `json:"watched" jsonschema_description:"Whether the object exists and is watched."`
}

// grapher builds the graph of an object.
type grapher struct {
	reader *Reader
	asides map[[3]string]condition
	graph  Graph
	places map[Node]int // indices in the nodes of the graph
}

// graph returns the graph of a watched object.
func (r *Reader) graph(self Node, state string) Graph {
	g := grapher{reader: r, asides: r.asideConditions(&Query{}), graph: Graph{Edges: [][2]int{}}, places: map[Node]int{}}
	g.add(GraphNode{Node: self, State: state, Watched: true})
	g.up()
	g.down(self)
	return g.graph
}

func (g *grapher) add(n GraphNode) int {
	g.graph.Nodes = append(g.graph.Nodes, n)
	g.places[n.Node] = len(g.graph.Nodes) - 1
	return len(g.graph.Nodes) - 1
}

func (g *grapher) connect(from, to int) {
	if e := [2]int{from, to}; from != to && !slices.Contains(g.graph.Edges, e) {
		g.graph.Edges = append(g.graph.Edges, e)
	}
}

// up adds the dependencies of the object, level by level. The line from an applier to an object that is not
// nearer to the object itself is left out, because it would cross the diagram.
func (g *grapher) up() {
	for at := 0; at < len(g.graph.Nodes); at++ { //nolint:intrange // nodes are added meanwhile
		n := g.graph.Nodes[at]
		if !n.Watched || n.Level == -maxLevels {
			continue
		}
		for _, ref := range g.upstreamOf(n.Node) {
			on := g.located(ref.Node, n.Node)
			if g.indirect(ref.edge, n.Node, on) {
				continue
			}
			place, known := g.places[on]
			if !known {
				if len(g.graph.Nodes) == maxNodes/2 {
					g.graph.More++
					continue
				}
				node := GraphNode{Node: on, Level: n.Level - 1}
				if o, ok := g.object(on); ok {
					node.State, node.Watched = o.State, true
				} else if ref.optional {
					continue
				}
				place = g.add(node)
			}
			if !ref.edge.applies() || g.graph.Nodes[place].Level < n.Level {
				g.connect(place, at)
			}
		}
	}
}

// located sets the cluster of an object that has none: a cluster whose objects are applied to the cluster of
// from.
func (g *grapher) located(n, from Node) Node {
	if n.Cluster != "" {
		return n
	}
	for _, k := range g.reader.keysOf(n.Kind) {
		at := n
		at.Cluster = k.Cluster
		if o, ok := g.object(at); ok && o.Target == from.Cluster {
			return at
		}
	}
	n.Cluster = from.Cluster
	return n
}

// upstreamOf returns the dependencies of a watched object.
func (g *grapher) upstreamOf(n Node) (all []reference) {
	g.reader.find(n, g.reader.graphNames(), func(p *exposition.Page, at int) { all = g.reader.upstream(p, at) })
	return all
}

// indirect reports whether the object depends on the other one through a watched object between both.
func (g *grapher) indirect(e *Edge, self, other Node) bool {
	return e != nil && e.Through != nil && g.reader.find(e.Through(self, other), nil, func(*exposition.Page, int) {})
}

// object returns a watched object.
func (g *grapher) object(n Node) (o Object, ok bool) {
	ok = g.reader.find(n, g.reader.names, func(p *exposition.Page, at int) {
		o = g.reader.describe(p, at, g.reader.conditionAt(p, at, g.asides))
	})
	return o, ok
}

// down adds the dependents of the object, level by level. Each level needs one pass over the rows of the kinds
// that refer to others.
func (g *grapher) down(self Node) {
	frontier := []Node{self}
	for level := 1; level <= maxLevels && len(frontier) > 0; level++ {
		next := g.dependents(frontier)
		slices.SortStableFunc(next, func(a, b dependent) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.node.Cluster, b.node.Cluster), cmp.Compare(a.node.Ref(), b.node.Ref()))
		})
		frontier = frontier[:0]
		more := map[Node]bool{}
		for _, d := range next {
			place, known := g.places[d.node]
			switch {
			case known && d.edge.applies() && g.graph.Nodes[place].Level <= g.graph.Nodes[g.places[d.on]].Level:
				continue
			case known:
			case len(frontier) == maxPerLevel || len(g.graph.Nodes) == maxNodes:
				more[d.node] = true
				continue
			default:
				place = g.add(GraphNode{Node: d.node, Level: level, State: states[d.rank], Watched: true})
				frontier = append(frontier, d.node)
			}
			g.connect(g.places[d.on], place)
		}
		g.graph.More += len(more)
	}
}

// dependent is an object that refers to another one.
type dependent struct {
	node, on Node
	rank     int
	edge     *Edge // nil for an object that on creates
}

// dependents returns the objects that refer to one of on.
func (g *grapher) dependents(on []Node) []dependent {
	// texts are the label values by which rows may refer to one of the objects. appliers has the objects by
	// their target cluster, kind, namespace and name, for references without a cluster.
	texts, wanted, appliers := map[string]bool{}, map[Node]bool{}, map[Node]Node{}
	var all []dependent
	for _, n := range on {
		for _, made := range g.reader.createdBy(n) {
			if o, ok := g.object(made); ok {
				all = append(all, dependent{node: made, on: n, rank: rankOf(o.State)})
			}
		}
		wanted[n] = true
		texts[n.Name], texts[n.Ref()], texts[join(n.Cluster, n.Name)] = true, true, true
		if o, ok := g.object(n); ok {
			appliers[Node{o.Target, n.Kind, n.Namespace, n.Name}] = n
		}
	}
	first := len(g.reader.names)
	g.reader.exposition.Walk(g.reader.graphNames(), g.reader.watched, func(p *exposition.Page) {
		for i := range g.reader.edges {
			e := &g.reader.edges[i]
			if !p.Has(first+i) || !e.leads(on) {
				continue
			}
			for at := range p.Len() {
				for line := range bytes.Lines(p.Rows(at, first+i)) {
					if !texts[string(e.raw(line))] {
						continue
					}
					self := nodeAt(p, at)
					other := e.other(self, line)
					if other.Cluster == "" {
						other.Cluster = self.Cluster
						other = appliers[other]
					}
					if wanted[other] && other != self {
						all = append(all, dependent{self, other, g.reader.conditionAt(p, at, g.asides).rank, e})
					}
				}
			}
		}
	})
	return slices.DeleteFunc(all, func(d dependent) bool { return g.indirect(d.edge, d.node, d.on) })
}
