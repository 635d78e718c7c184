// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// SnapshotOptions are the settings of one snapshot.
type SnapshotOptions struct {
	Options

	// Out is the directory to write. It must be empty or must not exist.
	Out string
	// Timeout limits each step: discovery, reading all clusters, and then the requests to systems
	// outside of them.
	Timeout time.Duration
	// Clusters are the clusters to read; empty means all, including discovered clusters.
	Clusters []string
	// Progress receives a line of text for each step.
	Progress io.Writer
}

// SnapshotResult is the content of a snapshot.
type SnapshotResult struct {
	Clusters []SnapshotCluster
	// Answers is the number of recorded responses to probes.
	Answers int
	Missing []snapshot.Missing
}

// SnapshotCluster is a cluster in a snapshot.
type SnapshotCluster struct {
	watch.SnapshotReport

	Name string
}

// Snapshot writes everything that the exporter reads with the configuration to a directory, which
// can be used in place of the fleet. Data that cannot be read is recorded as missing; it is an
// error if nothing can be read. An incomplete directory is removed.
func Snapshot(ctx context.Context, o SnapshotOptions) (SnapshotResult, error) {
	loaded, err := o.settings(ctx)
	if err != nil {
		return SnapshotResult{}, ConfigError{err}
	}
	if err := checkVacant(o.Out); err != nil {
		return SnapshotResult{}, ConfigError{err}
	}
	s := &snapshotRun{options: o, config: loaded.config, takenAt: time.Now().UTC().Truncate(time.Second)}
	missing, err := s.find(ctx)
	if err != nil {
		return SnapshotResult{}, err
	}
	if s.clusters, err = chosenClusters(slices.Clone(s.fleet), o.Clusters); err != nil {
		return SnapshotResult{}, ConfigError{err}
	}
	exists := isDirectory(o.Out)
	parent := filepath.Dir(filepath.Clean(o.Out))
	if exists { // it may be a mount point: a directory outside of it cannot be renamed into it
		parent = o.Out
	}
	if s.dir, err = os.MkdirTemp(parent, ".snapshot-*"); err != nil {
		return SnapshotResult{}, err
	}
	defer func() { _ = os.RemoveAll(s.dir) }() // it has been renamed if there was no error
	result, err := s.take(ctx, missing)
	switch {
	case err != nil:
		return result, err
	case exists:
		return result, moveInto(o.Out, s.dir)
	}
	return result, os.Rename(s.dir, o.Out)
}

// moveInto moves the contents of a directory into another directory, completely or not at all. The configuration is moved
// first: if the process is killed in between, clusters that were not moved are reported as missing.
func moveInto(out, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	names := []string{snapshot.ConfigFile}
	for _, e := range entries {
		if e.Name() != snapshot.ConfigFile {
			names = append(names, e.Name())
		}
	}
	for i, name := range names {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(out, name)); err != nil {
			for _, moved := range names[:i] {
				err = errors.Join(err, os.RemoveAll(filepath.Join(out, moved)))
			}
			return err
		}
	}
	return nil
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// MissingClusters returns the clusters that could not be read, and the host clusters in which discovery failed.
func (r SnapshotResult) MissingClusters() []string {
	var all []string
	for _, c := range r.Clusters {
		if c.Failure != nil {
			all = append(all, c.Name)
		}
	}
	for _, m := range r.Missing {
		if strings.HasPrefix(m.Endpoint, discoverPrefix) && !slices.Contains(all, m.Cluster) {
			all = append(all, m.Cluster)
		}
	}
	return all
}

// chosenClusters returns the clusters with the given names, in order.
func chosenClusters(clusters []fleet.Cluster, names []string) ([]fleet.Cluster, error) {
	if len(names) == 0 {
		return clusters, nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(clusters, func(c fleet.Cluster) bool { return c.Name == name }) {
			return nil, fmt.Errorf("--cluster: there is no cluster %q", name)
		}
	}
	return slices.DeleteFunc(clusters, func(c fleet.Cluster) bool { return !slices.Contains(names, c.Name) }), nil
}

// checkVacant returns an error if a snapshot cannot be written to a directory.
func checkVacant(dir string) error {
	if strings.TrimSpace(dir) == "" {
		return errors.New("--out: use a directory that does not exist yet")
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if !isDirectory(filepath.Dir(filepath.Clean(dir))) {
			return fmt.Errorf("--out: %s is not a directory: create it first", filepath.Dir(filepath.Clean(dir)))
		}
		return nil
	case err != nil:
		return fmt.Errorf("--out: %s exists and is not a directory: use another path", dir)
	case len(entries) > 0:
		return fmt.Errorf("--out: %s is not empty: use a directory that does not exist yet", dir)
	}
	return nil
}

