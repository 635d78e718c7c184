// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the settings of an exposition. The zero value of a limit means its default.
type Options struct {
	// ClusterLabel is the exported name of the cluster label. It is configurable, because Thanos overwrites a label
	// named cluster with its external label of that name.
	ClusterLabel string
	// OmitLabels are labels that are declared but not written.
	OmitLabels []string
	// Include are the names of the families to write; none means all.
	Include []string
	// Detail adds the families with [Family.Detail].
	Detail bool
	// Keep are families that are kept even if Include does not name them. They are then not written; see
	// [Exposition.Blocks].
	Keep []string
	// Observe receives the changes of rows of the families in Observed. It may be nil. It is called when a block is
	// replaced, because then the previous rows are available, and while the group is locked. Several changes before that
	// are reported as one.
	Observe  func(Change)
	Observed []string
	// MaxObjects is the maximum number of objects of a group. Further objects are left out as a whole.
	MaxObjects int
	// MaxText bounds the text of rows.
	MaxText TextLimits
	// MaxLabelValue is the maximum length of a label value in bytes. Longer ones are cut.
	MaxLabelValue int
}

// Exposition is a set of groups and the order in which they are written.
type Exposition struct {
	options  Options
	families []*family // by name
	byDecl   map[*Family]*family

	mu     sync.Mutex // serializes changes of the layout
	layout atomic.Pointer[layout]

	changed signal

	sections sections
	packer   *packer
	budget   *Budget // budget of the process
}

// layout is an immutable list of groups, with the location of the rows of each family.
type layout struct {
	groups  []*Group
	columns [][]columnRef // by family, in group order
}

type columnRef struct{ group, column int }

// New creates an exposition of the given families. It returns an error if two families have the same name.
func New(o Options, decls ...*Family) (*Exposition, error) {
	o.MaxObjects = cmp.Or(o.MaxObjects, 200_000)
	o.MaxLabelValue = cmp.Or(o.MaxLabelValue, 1024)
	o.MaxText = o.MaxText.withDefaults()
	e := &Exposition{options: o, byDecl: map[*Family]*family{}, packer: newPacker()}
	e.budget = &Budget{scope: ScopeProcess, limit: o.MaxText.Process}
	for _, decl := range decls {
		f, err := compile(decl, o)
		if err != nil {
			return nil, err
		}
		e.families = append(e.families, f)
		e.byDecl[decl] = f
	}
	slices.SortFunc(e.families, func(a, b *family) int { return cmp.Compare(a.decl.Name, b.decl.Name) })
	for i, f := range e.families[min(1, len(e.families)):] {
		if f.decl.Name == e.families[i].decl.Name {
			return nil, fmt.Errorf("family %s is declared twice", f.decl.Name)
		}
	}
	e.layout.Store(&layout{columns: make([][]columnRef, len(e.families))})
	return e, nil
}

// Group creates an empty group for rows of the given families, which must have been passed to [New]. It is not served before
// [Exposition.Swap].
func (e *Exposition) Group(key Key, decls []*Family) *Group { return e.GroupIn(e.budget, key, decls) }

// GroupIn creates a group whose text counts against a budget of [Exposition.Budget].
func (e *Exposition) GroupIn(b *Budget, key Key, decls []*Family) *Group {
	g := &Group{key: key, options: e.options, changed: &e.changed, packer: e.packer}
	g.budget = &Budget{scope: ScopeKind, limit: e.options.MaxText.Kind, whole: b}
	for _, decl := range decls {
		if f := e.byDecl[decl]; f != nil && f.enabled {
			g.families = append(g.families, f)
			g.observed = append(g.observed, e.options.Observe != nil && slices.Contains(e.options.Observed, decl.Name))
		}
	}
	if slices.Contains(g.observed, true) {
		g.observe = func(column int, c Change) {
			c.Key, c.Family = key, g.families[column].decl.Name
			e.options.Observe(c)
		}
	}
	g.table = g.newEmptyTable()
	return g
}

// Change is a change of the rows of an object in a family. Before is empty for new rows, After for removed rows. Both are valid
// only during the call.
type Change struct {
	Key           Key
	Family        string
	Before, After []byte
	At            time.Time
	Gone          bool // the object was removed from the group
}

