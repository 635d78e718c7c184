// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// settings is a configuration with its rules, as they were read and validated. It is immutable.
type settings struct {
	config *config.Config
	rules  health.Rules
	files  []string // the configuration file, then its rule files
	hashes string   // computed before the files are read, so that no change is missed
}

// settings reads the configuration and its rule files.
func (o *Options) settings(ctx context.Context) (*settings, error) {
	if o.Contexts == nil {
		return loadSettings(ctx, o.ConfigFile)
	}
	hashes := hashFiles(ctx, o.Contexts.Files...)
	c, err := o.config(ctx)
	if err != nil {
		return nil, err
	}
	s, err := newSettings(ctx, c)
	if err != nil {
		return nil, err
	}
	s.files, s.hashes = o.Contexts.Files, hashes
	return s, nil
}

// config returns the configuration without its rule files.
func (o *Options) config(ctx context.Context) (*config.Config, error) {
	if o.Contexts == nil {
		return readConfig(ctx, o.ConfigFile)
	}
	clusters, err := o.Contexts.Clusters(ctx)
	if err != nil {
		return nil, err
	}
	c := config.Default()
	c.Clusters = clusters
	text, err := c.YAML()
	if err != nil {
		return nil, err
	}
	return config.Parse(text, o.source())
}

// source returns the names of the configuration files.
func (o *Options) source() string {
	if o.Contexts == nil {
		return o.ConfigFile
	}
	return strings.Join(o.Contexts.Files, string(filepath.ListSeparator))
}

// loadSettings reads a configuration file and its rule files.
func loadSettings(ctx context.Context, file string) (*settings, error) {
	hashes := hashFiles(ctx, file)
	c, err := readConfig(ctx, file)
	if err != nil {
		return nil, err
	}
	hashes += hashFiles(ctx, c.Rules.Files...)
	s, err := newSettings(ctx, c)
	if err != nil {
		return nil, err
	}
	s.files, s.hashes = append([]string{file}, c.Rules.Files...), hashes
	return s, nil
}

// newSettings reads the rule files of a configuration.
func newSettings(ctx context.Context, c *config.Config) (*settings, error) {
	user, err := health.ReadRules(ctx, c.Rules.Files...)
	if err != nil {
		return nil, err
	}
	rules := health.Rules{Groups: alerts.Catalogue(), User: user, Installation: installation(c)}
	return &settings{config: c, rules: rules}, nil
}

// LoadConfig reads a configuration file and validates it with its rule files.
func LoadConfig(ctx context.Context, file string) (*config.Config, error) {
	s, err := loadSettings(ctx, file)
	if err != nil {
		return nil, err
	}
	return s.config, nil
}

// readConfig reads a configuration file without its rule files.
func readConfig(ctx context.Context, file string) (*config.Config, error) {
	data, err := files.Read(ctx, file, files.MaxConfig)
	if err != nil {
		return nil, fmt.Errorf("read the configuration file: %w", err)
	}
	return config.Parse(data, file, KnownNames())
}

// KnownNames returns the names that a configuration may refer to.
func KnownNames() config.KnownNames {
	names := SelfFamilies()
	for _, f := range Families() {
		names = append(names, f.Name)
	}
	return config.KnownNames{Families: names, Alerts: alerts.Names(), Adjustable: alerts.Adjustable(),
		DiffersByCluster: alerts.DiffersByCluster}
}

// RulesOf returns the catalogue with the configuration in file applied, or with the
// default configuration if file is empty. label is the configured name of the label cluster.
func RulesOf(ctx context.Context, file string) (groups []alerts.Group, label string, err error) {
	c := config.Default()
	if file != "" {
		if c, err = LoadConfig(ctx, file); err != nil {
			return nil, "", err
		}
	}
	groups = installation(c).Apply(alerts.CatalogueFor(setup(c)))
	if len(c.Ownership.Owner)+len(c.Ownership.SupportGroup) > 0 {
		groups = alerts.Owned(groups)
	}
	return groups, c.ClusterLabel, nil
}

// setup returns the jobs with which Prometheus scrapes the exporter and the fleet.
func setup(c *config.Config) alerts.Setup {
	return alerts.Setup{ExporterJob: c.Rules.ExporterJob, FleetJob: c.Rules.Fleet.Job, FleetLabel: c.Rules.Fleet.Label}
}

// installation returns the changes that a configuration makes to the catalogue.
func installation(c *config.Config) alerts.Installation {
	in := alerts.Installation{
		Disabled: c.Rules.Disabled, Changes: map[string]alerts.Change{},
		PlaybookBaseURL: c.Rules.PlaybookBaseURL, DashboardBaseURL: c.Rules.DashboardBaseURL,
	}
	for name, o := range c.Rules.Overrides {
		change := alerts.Change{
			For: time.Duration(o.For), KeepFiringFor: time.Duration(o.KeepFiringFor), Severity: alerts.Severity(o.Severity),
			Threshold: o.Threshold, Labels: o.Labels, Clusters: map[string]alerts.ClusterChange{},
		}
		for cluster, o := range o.Clusters {
			change.Clusters[cluster] = alerts.ClusterChange{Disabled: o.Disabled, Change: alerts.Change{
				For: time.Duration(o.For), KeepFiringFor: time.Duration(o.KeepFiringFor), Severity: alerts.Severity(o.Severity),
				Threshold: o.Threshold, Labels: o.Labels,
			}}
		}
		in.Changes[name] = change
	}
	return in
}

// hashFiles returns the concatenated hashes of files. A file that cannot be read has the hash of an empty file.
func hashFiles(ctx context.Context, names ...string) string {
	var all []byte
	for _, name := range names {
		content, _ := files.Read(ctx, name, files.MaxConfig)
		sum := sha256.Sum256(content)
		all = append(all, sum[:]...)
	}
	return string(all)
}
