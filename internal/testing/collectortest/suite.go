// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package collectortest provides the common tests of collectors, which compare the rows of objects
// with golden files. Properties of a single system are tested in its package.
package collectortest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Management is the default cluster of objects.
const Management = "management"

// Suite is a collector with the objects of its testdata.
type Suite struct {
	Collector collectors.Collector
	Options   exposition.Options
	// Targets are the clusters to which the objects may refer.
	Targets *fleet.Targets
	// Files are patterns below testdata for files of objects. Each file has a golden file with
	// another extension.
	Files  []string
	Golden string
	// ClusterOf returns the cluster of the objects in a file; nil is [Management].
	ClusterOf func(file string) string
	// Kinds is the number of kinds that the collector watches.
	Kinds int
	// Families must each have a row in a golden file; nil means all families of the collector.
	Families []*exposition.Family
	// Prefix is the prefix of all names, and Labels the text after the cluster in all rows.
	Prefix, Labels string
	// Check is an additional check of the rows of a case.
	Check func(tb testing.TB, c Case, rows string)
}

// Case is a file of objects.
type Case struct {
	File    string // below testdata
	Golden  string // the file with the rows of the objects
	Cluster string
	Objects []Object
}

// Targets returns the targets of a fleet of four clusters.
func Targets() *fleet.Targets {
	return &fleet.Targets{
		Suffixes: []string{fleet.DefaultSuffix}, Clusters: map[string]bool{Management: true, "control-plane": true, "hypervisor": true, "storage": true},
	}
}

// Cases returns all files of testdata with objects.
func (s Suite) Cases(tb testing.TB) []Case {
	tb.Helper()
	var all []Case
	for _, pattern := range s.Files {
		found, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil || len(found) == 0 {
			tb.Fatalf("testdata has no %s: %v", pattern, err)
		}
		for _, f := range found {
			c := Case{File: strings.TrimPrefix(filepath.ToSlash(f), "testdata/"), Golden: s.golden(f), Cluster: Management, Objects: Read(tb, f)}
			if s.ClusterOf != nil {
				c.Cluster = s.ClusterOf(c.File)
			}
			all = append(all, c)
		}
	}
	return all
}

func (s Suite) golden(file string) string {
	return strings.TrimSuffix(file, filepath.Ext(file)) + s.Golden
}

// Objects returns the objects of all cases, optionally limited to some kinds.
func (s Suite) Objects(tb testing.TB, kinds ...string) []Object {
	tb.Helper()
	var all []Object
	for _, c := range s.Cases(tb) {
		for _, o := range c.Objects {
			if len(kinds) == 0 || o.is(kinds...) {
				all = append(all, o)
			}
		}
	}
	return all
}

// Rig is an exposition with groups for all kinds of one cluster.
type Rig struct {
	View  fleet.View
	Kinds map[string]*Kind

	exposition *exposition.Exposition
}

// Kind renders the rows of the objects of a kind.
type Kind struct {
	watch.Resource
	Group *exposition.Group

	view fleet.View
	rows *exposition.Rows
}

// Rig returns an empty exposition.
func (s Suite) Rig(tb testing.TB, cluster string) *Rig {
	tb.Helper()
	return s.rigOf(tb, cluster, s.Collector.Resources())
}

func (s Suite) rigOf(tb testing.TB, cluster string, resources []watch.Resource) *Rig {
	tb.Helper()
	e, err := exposition.New(s.Options, s.Collector.Families()...)
	if err != nil {
		tb.Fatal(err)
	}
	r := &Rig{View: fleet.View{Cluster: cluster, Targets: s.Targets}, Kinds: map[string]*Kind{}, exposition: e}
	var groups []*exposition.Group
	for _, resource := range resources {
		g := e.Group(exposition.Key{Cluster: cluster, Collector: s.Collector.Name(), Kind: resource.Kind}, resource.Families)
		r.Kinds[resource.Kind] = &Kind{Resource: resource, Group: g, view: r.View, rows: g.Rows()}
		groups = append(groups, g)
	}
	e.Swap(nil, groups)
	return r
}

// Of returns the kind with this name.
func (r *Rig) Of(tb testing.TB, kind string) *Kind {
	tb.Helper()
	k := r.Kinds[kind]
	if k == nil {
		tb.Fatalf("no resource watches %q", kind)
	}
	return k
}

// Render decodes one object and renders its rows, as a snapshot does.
func (k *Kind) Render(raw []byte) (e *exposition.Entry, partial bool, err error) {
	r, err := k.See(raw, lifecycle.Observation{Now: SeenAt(), Once: true})
	return r.Entry, r.Partial, err
}

// See decodes one object and renders its rows for the given memory and time.
func (k *Kind) See(raw []byte, s lifecycle.Observation) (watch.Rendered, error) {
	return k.Resource.Render(k.view, raw, s, k.rows)
}

// SeenAt returns the time at which the objects of testdata are first seen.
func SeenAt() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }

// Set replaces all objects. A skipped object has no rows.
func (r *Rig) Set(tb testing.TB, objects ...Object) {
	tb.Helper()
	entries := map[string][]*exposition.Entry{}
	for _, o := range objects {
		e, _, err := r.Of(tb, o.Kind).Render(o.Raw)
		if err != nil {
			tb.Fatalf("%s %s: %v", o.Kind, o.Metadata.Name, err)
		}
		if e != nil {
			entries[o.Kind] = append(entries[o.Kind], e)
		}
	}
	for kind, k := range r.Kinds {
		k.Group.Replace(entries[kind])
	}
}

// Get returns the answer to GET /metrics.
func (r *Rig) Get(tb testing.TB) string {
	tb.Helper()
	return Serve(tb, r.exposition)
}

// Render returns the exposition of objects.
func (s Suite) Render(tb testing.TB, cluster string, objects ...Object) string {
	tb.Helper()
	r := s.Rig(tb, cluster)
	r.Set(tb, objects...)
	return r.Get(tb)
}