// Func creates a group whose rows are rendered at every scrape, for small state that changes frequently.
func (e *Exposition) Func(key Key, decls []*Family, refresh func(*Rows)) *Group {
	g := e.Group(key, decls)
	g.refresh, g.rows, g.changed, g.budget = refresh, g.Rows(), nil, nil
	g.rows.Bound(0)
	g.table = g.newEmptyTable()
	return g
}

// FuncWithValue creates a group whose rows depend on a value. They are rendered if the value differs from the previous scrape.
func (e *Exposition) FuncWithValue(key Key, decls []*Family, value func() any, refresh func(*Rows)) *Group {
	g := e.Func(key, decls, refresh)
	g.value = value
	return g
}

// Swap removes groups from the exposition and adds others in one step.
func (e *Exposition) Swap(out, in []*Group) {
	e.mu.Lock()
	defer e.mu.Unlock()
	groups := slices.DeleteFunc(slices.Clone(e.layout.Load().groups), func(g *Group) bool { return slices.Contains(out, g) })
	e.layout.Store(e.arrange(append(groups, in...)))
	e.changed.raise()
	for _, g := range out {
		g.leaveBudget()
	}
}

// arrange sorts the groups and locates the rows of each family.
func (e *Exposition) arrange(groups []*Group) *layout {
	l := &layout{groups: groups, columns: make([][]columnRef, len(e.families))}
	slices.SortStableFunc(l.groups, func(a, b *Group) int {
		return cmp.Or(
			cmp.Compare(a.key.Cluster, b.key.Cluster),
			cmp.Compare(a.key.Collector, b.key.Collector),
			cmp.Compare(a.key.Kind, b.key.Kind))
	})
	for i, f := range e.families {
		for n, g := range l.groups {
			if c := slices.Index(g.families, f); c >= 0 {
				l.columns[i] = append(l.columns[i], columnRef{group: n, column: c})
			}
		}
	}
	return l
}

// OverBudget returns the number of objects that the groups of a collector in a cluster leave out because of [TextLimits], by
// kind and scope. Groups of [Exposition.Func] have no limit.
func (e *Exposition) OverBudget(cluster, collector string) map[string]map[Scope]int {
	groups, out := e.layout.Load().groups, map[string]map[Scope]int{}
	at, _ := slices.BinarySearchFunc(groups, Key{Cluster: cluster, Collector: collector}, func(g *Group, k Key) int {
		return cmp.Or(cmp.Compare(g.key.Cluster, k.Cluster), cmp.Compare(g.key.Collector, k.Collector), cmp.Compare(g.key.Kind, k.Kind))
	})
	for _, g := range groups[at:] {
		if g.key.Cluster != cluster || g.key.Collector != collector {
			break
		}
		if g.refresh == nil {
			for scope, n := range g.OverBudget() {
				if out[g.key.Kind] == nil {
					out[g.key.Kind] = map[Scope]int{}
				}
				out[g.key.Kind][scope] += n
			}
		}
	}
	return out
}

// clusters returns the valid values of the filter cluster[].
func (l *layout) clusters() []string {
	var names []string
	for _, g := range l.groups { // sorted by cluster; groups without a cluster come first
		if n := len(names); g.key.Cluster != "" && (n == 0 || names[n-1] != g.key.Cluster) {
			names = append(names, g.key.Cluster)
		}
	}
	return names
}

// collectRows returns the rows of a body by family: the header, then the blocks of all groups that match. Families without rows are
// left out.
func (e *Exposition) collectRows(l *layout, f format, match func(Key) bool) []familyRows {
	byGroup := make([][][]*Block, len(l.groups))
	for i, g := range l.groups {
		if match(g.key) {
			byGroup[i] = g.blocks()
		}
	}
	out := make([]familyRows, 0, len(e.families))
	for i, fam := range e.families {
		if !fam.served {
			continue
		}
		var rows familyRows
		for _, c := range l.columns[i] {
			if s := byGroup[c.group]; s != nil && len(s[c.column]) > 0 {
				if rows == nil {
					rows = append(make(familyRows, 0, 1+len(l.columns[i])), fam.header[f])
				}
				rows = append(rows, s[c.column])
			}
		}
		if rows != nil {
			out = append(out, rows)
		}
	}
	return out
}
