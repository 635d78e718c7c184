// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package objects lists the watched objects of the fleet. It reads the rows from the exposition for each
// request, and keeps in memory only the objects of the requested page.
package objects

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Object is a watched object. Fields without a row are empty.
type Object struct {
	Cluster   string `json:"cluster" jsonschema_description:"The cluster in which the object lives."`
	Target    string `json:"targetCluster" jsonschema_description:"The cluster to which the object is applied; its own if it has no other one."`
	System    string `json:"system"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace" jsonschema_description:"Empty for an object of the cluster."`
	Name      string `json:"name"`
	State     string `json:"state" jsonschema_description:"deleting, suspended, stalled, failed, dependency_not_ready, unprocessed, progressing, ready or unknown; empty for a kind without a state."`
	// Since and SinceAtLeast are set for objects that are not ready.
	Since        *time.Time `json:"since,omitempty" jsonschema_description:"When the state began, if it is not ready."`
	SinceAtLeast bool       `json:"sinceAtLeast,omitempty" jsonschema_description:"Whether the state began at the time in since or earlier."`
	Reason       string     `json:"reason,omitempty" jsonschema_description:"Why the object is in its state, as it records it."`
	Revision     string     `json:"revision,omitempty" jsonschema_description:"The revision or version that is applied."`
	Attempted    string     `json:"attemptedRevision,omitempty" jsonschema_description:"The revision that was attempted last, if it is not the applied one."`
	Source       string     `json:"source,omitempty" jsonschema_description:"What the object is made from or refers to: kind/namespace/name, kind/name, or the address of a server."`
	Owner        string     `json:"owner,omitempty" jsonschema_description:"The owner by the labels of the object."`
	SupportGroup string     `json:"supportGroup,omitempty"`
}

// Key returns namespace/name, or the name of a cluster-scoped object.
func (o *Object) Key() string {
	if o.Namespace == "" {
		return o.Name
	}
	return o.Namespace + "/" + o.Name
}

// Ref returns kind/namespace/name, or kind/name of a cluster-scoped object.
func (o *Object) Ref() string { return o.Kind + "/" + o.Key() }

// Kind is a watched kind.
type Kind struct{ Collector, Kind string }

// Reader reads objects from an exposition.
type Reader struct {
	columns

	exposition *exposition.Exposition
	// targets and owners are the indices of the families with the target cluster and with the owner of an
	// object.
	targets, owners []int
	kinds           map[Kind]bool
	now             func() time.Time
}

// New returns a reader of the objects of the kinds, whose rows are declared.
func New(e *exposition.Exposition, kinds []Kind, all []Declaration, now func() time.Time) *Reader {
	r := &Reader{columns: columnsOf(all), exposition: e, kinds: map[Kind]bool{}, now: now}
	for _, k := range kinds {
		r.kinds[k] = true
	}
	r.targets, r.owners = r.having("target_cluster"), r.having("owner", "owned_by")
	return r
}

// having returns the indices of the families that have one of the labels.
func (r *Reader) having(labels ...string) []int {
	var places []int
	for i, name := range r.names {
		if all, ok := r.exposition.Labels(name); ok && slices.ContainsFunc(all, func(l string) bool { return slices.Contains(labels, l) }) {
			places = append(places, i)
		}
	}
	return places
}

func (r *Reader) watched(k exposition.Key) bool { return r.kinds[Kind{k.Collector, k.Kind}] }

// Ready is the state of an object without problems. NotReady stands for all other states in a query.
const (
	Ready    = "ready"
	NotReady = "not_ready"
)

// states are all states, worst first; the empty state is last.
var states = [...]string{
	"stalled", "failed", "dependency_not_ready", "unprocessed", "unknown", "deleting", "progressing", "suspended", Ready, "",
}

// Ranks of states.
const (
	rankFailed      = 1
	rankUnprocessed = 3
	rankUnknown     = 4
	rankProgressing = 6
	rankReady       = 8
	rankNone        = 9
)

// States returns all states, worst first; the empty state is last.
func States() []string { return states[:] }

