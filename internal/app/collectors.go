// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/flux"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// registration is a collector with the setting that turns it on.
type registration struct {
	collectors.Collector

	enabled bool
}

// registered are all collectors. A new system to monitor is one line here.
func registered(c *config.Collectors) []registration {
	return []registration{
		{flux.Collector{}, c.Flux.Enabled},
	}
}

// collectorNames are the values of collect[], whether enabled or not.
func collectorNames() []string {
	var names []string
	for _, c := range registered(&config.Collectors{}) {
		names = append(names, c.Name())
	}
	return names
}

// Families are all families that the exporter declares, for the documentation
// and for the tests that hold rules and dashboards to them.
func Families() []*exposition.Family {
	families := watch.Families()
	for _, c := range registered(&config.Collectors{}) {
		families = append(families, c.Families()...)
	}
	return families
}

// newExposition is an empty exposition with the settings of c.
func newExposition(c *config.Config) (*exposition.Exposition, error) {
	o := exposition.Options{
		ClusterLabel:  c.ClusterLabel,
		Include:       c.Metrics.Include,
		MaxObjects:    c.Limits.ObjectsPerKind,
		MaxLabelValue: c.Limits.LabelValueLength,
	}
	if !c.Collectors.Flux.UID {
		o.OmitLabels = []string{"uid"}
	}
	return exposition.New(o, Families()...)
}

// Check finds what the configuration itself cannot know to be wrong, such as
// the name of a family that does not exist.
func Check(c *config.Config) error {
	_, err := newExposition(c)
	return err
}
