// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"cmp"
	"sync/atomic"
)

// Scope is the scope of a limit that leaves out objects.
type Scope uint8

// Scopes of limits. ScopeObjects belongs to [Options.MaxObjects], the others to [TextLimits].
const (
	inLimits Scope = iota
	ScopeObjects
	ScopeKind
	ScopeCluster
	ScopeProcess
	scopes
)

// String returns the label value of the scope.
func (s Scope) String() string {
	return [scopes]string{"", "objects", "kind", "cluster", "process"}[s]
}

// TextLimits bound the uncompressed text of rows in bytes: of a kind in a cluster, of all kinds in a cluster, and of all
// groups. An object beyond a limit is left out as a whole. The zero value of a limit means its default, which 50,000 objects
// with all details do not reach.
type TextLimits struct{ Kind, Cluster, Process int64 }

func (l TextLimits) withDefaults() TextLimits {
	return TextLimits{Kind: cmp.Or(l.Kind, 128<<20), Cluster: cmp.Or(l.Cluster, 192<<20), Process: cmp.Or(l.Process, 320<<20)}
}

// Budget counts text against a limit, and against the limits of its parent budgets.
type Budget struct {
	scope Scope
	limit int64
	used  atomic.Int64
	whole *Budget
}

// Budget returns a budget for the kinds in a cluster.
func (e *Exposition) Budget() *Budget {
	return &Budget{scope: ScopeCluster, limit: e.options.MaxText.Cluster, whole: e.budget}
}

// resize sets the bytes in use. If they exceed a limit, nothing changes, and resize returns the scope of the limit.
func (b *Budget) resize(to int64) Scope {
	n := to - b.used.Load()
	for at := b; at != nil; at = at.whole {
		if at.used.Add(n) <= at.limit || n <= 0 {
			continue
		}
		for undo := b; ; undo = undo.whole {
			if undo.used.Add(-n); undo == at {
				return at.scope
			}
		}
	}
	return inLimits
}

// hasRoom reports whether an eighth of the limit of a scope is free. With less, a relist would reach the limit again.
func (b *Budget) hasRoom(scope Scope) bool {
	for at := b; at != nil; at = at.whole {
		if at.scope == scope {
			return at.used.Load() < at.limit-at.limit/8
		}
	}
	return false
}

// excess counts the objects that a group leaves out, by the scope of the limit. It knows the first maxExcess of them by the hashes of
// their keys, which take a fifth of the memory of the keys. Of the others, only those of a list are counted, until the next list,
// because a later change of an object would count it again.
type excess struct {
	byHash map[uint64]Scope
	counts [scopes]int
}

// maxExcess limits the memory to 2 MiB per group. Without a limit, the objects in an endless list would fill the memory.
const maxExcess = 1 << 16

func (x *excess) add(hash uint64, s Scope, listed bool) {
	if x.byHash == nil {
		x.byHash = map[uint64]Scope{}
	}
	x.remove(hash)
	known := len(x.byHash) < maxExcess
	if known {
		x.byHash[hash] = s
	}
	if known || listed {
		x.counts[s]++
	}
}

func (x *excess) remove(hash uint64) {
	if s, ok := x.byHash[hash]; ok {
		x.counts[s]--
		delete(x.byHash, hash)
	}
}

func (x *excess) len() (n int) {
	for _, count := range x.counts {
		n += count
	}
	return n
}
