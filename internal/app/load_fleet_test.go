// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/externalsecrets"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/flux"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// loadFleet is the snapshot fleet with objects of the load test in its clusters. No other objects
// change.
type loadFleet struct {
	*generation

	app       *app
	tb        testing.TB
	targets   *fleet.Targets
	resources map[string]watch.Resource // by kind
	groups    map[kindIn]*exposition.Group
	entries   map[kindIn][]*exposition.Entry // until they are served
}

type kindIn struct{ cluster, collector, kind string }

func newLoadFleet(tb testing.TB) *loadFleet {
	tb.Helper()
	s, err := loadSettings(tb.Context(), "../../test/fleet/fleet.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	// The snapshots are read only once, because their times are shifted with the clock of the machine.
	const never = config.Duration(time.Hour)
	s.config.Collectors.Controllers.Interval = never
	for i := range s.config.Collectors.OpenBao {
		s.config.Collectors.OpenBao[i].Interval = never
	}
	for i := range s.config.Collectors.Aurora {
		s.config.Collectors.Aurora[i].Interval = never
	}
	a := newApp(tb.Context(), Options{Log: slog.New(slog.DiscardHandler), SyncTimeout: testutil.Deadline, ProbeInterval: time.Hour})
	g, err := a.prepare(s, nil, func(g *generation) error { return poll(tb.Context(), g.isReady) })
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(g.stop)
	return &loadFleet{
		generation: g, app: a, tb: tb, targets: fleet.TargetsOf(fleet.FromConfig(s.config)), resources: map[string]watch.Resource{},
		groups: map[kindIn]*exposition.Group{}, entries: map[kindIn][]*exposition.Entry{},
	}
}

var times = regexp.MustCompile(`2026-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// render returns the rows of the i-th object; all of its timestamps are the given time.
func (f *loadFleet) render(i int, o *unstructured.Unstructured, at time.Time) (kindIn, *exposition.Entry) {
	f.tb.Helper()
	raw, err := json.Marshal(o.Object)
	if err != nil {
		f.tb.Fatal(err)
	}
	raw = times.ReplaceAll(raw, []byte(at.UTC().Format(time.RFC3339)))
	where := kindIn{f.config.Clusters[i%len(f.config.Clusters)].Name, flux.Name, o.GetKind()}
	if o.GetKind() == "ExternalSecret" {
		where.collector = externalsecrets.Name
	}
	if len(f.resources) == 0 {
		for _, c := range []collectors.Collector{flux.Collector{}, externalsecrets.Collector{}} {
			for _, r := range c.Resources() {
				f.resources[r.Kind] = r
			}
		}
	}
	r := f.resources[where.kind]
	if f.groups[where] == nil {
		key := exposition.Key{Cluster: where.cluster, Collector: where.collector, Kind: where.kind}
		f.groups[where] = f.handler.Exposition.Group(key, r.Families)
	}
	rendered, err := r.Render(fleet.View{Cluster: where.cluster, Targets: f.targets}, raw, lifecycle.Observation{}, f.groups[where].Rows())
	if err != nil {
		f.tb.Fatal(err)
	}
	return where, rendered.Entry
}

// add keeps an object for serve.
func (f *loadFleet) add(i int, o *unstructured.Unstructured, at time.Time) {
	f.tb.Helper()
	where, entry := f.render(i, o, at)
	f.entries[where] = append(f.entries[where], entry)
}

// serve serves the objects that were added.
func (f *loadFleet) serve() {
	var all []*exposition.Group
	for where, group := range f.groups {
		group.Replace(f.entries[where])
		all = append(all, group)
	}
	clear(f.entries)
	f.handler.Exposition.Swap(nil, all)
}

// put replaces a served object, or adds an object of a served kind.
func (f *loadFleet) put(i int, o *unstructured.Unstructured, at time.Time) {
	f.tb.Helper()
	where, entry := f.render(i, o, at)
	f.groups[where].Put(entry)
}
