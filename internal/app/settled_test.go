// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// askingProbe is a probe that has settled for all references that it has received.
type askingProbe struct {
	collectors.Probe

	settled func() bool
}

func (p askingProbe) Settled() bool { return p.settled() }

// TestProbesSettleAfterObjects checks that a probe is not settled while the objects of another cluster
// are still being read.
func TestProbesSettleAfterObjects(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	cluster := func(name string) *runningCluster {
		s.objects(name+"/objects.yaml", name)
		return &runningCluster{Cluster: watch.NewCluster(
			fleet.Cluster{Name: name, Source: fleet.SourceSnapshot, Snapshot: &snapshot.Dir{Path: s.file(name)}}, nil,
			watch.Options{Exposition: e, Log: slog.New(slog.DiscardHandler), ProbeInterval: time.Minute},
		)}
	}
	read := func(c *runningCluster) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); c.Run(ctx) }()
		testutil.Eventually(t, func() (bool, string) { return c.Settled(), "not read" })
		cancel()
		<-done
	}
	first, second := cluster("first"), cluster("second")
	satisfied := false
	first.probes = []collectors.Probe{askingProbe{settled: func() bool {
		if !second.Settled() {
			t.Error("the probe was looked at too early")
		}
		return satisfied
	}}}
	all := []*runningCluster{first, second}
	read(first)
	if allSettled(all) {
		t.Error("settled without the objects of the second cluster")
	}
	read(second)
	if allSettled(all) {
		t.Error("settled with a probe that has more to ask for")
	}
	if satisfied = true; !allSettled(all) {
		t.Error("not settled")
	}
}
