// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// Geometry of the dependency graph, in the units of its view box.
const (
	graphNodeWidth  = 260
	graphNodeHeight = 58
	graphColumn     = graphNodeWidth + 60
	graphLoop       = 40 // distance by which a line between two nodes of a column bulges out
	graphRow        = graphNodeHeight + 14
	maxGraphMargin  = 3 * graphRow
	graphLine       = 30 // characters that fit into a node
)

// graphView shows the dependencies and dependents of an object as a diagram and as lists.
type graphView struct {
	Width, Height            int
	Nodes                    []graphNode
	Edges                    []edge
	More                     int
	Dependencies, Dependents []graphItem
}

// graphNode is a box with three lines of text.
type graphNode struct {
	objectState

	X, Y, Width, Height int
	TextX               int
	TextY               [3]int
	Text                [3]string
	Full, Href          string
	Self, Cause         bool
}

// graphItem is an object in a list, with its own dependencies or dependents.
type graphItem struct {
	objectState

	Name, Cluster, Href string
	Cause               bool
	Items               []graphItem
}

// itemList is a list with the relative path to /.
type itemList struct {
	Root  string
	Items []graphItem
}

func newItemList(root string, items []graphItem) itemList { return itemList{root, items} }

// graphOf draws a graph. Root causes of findings are marked.
func graphOf(g objects.Graph, causes map[objects.Node]bool) graphView {
	v := graphView{More: g.More}
	levels := map[int][]int{}
	for i, n := range g.Nodes {
		levels[n.Level] = append(levels[n.Level], i)
	}
	first, last, rows := 0, 0, 1
	for level, nodes := range levels {
		first, last, rows = min(first, level), max(last, level), max(rows, len(nodes))
	}
	v.Width, v.Height = (last-first)*graphColumn+graphNodeWidth+graphLoop, rows*graphRow
	y := make([]int, len(g.Nodes))
	v.Nodes = make([]graphNode, len(g.Nodes))
	for _, level := range levelsOutward(first, last) {
		sortLevel(levels[level], g, y, level)
		for place, i := range levels[level] {
			// Short levels are in the middle of the others, but never far below the top, where a screen would not show them.
			y[i] = min((v.Height-len(levels[level])*graphRow)/2, maxGraphMargin) + place*graphRow
			v.Nodes[i] = graphNodeOf(g.Nodes[i], (level-first)*graphColumn, y[i], causes[g.Nodes[i].Node])
		}
	}
	for _, e := range g.Edges {
		v.Edges = append(v.Edges, graphEdge(v.Nodes[e[0]], v.Nodes[e[1]]))
	}
	v.Dependencies, v.Dependents = v.items(g, 0, true, map[int]bool{0: true}), v.items(g, 0, false, map[int]bool{0: true})
	return v
}

// levelsOutward returns the levels in the order of their distance from the object itself.
func levelsOutward(first, last int) []int {
	all := []int{0}
	for i := 1; i <= max(-first, last); i++ {
		if -i >= first {
			all = append(all, -i)
		}
		if i <= last {
			all = append(all, i)
		}
	}
	return all
}

// sortLevel sorts the nodes of a level by the height of their neighbours nearer to the object.
func sortLevel(nodes []int, g objects.Graph, y []int, level int) {
	height := func(i int) int {
		for _, e := range g.Edges {
			for _, pair := range [][2]int{e, {e[1], e[0]}} {
				if pair[0] == i && abs(g.Nodes[pair[1]].Level) < abs(level) {
					return y[pair[1]]
				}
			}
		}
		return 0
	}
	slices.SortStableFunc(nodes, func(a, b int) int { return cmp.Compare(height(a), height(b)) })
}

func abs(n int) int { return max(n, -n) }

func graphNodeOf(n objects.GraphNode, x, y int, cause bool) graphNode {
	v := graphNode{
		objectState: nodeState(n), X: x + 1, Y: y + (graphRow-graphNodeHeight)/2, Width: graphNodeWidth - 2, Height: graphNodeHeight,
		Self: n.Level == 0, Cause: cause,
		Href: nodeHref(n),
	}
	v.TextX, v.TextY = v.X+10, [3]int{v.Y + 18, v.Y + 34, v.Y + 50}
	name := strings.TrimPrefix(n.Ref(), n.Kind+"/")
	v.Text = [3]string{shortenTo(n.Kind+" in "+n.Cluster, graphLine), shortenMiddle(name, graphLine), v.Mark + " " + v.State}
	if cause {
		v.Text[2] += ": cause"
	}
	v.Full = fmt.Sprintf("%s %s in %s: %s", n.Kind, name, n.Cluster, v.State)
	return v
}

// nodeState returns the state of a node. Objects that are not watched have a state, too.
func nodeState(n objects.GraphNode) objectState {
	switch {
	case n.Kind == objects.KindOpenBao:
		return objectState{State: "configured", Mark: "–", Class: "absent"}
	case !n.Watched:
		return objectState{State: "not found", Mark: "?", Class: "unknown"}
	}
	return objectStateOf(n.State)
}

func nodeHref(n objects.GraphNode) string {
	switch {
	case n.Kind == objects.KindOpenBao:
		return systemHref("openbao")
	case !n.Watched:
		return clusterHref(n.Cluster)
	}
	return objectHref(n.Cluster, n.Kind, n.Namespace, n.Name)
}

// graphEdge returns the line between two nodes, which may be in the same column.
func graphEdge(a, b graphNode) edge {
	y1, y2 := a.Y+a.Height/2, b.Y+b.Height/2
	class := ""
	if a.Class == "down" || a.Class == "degraded" || a.Class == "unknown" {
		class = "late"
	}
	if a.X >= b.X {
		return edge{fmt.Sprintf("M%d %dC%d %d %d %d %d %d", a.X+a.Width, y1, a.X+a.Width+graphLoop, y1, b.X+b.Width+graphLoop, y2, b.X+b.Width, y2), class}
	}
	middle := (a.X + a.Width + b.X) / 2
	return edge{fmt.Sprintf("M%d %dC%d %d %d %d %d %d", a.X+a.Width, y1, middle, y1, middle, y2, b.X, y2), class}
}

// items returns the dependencies of a node or else its dependents, each once.
func (v *graphView) items(g objects.Graph, node int, dependencies bool, seen map[int]bool) []graphItem {
	var all []graphItem
	for _, e := range g.Edges {
		from, to := e[0], e[1]
		if dependencies {
			from, to = to, from
		}
		if from != node || seen[to] || dependencies != (g.Nodes[to].Level < 0) {
			continue
		}
		seen[to] = true
		n := v.Nodes[to]
		all = append(all, graphItem{
			objectState: n.objectState, Name: g.Nodes[to].Kind + " " + strings.TrimPrefix(g.Nodes[to].Ref(), g.Nodes[to].Kind+"/"),
			Cluster: g.Nodes[to].Cluster,
			Href:    n.Href, Cause: n.Cause, Items: v.items(g, to, dependencies, seen),
		})
	}
	return all
}

func shortenTo(s string, length int) string {
	if r := []rune(s); len(r) > length {
		return string(r[:length-1]) + "…"
	}
	return s
}

// shortenMiddle removes the middle of a text, because names differ at the beginning and the end.
func shortenMiddle(s string, length int) string {
	r := []rune(s)
	if len(r) <= length {
		return s
	}
	head := length / 2
	return string(r[:head]) + "…" + string(r[len(r)-(length-head-1):])
}
