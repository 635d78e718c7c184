// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// load returns the configuration of a file or a snapshot. The report of a snapshot has the time of the snapshot, so no
// timestamp is shifted.
func (o *ReportOptions) load(ctx context.Context) (*config.Config, error) {
	if o.Snapshot == "" {
		return o.config(ctx)
	}
	c, err := snapshotConfig(ctx, o.Snapshot, o.ConfigFile)
	if err != nil {
		return nil, err
	}
	for _, k := range c.Clusters {
		meta, err := snapshot.Dir{Path: k.Snapshot.Path}.ReadMeta(ctx)
		if err != nil {
			return nil, fmt.Errorf("--snapshot: %w", err)
		}
		if at := meta.TakenAt; !at.IsZero() {
			o.Now = func() time.Time { return at }
			break
		}
	}
	return c, nil
}

// snapshotConfig returns the configuration in file, or in the snapshot, with the clusters of the snapshot. It sends no
// requests.
func snapshotConfig(ctx context.Context, path, file string) (*config.Config, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("--snapshot: %s is not a directory", path)
	}
	own := file == ""
	if own {
		file = filepath.Join(dir, snapshot.ConfigFile)
		if _, err := os.Stat(file); err != nil {
			return configOfDirectories(ctx, dir)
		}
	}
	c, err := readConfig(ctx, file)
	if err != nil {
		return nil, err
	}
	for i, k := range c.Clusters {
		if !own || k.Snapshot == nil {
			in := filepath.Join(dir, snapshot.ClusterDir(k.Name, answerDirectories()))
			c.Clusters[i] = config.Cluster{Name: k.Name, Role: k.Role, Snapshot: &config.Snapshot{Path: in, ShiftTime: true}}
		}
	}
	all, err := configOfDirectories(ctx, dir)
	if err != nil {
		return nil, err
	}
	for _, k := range all.Clusters { // including discovered clusters
		if !slices.ContainsFunc(c.Clusters, func(have config.Cluster) bool {
			return have.Name == k.Name ||
				have.Snapshot.Path == k.Snapshot.Path
		}) {
			c.Clusters = append(c.Clusters, k)
		}
	}
	c.Discover = nil
	c.Collectors = c.Collectors.Offline(func(string) bool { return true })
	return c, nil
}

// configOfDirectories returns a configuration with a cluster for each directory of a snapshot.
// Answers of systems outside of the clusters are assigned to the cluster management, if it exists.
func configOfDirectories(ctx context.Context, dir string) (*config.Config, error) {
	type object = map[string]any
	names, err := snapshot.Subdirectories(ctx, dir)
	if err != nil {
		return nil, err
	}
	home := ""
	var clusters []object
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
	systems := map[string][]object{}
	for _, system := range answerDirectories() {
		instances, err := snapshot.Subdirectories(ctx, filepath.Join(dir, system))
		if err != nil {
			return nil, err
		}
		for _, name := range instances {
			systems[system] = append(systems[system], object{"name": name, "cluster": home})
		}
	}
	text, err := yaml.Marshal(object{"clusters": clusters, "collectors": systems})
	if err != nil {
		return nil, err
	}
	return config.Parse(text, filepath.Join(dir, snapshot.ConfigFile))
}
