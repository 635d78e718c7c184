// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/common/version"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// writtenClusters returns the configuration with which the written clusters can be read.
func (s *snapshotRun) writtenClusters() []fleet.Cluster {
	all := make([]fleet.Cluster, len(s.clusters))
	for i, c := range s.clusters {
		all[i] = fleet.Cluster{
			Name: c.Name, Role: c.Role, Region: c.Region, Owner: c.Owner, Source: fleet.SourceSnapshot,
			Snapshot: &snapshot.Dir{Path: filepath.Join(s.dir, s.clusterDir(c.Name)), ShiftTime: true},
		}
	}
	return all
}

// clusterDir returns the name of the directory of a cluster.
func (s *snapshotRun) clusterDir(cluster string) string {
	return snapshot.ClusterDir(cluster, answerDirectories())
}

// describe writes the metadata and the configuration of the whole snapshot.
func (s *snapshotRun) describe(ctx context.Context, out SnapshotResult) error {
	meta := snapshot.Meta{ExporterVersion: version.Version, Missing: out.Missing}
	var err error
	if meta.TakenAt, err = s.copiedAt(ctx); err != nil {
		return err
	}
	if meta.TakenAt.IsZero() {
		meta.TakenAt = s.takenAt
	}
	if err := meta.Write(s.dir); err != nil {
		return err
	}
	text, err := s.fleetConfig().YAML()
	if err != nil {
		return err
	}
	head := "# Written by cobaltcore-exporter snapshot. To look at it: cobaltcore-exporter serve --config " + snapshot.ConfigFile + "\n"
	return os.WriteFile(filepath.Join(s.dir, snapshot.ConfigFile), append([]byte(head), text...), 0o600)
}

// copiedAt returns the time of the newest snapshot if all clusters are copied from snapshots. It is zero if a cluster is
// not a snapshot, or if no time is known.
func (s *snapshotRun) copiedAt(ctx context.Context) (last time.Time, err error) {
	for i, c := range s.writtenClusters() {
		meta, err := c.Snapshot.ReadMeta(ctx)
		if err != nil || s.clusters[i].Snapshot == nil {
			return time.Time{}, err
		}
		if meta.TakenAt.After(last) {
			last = meta.TakenAt
		}
	}
	return last, nil
}

// fleetConfig returns the part of the configuration on which the rows depend. It has no addresses and credentials.
func (s *snapshotRun) fleetConfig() *config.Config {
	from, to := s.config, config.Default()
	to.ClusterLabel, to.Metrics, to.Limits, to.KubeconfigSuffixes = from.ClusterLabel, from.Metrics, from.Limits, s.ownSuffixes()
	to.Ownership = from.Ownership
	to.Collectors = from.Collectors.Offline(s.has)
	for _, c := range s.clusters {
		shift := c.Snapshot == nil || c.Snapshot.ShiftTime
		to.Clusters = append(to.Clusters, config.Cluster{
			Name: c.Name, Role: c.Role, Region: c.Region, Owner: c.Owner, Snapshot: &config.Snapshot{Path: s.clusterDir(c.Name), ShiftTime: shift},
		})
	}
	return to
}

// has reports whether a cluster is in the snapshot.
func (s *snapshotRun) has(cluster string) bool {
	return slices.ContainsFunc(s.clusters, func(c fleet.Cluster) bool { return c.Name == cluster })
}

// ownSuffixes returns the distinct suffixes of the discovery sources, because a snapshot does not contain the sources.
func (s *snapshotRun) ownSuffixes() []string {
	var all []string
	for _, suffix := range s.suffixes {
		if !slices.Contains(all, suffix) {
			all = append(all, suffix)
		}
	}
	return all
}
