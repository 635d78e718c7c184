// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"html/template"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// Bytes of the parts of the page of an object, without its layout. The picture gets the rest.
const (
	maxObjectBytes  = 92 << 10
	maxFindingBytes = 30 << 10
	maxChangeBytes  = 10 << 10
	maxRowBytes     = 10 << 10
)

// fitItems returns the first items that fit into a number of bytes together, and the bytes they take.
func fitItems[T any](all []T, limit int, size func(*T) int) (fitting []T, used int) {
	for i := range all {
		n := size(&all[i])
		if used+n > limit {
			return all[:i], used
		}
		used += n
	}
	return all, used
}

// htmlSize returns the bytes of texts in HTML.
func htmlSize(texts ...string) int {
	n := 0
	for _, s := range texts {
		n += len(template.HTMLEscapeString(s))
	}
	return n
}

// Sizes of items with their markup.

func findingSize(f *objectFinding) int {
	n := 1200 + htmlSize(f.Summary, f.Description, f.Object, f.Href, f.Rule, f.Command, f.Playbook, f.Dashboard, f.Silence,
		f.Cause, f.CauseHref)
	for _, c := range f.Changed {
		n += 80 + htmlSize(c.Text)
	}
	return n + 20*len(f.Labels) + htmlSize(f.Labels...)
}

func changeSize(c *changeRow) int { return 250 + htmlSize(c.Text) }

func rowSize(r *objects.Row) int {
	n := 80 + htmlSize(r.Metric, r.Value)
	for _, l := range r.Labels {
		n += 20 + htmlSize(l.Name, l.Value)
	}
	return n
}

// nodeSize returns the size of a node in the picture and in the list, with its edges.
func nodeSize(n *objects.GraphNode) int {
	return 600 + 2*htmlSize(nodeHref(*n), n.Cluster, n.Ref())
}

// fitGraph leaves out the most distant nodes of a graph that do not fit into a number of bytes.
func fitGraph(g objects.Graph, limit int) objects.Graph {
	nearest := make([]int, len(g.Nodes))
	for i := range nearest {
		nearest[i] = i
	}
	slices.SortStableFunc(nearest, func(a, b int) int { return cmp.Compare(abs(g.Nodes[a].Level), abs(g.Nodes[b].Level)) })
	nearest, _ = fitItems(nearest, limit, func(i *int) int { return nodeSize(&g.Nodes[*i]) })
	if len(nearest) == len(g.Nodes) {
		return g
	}
	fitting := objects.Graph{More: g.More + len(g.Nodes) - len(nearest)}
	places := map[int]int{}
	for place, i := range nearest {
		places[i] = place
		fitting.Nodes = append(fitting.Nodes, g.Nodes[i])
	}
	for _, e := range g.Edges {
		from, ok := places[e[0]]
		to, both := places[e[1]]
		if ok && both {
			fitting.Edges = append(fitting.Edges, [2]int{from, to})
		}
	}
	return fitting
}
