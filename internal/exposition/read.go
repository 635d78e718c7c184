// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"slices"
	"strings"
)

// Blocks returns the current rows of the named families. The rows of a group are consistent with each other. A block with the same
// pointer as before has the same rows. Unknown names have no blocks.
func (e *Exposition) Blocks(names ...string) map[string][]*Block {
	l := e.layout.Load()
	columns := make([][]int, len(l.groups))
	var named []int
	for i, f := range e.families {
		if slices.Contains(names, f.decl.Name) {
			named = append(named, i)
			for _, c := range l.columns[i] {
				columns[c.group] = append(columns[c.group], c.column)
			}
		}
	}
	byGroup := make([][][]*Block, len(l.groups))
	for i, some := range columns {
		if some != nil {
			byGroup[i] = l.groups[i].columns(some)
		}
	}
	out := make(map[string][]*Block, len(names))
	for _, i := range named {
		var blocks []*Block
		for _, c := range l.columns[i] {
			blocks = append(blocks, byGroup[c.group][c.column]...)
		}
		if blocks != nil {
			out[e.families[i].decl.Name] = blocks
		}
	}
	return out
}

// FamilyOf returns the name of the family with the samples of a metric, which differs from the metric for histograms and
// summaries. It is empty if no such family is declared, or if neither [Options.Include] nor [Options.Keep] names it.
func (e *Exposition) FamilyOf(metric string) string {
	for _, f := range e.families {
		if !f.enabled {
			continue
		}
		suffix, ok := strings.CutPrefix(metric, f.decl.Name)
		if !ok {
			continue
		}
		switch many := f.decl.Type == Histogram || f.decl.Type == Summary; {
		case suffix == "" && !many,
			many && (suffix == Sum || suffix == Count),
			f.decl.Type == Histogram && suffix == "_bucket":
			return f.decl.Name
		}
	}
	return ""
}

// Labels returns the exported names of the labels of a metric. ok is false if rows may have other labels, or if the metric has no
// family, see [Exposition.FamilyOf].
func (e *Exposition) Labels(metric string) (names []string, ok bool) {
	for _, f := range e.families {
		if f.enabled && f.decl.Name == metric && !f.decl.Open && f.decl.Type != Histogram {
			return slices.Clone(f.names), true
		}
	}
	return nil, false
}

// ClusterLabel returns the exported name of the cluster label.
func (e *Exposition) ClusterLabel() string {
	if e.options.ClusterLabel == "" {
		return ClusterLabel
	}
	return e.options.ClusterLabel
}
