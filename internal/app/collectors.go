// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/aurora"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/controllers"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/externalsecrets"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/flux"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/greenhouse"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
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
		{externalsecrets.Collector{}, c.ExternalSecrets.Enabled},
		{greenhouse.Collector{}, c.Greenhouse.Enabled},
		{openbao.Collector{Instances: c.OpenBao, Flow: c.SecretFlow}, len(c.OpenBao) > 0},
		{aurora.Collector{Instances: c.Aurora}, len(c.Aurora) > 0},
		{controllers.New(c.Controllers), c.Controllers.Enabled},
	}
}

// enabledCollectors are the collectors that a configuration turns on, and what they
// watch.
func enabledCollectors(c *config.Config, all []registration) (enabled []collectors.Collector, sets []watch.Set) {
	for _, r := range all {
		if !r.enabled {
			continue
		}
		enabled = append(enabled, r.Collector)
		if resources := r.Resources(); len(resources) > 0 {
			for i := range resources {
				resources[i] = resources[i].WithOwners(watch.Owners{Owner: c.Ownership.Owner, SupportGroup: c.Ownership.SupportGroup})
			}
			sets = append(sets, watch.Set{Collector: r.Name(), Resources: resources})
		}
	}
	return enabled, sets
}

// Watched are the kinds that each collector watches when all are enabled, for the roles
// of the chart.
func Watched() []watch.Set {
	all := registered(&config.Collectors{})
	for i := range all {
		all[i].enabled = true
	}
	_, sets := enabledCollectors(&config.Config{}, all)
	return sets
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
func Families() []*exposition.Family { return familiesOf(registered(&config.Collectors{})) }

func familiesOf(all []registration) []*exposition.Family {
	families := slices.Concat(watch.Families(), discoveryFamilies(), status.Families(), secretflow.Families(), health.Families(), notify.Families())
	for _, c := range all {
		families = append(families, c.Families()...)
	}
	return families
}

// LoadConfig reads a configuration file, with the rule files that it names, and
// checks all of it.
func LoadConfig(file string) (*config.Config, error) {
	names := familyNames(SelfMetrics())
	for _, f := range Families() {
		names = append(names, f.Name)
	}
	c, err := config.Load(file, config.Names{Families: names, Alerts: alerts.Names(), Adjustable: alerts.Adjustable()})
	if err != nil {
		return nil, err
	}
	_, err = rules(c)
	return c, err
}

// rules are what the health report evaluates.
func rules(c *config.Config) (health.Rules, error) {
	user, err := health.ReadRules(c.Rules.Files...)
	if err != nil {
		return health.Rules{}, err
	}
	return health.Rules{Groups: alerts.Catalogue(), User: user, Disabled: c.Rules.Disabled, Overrides: overrides(c)}, nil
}

func overrides(c *config.Config) map[string]alerts.Change {
	out := map[string]alerts.Change{}
	for name, o := range c.Rules.Overrides {
		out[name] = alerts.Change{For: time.Duration(o.For), Severity: alerts.Severity(o.Severity), Threshold: o.Threshold}
	}
	return out
}

// RulesOf are the rules of the catalogue as the configuration in file wants them; as
// they are without one. label is what it calls the label cluster.
func RulesOf(file string) (groups []alerts.Group, label string, err error) {
	c := config.Default()
	if file != "" {
		if c, err = LoadConfig(file); err != nil {
			return nil, "", err
		}
	}
	groups = alerts.Site(c.Rules.Disabled, overrides(c))
	if len(c.Ownership.Owner)+len(c.Ownership.SupportGroup) > 0 {
		groups = alerts.Owned(groups)
	}
	return groups, c.ClusterLabel, nil
}

// newExposition is an empty exposition with the settings of c. It takes the rows of
// these very collectors: some have families that depend on the configuration.
func newExposition(c *config.Config, all []registration) (*exposition.Exposition, error) {
	o := exposition.Options{
		ClusterLabel:  c.ClusterLabel,
		Include:       c.Metrics.Include,
		Keep:          health.StateFamilies(),
		MaxObjects:    c.Limits.ObjectsPerKind,
		MaxLabelValue: c.Limits.LabelValueLength,
	}
	if !c.Collectors.Flux.UID {
		o.OmitLabels = []string{"uid"}
	}
	return exposition.New(o, familiesOf(all)...)
}

func familyNames(g prometheus.Gatherer) []string {
	families, _ := g.Gather() // the names of what can be gathered
	names := make([]string, 0, len(families))
	for _, f := range families {
		names = append(names, f.GetName())
	}
	return names
}

// included gathers the families that metrics.include names, all when it names
// none. It is nil when it names others only: gathering is most of the cost of a
// scrape in which nothing has changed.
func included(self prometheus.Gatherer, include []string) prometheus.Gatherer {
	if len(include) == 0 {
		return self
	}
	if names := familyNames(self); !slices.ContainsFunc(include, func(n string) bool { return slices.Contains(names, n) }) {
		return nil
	}
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		families, err := self.Gather()
		return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool { return !slices.Contains(include, f.GetName()) }), err
	})
}
