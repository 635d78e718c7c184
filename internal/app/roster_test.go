// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// rosterTest is a roster with clusters of a snapshot. The test names a cluster by name/role;
// another role is a change of the cluster.
type rosterTest struct {
	*roster

	t    *testing.T
	site site

	credentials map[string]*fleet.Credentials // by cluster

	mu        sync.Mutex
	names     map[*exposition.Group]string
	unsettled map[string]bool
	events    []string
}

// newRosterTest returns a roster of configured clusters.
func newRosterTest(t *testing.T, pause time.Duration, configured, unsettled []string) *rosterTest {
	t.Helper()
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	r := &rosterTest{
		t: t, site: newSite(t), credentials: map[string]*fleet.Credentials{}, names: map[*exposition.Group]string{}, unsettled: map[string]bool{},
	}
	for _, name := range unsettled {
		r.unsettled[name] = true
	}
	r.roster = newRoster(context.Background(), r.clusters(configured...), rosterOptions{
		assigned: func(all []fleet.Cluster) []fleet.Cluster {
			return slices.DeleteFunc(slices.Clone(all), func(c fleet.Cluster) bool { return c.Name == "elsewhere" })
		},
		build: func(c fleet.Cluster, targets *fleet.Targets) *runningCluster {
			name, rows := c.Name+"/"+c.Role, e.Group(exposition.Key{Cluster: c.Name}, nil)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.names[rows] = name
			return &runningCluster{
				Cluster:   watch.NewCluster(c, targets, watch.Options{Exposition: e, Log: slog.New(slog.DiscardHandler), ProbeInterval: time.Minute}),
				groups:    []*exposition.Group{rows},
				probes:    []collectors.Probe{rosterProbe{settled: func() bool { return r.isSettled(name) }}},
				leaveFlow: func() { r.record("end " + name) },
			}
		},
		swap:     func(out, in []*exposition.Group) { r.record("swap -" + r.list(out) + " +" + r.list(in)) },
		keep:     func([]string) {},
		patience: func() *patience { return newPatience(pause, true) }, log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(r.roster.stop)
	return r
}

// rosterProbe runs until it is stopped.
type rosterProbe struct {
	collectors.Probe

	settled func() bool
}

func (p rosterProbe) Settled() bool           { return p.settled() }
func (p rosterProbe) Run(ctx context.Context) { <-ctx.Done() }

func (r *rosterTest) isSettled(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.unsettled[name]
}

func (r *rosterTest) record(event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

func (r *rosterTest) list(groups []*exposition.Group) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, g := range groups {
		names = append(names, r.names[g])
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

func (r *rosterTest) clusters(names ...string) []fleet.Cluster {
	var all []fleet.Cluster
	for _, text := range names {
		name, role, _ := strings.Cut(text, "/")
		r.site.objects(name+"/objects.yaml", name)
		all = append(all, fleet.Cluster{Name: name, Role: role, Source: fleet.SourceSnapshot, Snapshot: &snapshot.Dir{Path: r.site.file(name)}})
	}
	return all
}

var testPlace = fleet.Source{Cluster: "host", Source: fleet.SourceSecret, Namespace: "n"}

// places returns a source of discovery with clusters.
func (r *rosterTest) places(names ...string) []fleet.PlaceState {
	found := r.clusters(names...)
	for i := range found {
		c := &found[i]
		if r.credentials[c.Name] == nil {
			r.credentials[c.Name] = &fleet.Credentials{Secret: fleet.SecretRef{Cluster: testPlace.Cluster, Namespace: testPlace.Namespace,
				Name: c.Name}}
		}
		c.Credentials = r.credentials[c.Name]
	}
	return []fleet.PlaceState{{Source: testPlace, Up: true, Found: found}}
}

// want compares the events since the last call and the visible state with the expected ones.
func (r *rosterTest) want(events []string, running, members string) {
	r.t.Helper()
	r.mu.Lock()
	slices.Sort(r.events)
	if diff := cmp.Diff(events, r.events); diff != "" {
		r.t.Errorf("events: %s", diff)
	}
	r.events = nil
	r.mu.Unlock()
	view := r.view.Load()
	var got []string
	for _, c := range view.running {
		got = append(got, c.Name+"/"+c.Role)
	}
	slices.Sort(got)
	if diff := cmp.Diff(running, strings.Join(got, ",")); diff != "" {
		r.t.Errorf("running: %s", diff)
	}
	got = nil
	for _, c := range view.members {
		got = append(got, c.Name+"/"+c.Role)
	}
	if diff := cmp.Diff(members, strings.Join(got, ",")); diff != "" {
		r.t.Errorf("members: %s", diff)
	}
}

func TestRosterFollowsDiscovery(t *testing.T) {
	t.Parallel()
	r := newRosterTest(t, time.Minute, []string{"a/1", "elsewhere/1"}, []string{"b/2", "b/3"})
	step := func(found []fleet.PlaceState, waiting bool, events []string, running, members string) {
		t.Helper()
		if got := r.discover(found); got != waiting {
			t.Errorf("waiting: %v", got)
		}
		r.want(events, running, members)
	}
	step(nil, false, []string{"swap - +a/1"}, "a/1", "a/1,elsewhere/1")
	step(r.places("b/1"), false, []string{"swap - +b/1"}, "a/1,b/1", "a/1,elsewhere/1,b/1")
	step(r.places("b/1"), false, nil, "a/1,b/1", "a/1,elsewhere/1,b/1")
	// A changed cluster is served until its replacement has settled.
	step(r.places("b/2"), true, nil, "a/1,b/1", "a/1,elsewhere/1,b/2")
	step(r.places("b/3"), true, []string{"end b/2"}, "a/1,b/1", "a/1,elsewhere/1,b/3")
	r.mu.Lock()
	delete(r.unsettled, "b/3")
	r.mu.Unlock()
	testutil.Eventually(t, func() (bool, string) { return !r.discover(r.places("b/3")), "the replacement does not settle" })
	r.want([]string{"end b/1", "swap -b/1 +b/3"}, "a/1,b/3", "a/1,elsewhere/1,b/3")
	// The replacement also ends when the change is reverted.
	step(r.places("b/2"), true, nil, "a/1,b/3", "a/1,elsewhere/1,b/2")
	step(r.places("b/3"), false, []string{"end b/2"}, "a/1,b/3", "a/1,elsewhere/1,b/3")
	step(r.places("a/9"), false, []string{"end b/3", "swap -b/3 +"}, "a/1", "a/1,elsewhere/1")
	conflict := fleet.Finding{Source: testPlace, Name: "a", Reason: fleet.ReasonNameTaken, Other: "cluster a of the configuration"}
	if diff := cmp.Diff([]fleet.Finding{conflict}, slices.Collect(maps.Keys(r.view.Load().findings))); diff != "" {
		t.Error(diff)
	}
}

func TestRosterGivesUpOnAReplacement(t *testing.T) {
	t.Parallel()
	r := newRosterTest(t, time.Nanosecond, []string{"a/1"}, []string{"b/2"})
	r.discover(r.places("b/1"))
	r.discover(r.places("b/2"))
	r.want([]string{"swap - +a/1,b/1"}, "a/1,b/1", "a/1,b/2")
	r.discover(r.places("b/2"))
	r.want([]string{"end b/1", "swap -b/1 +b/2"}, "a/1,b/2", "a/1,b/2")
}

func TestRosterAppliesInOneStep(t *testing.T) {
	t.Parallel()
	r := newRosterTest(t, time.Minute, []string{"a/1", "b/1", "c/1"}, []string{"b/2", "d/1"})
	r.discover(nil)
	r.want([]string{"swap - +a/1,b/1,c/1"}, "a/1,b/1,c/1", "a/1,b/1,c/1")
	apply := func(ctx context.Context) <-chan error {
		done := make(chan error, 1)
		go func() { done <- r.apply(ctx, r.clusters("a/1", "b/2", "d/1")) }()
		testutil.Eventually(t, func() (bool, string) { _, ok := r.lookup("d"); return ok, "lookup does not find the new cluster" })
		return done
	}

	ctx, cancel := context.WithCancelCause(context.Background())
	done := apply(ctx)
	// Discovery continues in the meantime with the current configuration.
	r.discover(r.places("e/1"))
	r.want([]string{"swap - +e/1"}, "a/1,b/1,c/1,e/1", "a/1,b/2,d/1,e/1")
	stopping := errors.New("stopping")
	cancel(stopping)
	if err := <-done; !errors.Is(err, stopping) {
		t.Errorf("%v", err)
	}
	r.want([]string{"end b/2", "end d/1"}, "a/1,b/1,c/1,e/1", "a/1,b/1,c/1,e/1")

	done = apply(context.Background())
	r.mu.Lock()
	clear(r.unsettled)
	r.mu.Unlock()
	if err := <-done; err != nil {
		t.Error(err)
	}
	r.want([]string{"end b/1", "end c/1", "swap -b/1,c/1 +b/2,d/1"}, "a/1,b/2,d/1,e/1", "a/1,b/2,d/1,e/1")
}
