// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/aurora"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/certmanager"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/controllers"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/externalsecrets"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/flux"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/greenhouse"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretstores"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// registration is a collector with the setting that enables it.
type registration struct {
	collectors.Collector

	enabled bool
}

// Systems returns all systems that the exporter can watch. A new system needs one line here.
func Systems() []collectors.System {
	return []collectors.System{
		flux.System(),
		externalsecrets.System(),
		greenhouse.System(),
		certmanager.System(),
		openbao.System(),
		aurora.System(),
		controllers.System(),
	}
}

// objectDeclarations returns the declarations from which objects are read: which rows describe an object.
func objectDeclarations() []objects.Declaration {
	var all []objects.Declaration
	for _, s := range Systems() {
		s.Objects.Collector = s.Name
		all = append(all, s.Objects)
	}
	return all
}

// changeSources returns the declarations of the rows from which changes are derived: the rows of all systems and of the
// clusters themselves.
func changeSources() []changes.Source {
	all := []changes.Source{{Family: "cobaltcore_cluster_info", Type: changes.Version, Label: "version", Kind: "Cluster"}}
	for _, s := range Systems() {
		all = append(all, s.Changes...)
	}
	return all
}

// answerDirectories returns the directories of a snapshot that contain responses to probes instead of the objects of a
// cluster.
func answerDirectories() []string {
	var all []string
	for _, s := range Systems() {
		if s.Answers != "" {
			all = append(all, s.Answers)
		}
	}
	return all
}

// registeredCollectors returns the collectors of all systems with the configuration applied.
func registeredCollectors(c *config.Collectors) []registration {
	var all []registration
	for _, s := range Systems() {
		collector, enabled := s.New(c)
		all = append(all, registration{collector, enabled})
	}
	return all
}

// enabledCollectors returns the enabled collectors and the kinds that they watch.
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

// Watched returns the kinds that each collector watches if all are enabled, for the roles of the
// chart.
func Watched() []watch.Set {
	all := registeredCollectors(&config.Collectors{})
	for i := range all {
		all[i].enabled = true
	}
	_, sets := enabledCollectors(&config.Config{}, all)
	return sets
}

// collectorNames returns the values of collect[], including disabled collectors.
func collectorNames() []string {
	var names []string
	for _, s := range Systems() {
		names = append(names, s.Name)
	}
	return names
}

// Families returns all declared families, for the documentation and for tests of rules and
// dashboards.
func Families() []*exposition.Family {
	return slices.DeleteFunc(familiesOf(registeredCollectors(&config.Collectors{})), func(f *exposition.Family) bool { return f.Internal })
}

func familiesOf(all []registration) []*exposition.Family {
	families := slices.Concat(watch.Families(), discoveryFamilies(), status.Families(), secretflow.Families(), dependencies.Families(),
		secretstores.Families(), health.Families(), notify.Families())
	for _, c := range all {
		families = append(families, c.Families()...)
	}
	return families
}

// newExposition returns an empty exposition with the settings of c. all must be the collectors that fill it, because the
// families of some collectors depend on the configuration.
func newExposition(c *config.Config, all []registration, log *changes.Log) (*exposition.Exposition, error) {
	o := exposition.Options{
		ClusterLabel:  c.ClusterLabel,
		Include:       c.Metrics.Include,
		Detail:        c.Metrics.Detail == config.DetailFull,
		Keep:          health.StateFamilies(),
		MaxObjects:    c.Limits.ObjectsPerKind,
		MaxLabelValue: c.Limits.LabelValueLength,
		MaxText: exposition.TextLimits{
			Kind: mebibytes(c.Limits.RowMiBPerKind), Cluster: mebibytes(c.Limits.RowMiBPerCluster), Process: mebibytes(c.Limits.RowMiB),
		},
	}
	if log != nil && c.Limits.Changes > 0 {
		sources := changeSources()
		o.Observe, o.Observed = log.Observer(sources), changes.Families(sources)
	}
	if !c.Collectors.Flux.UID {
		o.OmitLabels = []string{"uid"}
	}
	return exposition.New(o, familiesOf(all)...)
}

func mebibytes(n int) int64 { return int64(n) << 20 }