// snapshotRun has the state of one run of [Snapshot].
type snapshotRun struct {
	options  SnapshotOptions
	config   *config.Config
	fleet    []fleet.Cluster // all clusters, including those that are not in the snapshot
	suffixes []string
	clusters []fleet.Cluster
	dir      string // of the fleet
	takenAt  time.Time

	mu sync.Mutex // guards Progress
}

func (s *snapshotRun) report(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = fmt.Fprintf(s.options.Progress, format+"\n", args...)
}

// take writes the whole snapshot. missing has the sources of discovery that could not be read.
func (s *snapshotRun) take(ctx context.Context, missing []snapshot.Missing) (SnapshotResult, error) {
	all := registeredCollectors(&s.config.Collectors)
	_, sets := enabledCollectors(s.config, all)
	out, err := s.writeClusters(ctx, sets)
	if err != nil {
		return out, err
	}
	out.Missing = append(missing, out.Missing...)
	if err := s.writeAnswers(ctx, all, &out); err != nil {
		return out, err
	}
	if ctx.Err() != nil {
		return out, context.Cause(ctx)
	}
	if out.Answers == 0 && !slices.ContainsFunc(out.Clusters, func(c SnapshotCluster) bool { return c.Failure == nil && c.readable() }) {
		return out, errors.New("nothing could be read")
	}
	return out, s.describe(ctx, out)
}

// readable reports whether any object was read, or whether the cluster serves no watched kind.
func (c SnapshotCluster) readable() bool {
	return len(c.Kinds) == 0 || slices.ContainsFunc(c.Kinds, func(k watch.SnapshotKind) bool { return k.Failure == nil })
}

// writeClusters writes the objects of all clusters concurrently.
func (s *snapshotRun) writeClusters(ctx context.Context, sets []watch.Set) (SnapshotResult, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	var out SnapshotResult
	out.Clusters = make([]SnapshotCluster, len(s.clusters))
	failed := make([]error, len(s.clusters))
	var tasks sync.WaitGroup
	for i, c := range s.clusters {
		tasks.Go(func() {
			dir := filepath.Join(s.dir, s.clusterDir(c.Name))
			if failed[i] = os.Mkdir(dir, 0o700); failed[i] != nil {
				return
			}
			out.Clusters[i].Name = c.Name
			out.Clusters[i].SnapshotReport, failed[i] = watch.WriteSnapshot(ctx, c, sets, dir)
			if failed[i] == nil {
				failed[i] = s.describeCluster(ctx, c, out.Clusters[i], dir)
			}
		})
	}
	tasks.Wait()
	for _, c := range out.Clusters {
		out.Missing = append(out.Missing, c.missing(c.Name)...)
	}
	return out, errors.Join(failed...)
}

// describeCluster writes the snapshot.yaml of a cluster, and reports progress.
func (s *snapshotRun) describeCluster(ctx context.Context, c fleet.Cluster, d SnapshotCluster, dir string) error {
	objects := 0
	for _, k := range d.Kinds {
		if objects += k.Objects; k.Failure != nil {
			s.report("warning: cluster %s: %s is missing: %s", c.Name, k.Kind, k.Failure.Text)
		}
	}
	if d.Failure != nil {
		s.report("warning: cluster %s is missing: %s", c.Name, d.Failure.Text)
	} else {
		s.report("cluster %s: %d objects of %d kinds", c.Name, objects, len(d.Kinds))
	}
	meta := snapshot.Meta{TakenAt: s.takenAt, KindsKnown: true}
	if c.Snapshot != nil && d.Failure == nil {
		before, err := c.Snapshot.ReadMeta(ctx)
		if err != nil {
			return err
		}
		// If the time of the snapshot is unknown, ages are computed from the current time.
		meta.TakenAt, meta.ShiftTime, meta.KindsKnown = before.TakenAt, before.ShiftTime, before.KindsKnown
	}
	meta.ServerVersion, meta.ClusterUID, meta.Missing = d.ServerVersion, d.UID, d.missing("")
	return meta.Write(dir)
}

// missing returns the parts of a cluster that could not be read.
func (c SnapshotCluster) missing(name string) []snapshot.Missing {
	if c.Failure != nil {
		return []snapshot.Missing{{Cluster: name, Reason: string(c.Failure.Reason)}}
	}
	var all []snapshot.Missing
	for _, k := range c.Kinds {
		if k.Failure != nil {
			all = append(all, snapshot.Missing{Cluster: name, Group: k.Group, Kind: k.Kind, Version: k.Version, Reason: string(k.Failure.Reason)})
		}
	}
	return all
}
