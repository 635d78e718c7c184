// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/externalsecrets"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/flux"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/greenhouse"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretstores"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// watcher repeatedly renders one object with the memory of the collector, and evaluates rules like
// Prometheus.
type watcher struct {
	testing.TB

	// every is the time between two evaluations. Unless live is set, the object is observed only at
	// evaluations, without the changes in between.
	every time.Duration
	live  bool
	rules []alerts.Rule
	// fired and resolved are the times at which alerts began and stopped firing.
	fired, resolved []time.Time

	rig *collectortest.Rig
	// stores has the rows of objects of External Secrets that are not ready.
	stores *storeRig
	kind   *collectortest.Kind
	object object
	kept   lifecycle.Memory
	rows   []ruletest.Row
	now    time.Time
	active map[string]*activeAlert
}

// activeAlert is a pending or firing alert. gone is the time of the first evaluation without it.
type activeAlert struct {
	since, gone time.Time
	firing      bool
}

func newWatcher(tb testing.TB, kind string, now time.Time, l loop, rules ...string) *watcher {
	tb.Helper()
	rig := collectortest.Suite{Collector: collectorOf(kind), Options: exposition.Options{}, Targets: collectortest.Targets()}.Rig(tb,
		collectortest.Management)
	w := &watcher{
		TB: tb, every: l.every, live: l.live, rig: rig, stores: newStoreRig(tb), kind: rig.Of(tb, kind), now: now,
		active: map[string]*activeAlert{},
		object: object{"kind": kind, "metadata": object{"namespace": "flux-system", "name": "x", "generation": 1, "creationTimestamp": now.AddDate(0, -1, 0)}},
	}
	for _, r := range alerts.Rules() {
		for _, name := range rules {
			if r.Name == name {
				w.rules = append(w.rules, r)
			}
		}
	}
	return w
}

// begin sets the object at the start of the exporter.
func (w *watcher) begin(change object) {
	maps.Copy(w.object, change)
	w.see(false)
}

// change sets the status of the object after all evaluations before at.
func (w *watcher) change(at time.Time, status object) {
	w.until(at)
	w.object["status"] = status
	if w.live {
		w.see(true)
	}
}

// until evaluates the rules up to a time.
func (w *watcher) until(at time.Time) {
	for ; w.now.Before(at); w.now = w.now.Add(w.every) {
		if !w.live {
			w.see(false)
		}
		w.evaluate(w.rows)
	}
}

func (w *watcher) see(live bool) {
	w.Helper()
	raw, err := json.Marshal(w.object)
	if err != nil {
		w.Fatal(err)
	}
	rendered, err := w.kind.See(raw, lifecycle.Observation{Now: w.now, Live: live, Before: w.kept})
	if err != nil {
		w.Fatal(err)
	}
	w.kept = rendered.Memory
	w.kind.Group.Replace([]*exposition.Entry{rendered.Entry})
	w.stores.set(w.kind.Kind, rendered.Entry)
	if w.rows, err = ruletest.ParseRows(w.rig.Get(w.TB) + collectortest.Serve(w.TB, w.stores.exposition)); err != nil {
		w.Fatal(err)
	}
}

func collectorOf(kind string) collectors.Collector {
	switch kind {
	case "ExternalSecret", "PushSecret":
		return externalsecrets.Collector{}
	case "Cluster", "Plugin":
		return greenhouse.Collector{}
	}
	return flux.Collector{}
}

// storeRig is an exposition of the rows that are derived from the notes of objects.
type storeRig struct {
	exposition *exposition.Exposition
	cluster    *secretstores.Cluster
}

func newStoreRig(tb testing.TB) *storeRig {
	tb.Helper()
	e, err := exposition.New(exposition.Options{}, secretstores.Families()...)
	if err != nil {
		tb.Fatal(err)
	}
	g := e.Group(exposition.Key{Cluster: collectortest.Management, Collector: externalsecrets.Name}, secretstores.Families())
	e.Swap(nil, []*exposition.Group{g})
	return &storeRig{e, secretstores.NewCluster(g)}
}

func (s *storeRig) set(kind string, e *exposition.Entry) {
	if note, ok := e.Note.(*secretstores.Node); ok {
		s.cluster.Set(kind, e.Key, note)
	}
}

// evaluate updates all alerts like the rule manager of Prometheus.
func (w *watcher) evaluate(rows []ruletest.Row) {
	w.Helper()
	e := evaluators()["cluster"]
	m, err := e.MomentFor(w.Context(), rows, w.now, w.rules)
	if err != nil {
		w.Fatal(err)
	}
	for _, r := range w.rules {
		found, err := e.Rule(w.Context(), m, r)
		if err != nil {
			w.Fatal(err)
		}
		w.observe(r, ruletest.Strings(found))
	}
}

// observe updates the alerts of a rule after an evaluation that found the given names.
func (w *watcher) observe(r alerts.Rule, found []string) {
	for _, name := range found {
		if w.active[name] == nil {
			w.active[name] = &activeAlert{since: w.now}
		}
	}
	for name, a := range w.active {
		w.step(r, name, a, slices.Contains(found, name))
	}
}

func (w *watcher) step(r alerts.Rule, name string, a *activeAlert, found bool) {
	switch {
	case !strings.HasPrefix(name, r.Name+"{"):
	case found:
		a.gone = time.Time{}
		if !a.firing && w.now.Sub(a.since) >= r.For {
			a.firing, w.fired = true, append(w.fired, w.now)
		}
	case !a.firing:
		delete(w.active, name)
	default:
		if a.gone.IsZero() {
			a.gone = w.now
		}
		if w.now.Sub(a.gone) >= r.KeepFiringFor {
			w.resolved = append(w.resolved, w.now)
			delete(w.active, name)
		}
	}
}
