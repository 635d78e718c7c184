// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/prometheus/common/version"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// written returns the clusters as the snapshot has them.
func (s *taking) written() []fleet.Cluster {
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
func (s *taking) clusterDir(cluster string) string {
	return snapshot.ClusterDir(cluster, answerDirectories())
}

// describe writes what is about the whole fleet.
func (s *taking) describe(out SnapshotResult) error {
	meta := snapshot.Meta{TakenAt: s.takenAt, ExporterVersion: version.Version, Missing: out.Missing}
	if moment, ok, err := s.recordedAt(); err != nil {
		return err
	} else if ok {
		meta.TakenAt = moment.TakenAt
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

// recordedAt is the moment of a fleet that is nothing but snapshots: the last one of
// theirs.
func (s *taking) recordedAt() (last snapshot.Meta, ok bool, err error) {
	for _, c := range s.written() {
		meta, err := c.Snapshot.Meta()
		if err != nil {
			return last, false, err
		}
		if meta.TakenAt.After(last.TakenAt) {
			last = meta
		}
	}
	live := slices.ContainsFunc(s.clusters, func(c fleet.Cluster) bool { return c.Snapshot == nil })
	return last, !live && !last.TakenAt.IsZero(), nil
}

// fleetConfig is the configuration with what matters for the rows, and nothing that
// leads to a server or a credential.
func (s *taking) fleetConfig() *config.Config {
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

// has says whether a cluster is in the snapshot.
func (s *taking) has(cluster string) bool {
	return slices.ContainsFunc(s.clusters, func(c fleet.Cluster) bool { return c.Name == cluster })
}

// ownSuffixes are those with which nobody searches any longer, each once.
func (s *taking) ownSuffixes() []string {
	var all []string
	for _, suffix := range s.suffixes {
		if !slices.Contains(all, suffix) {
			all = append(all, suffix)
		}
	}
	return all
}
