// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// ReportOptions are the settings of a report, from the command line.
type ReportOptions struct {
	Options

	// Snapshot is a directory with a snapshot of the fleet. The rules are evaluated at the time at which it was taken.
	Snapshot string
	Filter   health.Filter
	// Timeout is the maximum time to wait for the fleet and, with Wait, for a verdict better than FailOn.
	Timeout time.Duration
	// Wait repeats the evaluation until the verdict is better than FailOn.
	Wait   bool
	FailOn health.Verdict
	// Watch receives each new report until the command ends. It may be nil.
	Watch func(health.Report) error
	// Progress receives lines of text about clusters that are not complete. It may be nil.
	Progress io.Writer
}

// waitInterval is the interval of evaluations while a report waits.
const waitInterval = 2 * time.Second

// Report reads the fleet once and returns the health report. Clusters that do not respond within the timeout are unknown.
func Report(ctx context.Context, o ReportOptions) (health.Report, error) {
	o.once = true
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	c, err := o.load(ctx)
	if err != nil {
		return health.Report{}, ConfigError{err}
	}
	s, err := newSettings(ctx, c)
	if err != nil {
		return health.Report{}, ConfigError{err}
	}
	o.SyncTimeout = o.Timeout
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := newApp(ctx, o.Options)
	a.reloaded(nil)
	deadline := time.Now().Add(o.Timeout)
	g, err := a.prepare(s, nil, func(g *generation) error { return g.waitReady(ctx, o.Progress) })
	if err != nil {
		return health.Report{}, err
	}
	defer g.stop()
	if err := g.checkSnapshots(o.Snapshot != "", o.Progress); err != nil {
		return health.Report{}, ConfigError{err}
	}
	for {
		if err := g.health.Evaluate(ctx); err != nil {
			_, _ = fmt.Fprintln(o.Progress, "warning:", err)
		}
		a.options.scrapes.Record() // report does not send alerts
		g.notifier.Round(ctx)      // reads silences
		r, err := g.report(ctx)
		if err != nil {
			return r, err
		}
		if r, err = o.Filter.Apply(r); err != nil {
			return r, ConfigError{err}
		}
		if o.Watch != nil {
			if err := o.Watch(r); err != nil {
				return r, err
			}
		} else if !o.Wait || o.FailOn.Worse(r.Verdict) || time.Now().After(deadline) {
			return r, nil
		}
		if o.Wait {
			_, _ = fmt.Fprintf(o.Progress, "the verdict is %s, looking again\n", r.Verdict)
		}
		select {
		case <-time.After(waitInterval):
		case <-ctx.Done():
			return r, fmt.Errorf("wait for the fleet: %w", context.Cause(ctx))
		}
	}
}

// checkSnapshots writes the problems of the snapshots of clusters. With strict, a snapshot that cannot
// be read is an error. A cluster without a directory is unknown.
func (g *generation) checkSnapshots(strict bool, w io.Writer) error {
	running := g.roster.view.Load().running
	for _, name := range slices.Sorted(maps.Keys(running)) {
		mistyped, broken := running[name].SnapshotProblems()
		switch {
		case broken == nil:
		case strict && !errors.Is(broken, fs.ErrNotExist):
			return fmt.Errorf("--snapshot: cluster %q: %w", name, broken)
		default:
			_, _ = fmt.Fprintf(w, "warning: cluster %s: %v\n", name, broken)
		}
		for _, text := range mistyped {
			_, _ = fmt.Fprintf(w, "warning: cluster %s: %s\n", name, text)
		}
	}
	return nil
}

// waitReady waits until g is ready, and writes the names of incomplete clusters.
func (g *generation) waitReady(ctx context.Context, w io.Writer) error {
	last, written := "", time.Now()
	err := poll(ctx, func() bool {
		running := g.roster.view.Load().running
		waiting := running.unsettled()
		now := fmt.Sprintf("%d of %d clusters are complete, waiting for %s", len(running)-len(waiting), len(running), strings.Join(waiting, ", "))
		if now != last && len(waiting) > 0 && time.Since(written) > time.Second {
			_, _ = fmt.Fprintln(w, now)
			last, written = now, time.Now()
		}
		return g.isReady()
	})
	if err != nil {
		return err
	}
	running := g.roster.view.Load().running
	for _, name := range slices.Sorted(maps.Keys(running)) {
		if reason := running[name].Unreached(); reason != "" {
			_, _ = fmt.Fprintf(w, "cluster %s is not reachable: %s\n", name, strings.Join(strings.Fields(reason), " "))
		}
	}
	for _, name := range running.unsettled() {
		_, _ = fmt.Fprintf(w, "cluster %s is not complete within the timeout: the missing part is unknown\n", name)
	}
	return nil
}

// ClusterNames returns the names of the clusters in the configuration, or none if it cannot be read.
func (o *ReportOptions) ClusterNames(ctx context.Context) []string {
	c, err := o.load(ctx)
	if err != nil {
		return nil
	}
	var names []string
	for _, k := range c.Clusters {
		names = append(names, k.Name)
	}
	return names
}
