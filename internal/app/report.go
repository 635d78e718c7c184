// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// ReportOptions are the settings of a report, from the command line.
type ReportOptions struct {
	Options

	// Snapshot is a directory of dumped clusters that stands for the fleet, as it was
	// when it was taken.
	Snapshot string
	Filter   health.Filter
	// Timeout is how long to wait for the fleet, and for FailOn with Wait.
	Timeout time.Duration
	// Wait evaluates again until the verdict is better than FailOn.
	Wait   bool
	FailOn health.Verdict
	// Progress receives the names of the clusters that are not complete.
	Progress io.Writer
}

// waitInterval is the interval of evaluations while a report waits.
const waitInterval = 2 * time.Second

// Report reads the fleet once and returns the health report. Clusters that do not
// answer within the timeout are unknown.
func Report(ctx context.Context, o ReportOptions) (health.Report, error) {
	o.once = true
	c, err := o.load()
	if err != nil {
		return health.Report{}, ConfigError{err}
	}
	s, err := newSettings(c)
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
	for {
		if err := g.health.Evaluate(ctx); err != nil {
			_, _ = fmt.Fprintln(o.Progress, "warning:", err)
		}
		a.options.scrapes.Touch() // a report sends nothing
		g.notifier.Round(ctx)     // for the silences
		r, err := g.report(ctx)
		if err != nil {
			return r, err
		}
		if r, err = o.Filter.Apply(r); err != nil {
			return r, ConfigError{err}
		}
		if !o.Wait || o.FailOn.Worse(r.Verdict) || time.Now().After(deadline) {
			return r, nil
		}
		_, _ = fmt.Fprintf(o.Progress, "the verdict is %s, looking again\n", r.Verdict)
		select {
		case <-time.After(waitInterval):
		case <-ctx.Done():
			return r, fmt.Errorf("wait for the fleet: %w", context.Cause(ctx))
		}
	}
}

// waitReady waits until g is ready and writes what it waits for.
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
	for _, name := range g.roster.view.Load().running.unsettled() {
		_, _ = fmt.Fprintf(w, "cluster %s is not complete within the timeout: what is missing is unknown\n", name)
	}
	return nil
}

// load makes the configuration: a file, a snapshot, or a file whose clusters are
// those of a snapshot.
func (o *ReportOptions) load() (*config.Config, error) {
	if o.Snapshot == "" {
		return readConfig(o.ConfigFile)
	}
	dir, err := filepath.Abs(o.Snapshot)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("--snapshot: %s is not a directory", o.Snapshot)
	}
	file, own := o.ConfigFile, false
	if file == "" {
		file = filepath.Join(dir, snapshot.ConfigFile)
		if _, err := os.Stat(file); err != nil {
			c, err := found(dir)
			if err != nil {
				return nil, err
			}
			return c, o.stopClock(c)
		}
		own = true
	}
	c, err := readConfig(file)
	if err != nil {
		return nil, err
	}
	for i, k := range c.Clusters {
		if !own || k.Snapshot == nil {
			c.Clusters[i] = config.Cluster{Name: k.Name, Role: k.Role, Snapshot: &config.Snapshot{Path: filepath.Join(dir, k.Name), ShiftTime: true}}
		}
	}
	if err := known(dir, c); err != nil {
		return nil, err
	}
	return c, o.stopClock(c)
}

// known makes all of a configuration that of a snapshot: nobody is asked, nothing is
// searched, and clusters that had been found elsewhere are there, too.
func known(dir string, c *config.Config) error {
	c.Discover = nil
	all, err := found(dir)
	if err != nil {
		return err
	}
	for _, k := range all.Clusters {
		if !slices.ContainsFunc(c.Clusters, func(have config.Cluster) bool { return have.Name == k.Name || have.Snapshot.Path == k.Snapshot.Path }) {
			c.Clusters = append(c.Clusters, k)
		}
	}
	c.Collectors = c.Collectors.Offline(func(string) bool { return true })
	return nil
}

// stopClock lets the report be made at the moment in which the snapshot was taken:
// no timestamp is moved then.
func (o *ReportOptions) stopClock(c *config.Config) error {
	for _, k := range c.Clusters {
		meta, err := snapshot.Dir{Path: k.Snapshot.Path}.Meta()
		if err != nil {
			return fmt.Errorf("--snapshot: %w", err)
		}
		if at := meta.TakenAt; !at.IsZero() {
			o.Now = func() time.Time { return at }
			return nil
		}
	}
	return nil
}

// found makes a configuration of what is in the directory of a snapshot. OpenBao
// and Aurora are those of management, if there is such a cluster.
func found(dir string) (*config.Config, error) {
	type object = map[string]any
	var clusters []object
	home := ""
	names, err := snapshot.Subdirectories(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if slices.Contains(answerDirectories(), name) {
			continue
		}
		clusters = append(clusters, object{"name": name, "snapshot": object{"path": filepath.Join(dir, name)}})
		if home == "" || name == "management" {
			home = name
		}
	}
	if len(clusters) == 0 {
		return nil, fmt.Errorf("--snapshot: %s has neither a fleet.yaml nor the directory of a cluster", dir)
	}
	instances := func(of string) []object {
		var all []object
		names, _ := snapshot.Subdirectories(filepath.Join(dir, of)) // else there are none
		for _, name := range names {
			all = append(all, object{"name": name, "cluster": home})
		}
		return all
	}
	asked := object{}
	for _, of := range answerDirectories() {
		if all := instances(of); len(all) > 0 {
			asked[of] = all
		}
	}
	text, err := yaml.Marshal(object{"clusters": clusters, "collectors": asked})
	if err != nil {
		return nil, err
	}
	return config.Parse(text, filepath.Join(dir, snapshot.ConfigFile))
}