// condition is the state of an object and its onset.
type condition struct {
	rank    int     // index of the state in states
	since   float64 // seconds since the epoch; 0 if unknown
	atLeast bool
}

func (c condition) state() string { return states[c.rank] }

func conditionOf(line []byte) condition {
	onset, _ := exposition.RawLabel(line, "onset")
	return condition{rank: rankIn(line), since: value(line), atLeast: len(onset) > 0 && string(onset) != "exact"}
}

// rankIn returns the rank of the state in the label status of a row.
func rankIn(line []byte) int {
	if bytes.HasSuffix(line, readyRow) {
		return rankReady
	}
	raw, _ := exposition.RawLabel(line, "status")
	return rankOf(string(raw))
}

// readyRow is the end of a row about the state of a ready object.
var readyRow = []byte(`status="ready"} 1`)

// rankOf returns the rank of a state. Other states count as unknown.
func rankOf(state string) int {
	if i := slices.Index(states[:], state); i >= 0 {
		return i
	}
	return rankUnknown
}

// asideConditions returns the states of the objects that are not ready according to groups besides those of
// their kinds, by cluster, kind and key.
func (r *Reader) asideConditions(q *Query) map[[3]string]condition {
	states := map[[3]string]condition{}
	for _, a := range r.asides {
		if a.NotReady == "" {
			continue
		}
		r.exposition.Walk([]string{a.NotReady}, func(k exposition.Key) bool {
			return k.Collector == a.collector && k.Kind == a.Kind && q.cluster(k.Cluster)
		}, func(p *exposition.Page) {
			for at := range p.Len() {
				line := p.Rows(at, 0)
				if kind, key, ok := strings.Cut(string(p.Object(at)), a.Separator); ok && len(line) > 0 {
					states[[3]string{p.Key.Cluster, kind, key}] = conditionOf(line)
				}
			}
		})
	}
	return states
}

// conditionAt returns the state of an object according to its rows.
func (r *Reader) conditionAt(p *exposition.Page, at int, asides map[[3]string]condition) condition {
	for i := r.first[status]; i < r.first[status+1]; i++ {
		line := firstLine(p.Rows(at, i))
		if len(line) == 0 {
			continue
		}
		c := condition{rank: rankIn(line)}
		if line = firstLine(p.Rows(at, i+r.first[onset]-r.first[status])); c.rank != rankReady && len(line) > 0 {
			c = conditionOf(line)
		}
		return c
	}
	for i := r.first[notReady]; i < r.first[failed+1]; i++ {
		if line := firstLine(p.Rows(at, i)); len(line) > 0 {
			c := conditionOf(line)
			if i >= r.first[failed] {
				c.rank = rankFailed
			}
			return c
		}
	}
	if len(asides) > 0 {
		if c, ok := asides[[3]string{p.Key.Cluster, p.Key.Kind, string(p.Object(at))}]; ok {
			return c
		}
	}
	return condition{rank: r.plainRank(p, at)}
}

// plainRank returns the rank of the state of an object whose rows do not name it.
func (r *Reader) plainRank(p *exposition.Page, at int) int {
	for i := r.first[ready]; i < r.first[ready+1]; i++ {
		if !p.Has(i) {
			continue
		}
		switch line := p.Rows(at, i); {
		case len(line) == 0:
			return rankUnprocessed
		case value(line) == 1:
			return rankReady
		}
		return rankFailed
	}
	for i := r.first[desired]; i < r.first[desired+1]; i++ {
		if line := p.Rows(at, i); len(line) > 0 {
			return rankOfReplicas(value(line), value(p.Rows(at, i+r.first[available]-r.first[desired])))
		}
	}
	for i := r.first[notReady]; i < r.first[notReady+1]; i++ {
		if p.Has(i) {
			return rankReady // in any other state it has a row
		}
	}
	return rankNone
}

func rankOfReplicas(desired, available float64) int {
	switch {
	case available >= desired:
		return rankReady
	case available == 0:
		return rankFailed
	}
	return rankProgressing
}
