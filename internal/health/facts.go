// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"maps"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// Expressions for the completeness of the rows. Verdicts need them in addition to the rules, because
// without rows no rule has a result.
const (
	clustersExpr    = `cobaltcore_cluster_info`
	upExpr          = `cobaltcore_cluster_up`
	collectorsExpr  = `cobaltcore_collector_up`
	presentExpr     = `cobaltcore_watch_present`
	syncedExpr      = `cobaltcore_watch_synced == 0`
	unrecordedExpr  = `cobaltcore_watch_unrecorded`
	unsupportedExpr = `cobaltcore_watch_unsupported_versions`
	// targetsExpr selects the clusters to which Flux applies objects from another cluster.
	targetsExpr = `group by (target_cluster) (cobaltcore_flux_resource_status)`
)

// StateFamilies returns the families that verdicts and findings need, even if they are not exported.
func StateFamilies() []string {
	return []string{
		"cobaltcore_cluster_info", "cobaltcore_cluster_up", "cobaltcore_collector_up", "cobaltcore_watch_present", "cobaltcore_watch_synced",
		"cobaltcore_watch_unrecorded",
		"cobaltcore_watch_unsupported_versions",
		alerts.ObjectAlertsDisabled, alerts.ObjectOwner,
	}
}

// facts is the state of the clusters of the fleet and of their collectors.
type facts struct {
	clusters map[string]*clusterFacts
	targets  map[cell]bool
}

type clusterFacts struct {
	role       string
	snapshot   bool
	up         bool
	collectors map[string]*collectorFacts
}

type collectorFacts struct {
	up      bool
	watches bool // the collector watches kinds in the cluster, whether or not the cluster serves them
	present bool // the cluster has at least one of the kinds
	// unrecorded means that objects refer to a kind that the snapshot does not contain.
	unrecorded bool
	// unsupported means that a kind is served only in unsupported versions.
	unsupported bool
	// withdrawn means that a kind exists but its rows were withdrawn.
	withdrawn bool
}

// clusterNames returns the sorted names of the clusters.
func (f *facts) clusterNames() []string { return slices.Sorted(maps.Keys(f.clusters)) }

// gatherFacts reads the facts from rows. query evaluates an expression.
func gatherFacts(query func(expr string) []series) *facts {
	f := &facts{clusters: map[string]*clusterFacts{}, targets: map[cell]bool{}}
	for _, s := range query(clustersExpr) {
		f.clusters[s.labels.Get(clusterLabel)] = &clusterFacts{
			role: s.labels.Get("role"), snapshot: s.labels.Get("source") == "snapshot", collectors: map[string]*collectorFacts{},
		}
	}
	for _, s := range query(upExpr) {
		if c := f.clusters[s.labels.Get(clusterLabel)]; c != nil {
			c.up = s.value == 1
		}
	}
	for _, s := range query(collectorsExpr) {
		if c := f.clusters[s.labels.Get(clusterLabel)]; c != nil {
			c.collectors[s.labels.Get("collector")] = &collectorFacts{up: s.value == 1}
		}
	}
	each := func(expr string, do func(*collectorFacts, series)) {
		for _, s := range query(expr) {
			if c := f.clusters[s.labels.Get(clusterLabel)]; c != nil && c.collectors[s.labels.Get("collector")] != nil {
				do(c.collectors[s.labels.Get("collector")], s)
			}
		}
	}
	each(presentExpr, func(k *collectorFacts, s series) { k.watches, k.present = true, k.present || s.value == 1 })
	each(unrecordedExpr, func(k *collectorFacts, _ series) { k.unrecorded = true })
	each(unsupportedExpr, func(k *collectorFacts, _ series) { k.unsupported = true })
	each(syncedExpr, func(k *collectorFacts, _ series) { k.withdrawn = true })
	for _, s := range query(targetsExpr) {
		f.targets[cell{s.labels.Get("target_cluster"), alerts.Flux}] = true
	}
	return f
}

// dataMissing reports whether the rows of a system in a cluster are missing although the system may exist.
func (f *facts) dataMissing(cluster string, r *rule) bool {
	c := f.clusters[cluster]
	if c == nil {
		return false // the cluster was removed from the fleet
	}
	k := c.collectors[string(r.system)]
	return !c.up || k != nil && k.withdrawn
}

// wasMissing reports whether the rows of a system in a cluster were missing in an evaluation. f is nil before the first
// evaluation, when all rows are missing.
func (f *facts) wasMissing(cluster string, r *rule) bool {
	if f == nil {
		return true
	}
	if cluster == "" {
		return false
	}
	c := f.clusters[cluster]
	return c == nil || f.dataMissing(cluster, r)
}

// isUnrecorded reports whether objects in a snapshot refer to a kind of the system that the snapshot does not contain.
func (f *facts) isUnrecorded(at cell) bool {
	c := f.clusters[at.cluster]
	return c != nil && c.collectors[string(at.system)] != nil && c.collectors[string(at.system)].unrecorded
}

// isSnapshot reports whether a cluster is a snapshot.
func (f *facts) isSnapshot(cluster string) bool {
	c := f.clusters[cluster]
	return c != nil && c.snapshot
}
