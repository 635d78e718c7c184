// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dependencies

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// Problems of a dependency, worst first. If there are several, the first one is exported.
const (
	missing     = "missing"
	circular    = "circular"
	stalled     = "stalled"
	failed      = "failed"
	suspended   = "suspended"
	deleting    = "deleting"
	unprocessed = "unprocessed"
	waits       = "waits"  // itself; never exported
	paused      = "paused" // suspended and ready; exported as suspended
	progressing = "progressing"
	empty       = "empty"
	revision    = "revision"
	expression  = "expression"
	unwatched   = "unwatched"
	unknown     = "unknown"
	ready       = "ready"
)

func bySeverity() []string {
	return []string{
		missing, circular, stalled, failed, suspended, deleting, unprocessed, waits, progressing, empty, revision, expression, unwatched,
		unknown, paused, ready,
	}
}

// finding is the cause of a wait.
type finding struct {
	dependency Ref
	problem    string
	// blocked is the object at the end of the chain, which waits for the dependency directly.
	blocked Ref
}

// resolve returns the cause of the wait of an object. If a dependency is waiting itself, resolve follows the chain to
// its end, or to a cycle.
func (c *Cluster) resolve(ref Ref) finding {
	node := c.nodes[ref]
	worst := finding{problem: unknown, blocked: ref}
	for i, w := range node.dependencyWaits() {
		f := finding{dependency: w.Ref, problem: c.findProblem(node, w), blocked: ref}
		if f.problem == waits {
			f = c.followChain(f)
		}
		if i == 0 || rank(f.problem) < rank(worst.problem) {
			worst = f
		}
	}
	if worst.problem == paused {
		worst.problem = suspended
	}
	return worst
}

// followChain continues with a dependency that is waiting itself.
func (c *Cluster) followChain(f finding) finding {
	ref := f.blocked
	switch {
	case c.leadsTo(f.dependency, ref):
		f.problem = circular
		return f
	case c.leadsTo(f.dependency, f.dependency):
		f.problem, f.blocked = circular, f.dependency
		return f
	}
	end := c.resolve(f.dependency) // ends, because it is part of no cycle
	f.problem, f.blocked = end.problem, end.blocked
	return f
}

// leadsTo reports whether the dependencies of an object lead to another object, which may be the object itself.
func (c *Cluster) leadsTo(from, to Ref) bool {
	seen := map[Ref]bool{}
	for next := []Ref{from}; len(next) > 0; next = next[1:] {
		node := c.nodes[next[0]]
		if node == nil || node.Satisfied {
			continue
		}
		for _, w := range node.dependencyWaits() {
			if w.Ref == to {
				return true
			}
			if !seen[w.Ref] {
				seen[w.Ref] = true
				next = append(next, w.Ref)
			}
		}
	}
	return false
}

func (n *Node) dependencyWaits() []Wait {
	if n.Trouble == nil {
		return nil
	}
	return n.Trouble.Waits
}

func rank(problem string) int { return slices.Index(bySeverity(), problem) }

// findProblem returns the problem of a dependency.
func (c *Cluster) findProblem(node *Node, w Wait) string {
	on := c.nodes[w.Ref]
	switch {
	case w.Unwatched:
		return unwatched
	case on == nil && c.known[w.Kind]:
		return missing
	case on == nil:
		return unknown
	case on.Satisfied:
		return c.revisionProblem(node, on, w)
	}
	switch on.State {
	case lifecycle.Stalled:
		return stalled
	case lifecycle.Failed:
		return failed
	case lifecycle.Suspended:
		return suspended
	case lifecycle.Deleting:
		return deleting
	case lifecycle.Unprocessed:
		return unprocessed
	case lifecycle.DependencyNotReady:
		if len(on.dependencyWaits()) > 0 {
			return waits
		}
		return failed
	case lifecycle.Progressing:
		return progressing
	}
	return unknown
}

// revisionProblem returns why a ready dependency may not satisfy the object. A Kustomization also waits until a
// dependency with the same source has applied its revision (fluxcd/kustomize-controller, checkDependencies).
func (c *Cluster) revisionProblem(node, on *Node, w Wait) string {
	source := c.nodes[on.Source]
	switch {
	case on.Empty:
		return empty
	case w.Kind == "Kustomization" && on.Source == node.Source && source != nil && source.Revision != on.Revision:
		if on.State == lifecycle.Suspended {
			return suspended
		}
		return revision
	case on.State == lifecycle.Suspended: // unless another dependency is the cause
		return paused
	case w.Expression:
		return expression
	}
	return ready
}
