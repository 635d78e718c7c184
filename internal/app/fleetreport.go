// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// FleetReport is the fleet as GET /api/v1/clusters shows it. Nothing in it is a
// secret, nor quotes what a server or a person has written.
type FleetReport struct {
	GeneratedAt time.Time `json:"generatedAt"`
	// Ready is that of /-/ready.
	Ready bool `json:"ready"`
	// Shard is the part of the fleet that this exporter watches; null: all of it.
	Shard *ShardReport `json:"shard"`
	// Clusters are all clusters of the fleet, by name.
	Clusters []ClusterReport `json:"clusters"`
	// Discovery is how the search for clusters fares, in each place.
	Discovery []PlaceReport `json:"discovery"`
}

// ShardReport says which shard an exporter is, from 0, and of how many.
type ShardReport struct {
	Index int `json:"index"`
	Count int `json:"count"`
}

// ClusterReport is one cluster of the fleet.
type ClusterReport struct {
	Name   string `json:"name"`
	Role   string `json:"role"`
	Region string `json:"region"`
	Owner  string `json:"owner"`
	// Source is where the cluster comes from, as in cobaltcore_cluster_info.
	Source string `json:"source"`
	// Secret is where it was found, if it was.
	Secret *SecretReport `json:"secret,omitempty"`
	// Shard is the one that owns the cluster; it is not there in an undivided fleet.
	Shard *int `json:"shard,omitempty"`
	// Owned says that this exporter watches the cluster. If not, nothing follows:
	// its own shard knows.
	Owned bool `json:"owned"`
	*watch.ClusterReport

	Collectors []CollectorReport `json:"collectors,omitempty"`
}

// SecretReport is the Secret in which a cluster was found.
type SecretReport struct {
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// CollectorReport is how a collector fares in a cluster.
type CollectorReport struct {
	Name string `json:"name"`
	// Up says whether the collector knows what it should.
	Up bool `json:"up"`
	// LastSuccess is that of the most silent of its watches and probes; null: none.
	LastSuccess *time.Time `json:"lastSuccess"`
	// Errors are failed attempts by reason.
	Errors map[string]uint64 `json:"errors"`
	// Kinds are those that it watches.
	Kinds []watch.KindReport `json:"kinds"`
}

// PlaceReport is a place in which clusters are searched.
type PlaceReport struct {
	Cluster   string `json:"cluster"`
	Source    string `json:"source"`
	Namespace string `json:"namespace"`
	// Up says whether the last look succeeded; if not, the clusters that are known stay.
	Up          bool       `json:"up"`
	LastSuccess *time.Time `json:"lastSuccess"` // null: none
	// Clusters are those of the fleet that were found here.
	Clusters []string        `json:"clusters"`
	Findings []FindingReport `json:"findings"`
}

// FindingReport is something that is wrong with what was searched.
type FindingReport struct {
	// Name is that of a Secret or a Cluster object; empty if it concerns the search.
	Name   string `json:"name"`
	Reason string `json:"reason"`
	// Other is what has the name or the Secret already.
	Other string `json:"other"`
}

// fleetReport is the fleet as it is now.
func (g *generation) fleetReport() FleetReport {
	g.mu.Lock()
	members, running := g.fleet, g.clusters
	g.mu.Unlock()
	report := FleetReport{GeneratedAt: time.Now().UTC(), Ready: g.isReady(), Clusters: []ClusterReport{}, Discovery: []PlaceReport{}}
	if g.shard.Divided() {
		report.Shard = &ShardReport{Index: g.shard.Index, Count: g.shard.Count}
	}
	for _, c := range slices.SortedFunc(slices.Values(members), func(a, b fleet.Cluster) int { return cmp.Compare(a.Name, b.Name) }) {
		report.Clusters = append(report.Clusters, g.reportCluster(c, running[c.Name]))
	}
	for _, p := range g.searched() {
		report.Discovery = append(report.Discovery, reportPlace(p))
	}
	return report
}

// reportCluster is about one that does not run yet if running is nil.
func (g *generation) reportCluster(c fleet.Cluster, running *runningCluster) ClusterReport {
	r := ClusterReport{Name: c.Name, Role: c.Role, Region: c.Region, Owner: c.Owner, Source: c.Source, Owned: g.shard.Owns(c.Name)}
	if c.Credentials != nil {
		in := c.Credentials.Secret
		r.Secret = &SecretReport{in.Cluster, in.Namespace, in.Name}
	}
	if g.shard.Divided() {
		owner := fleet.OwnerOf(c.Name, g.shard.Count)
		r.Shard = &owner
	}
	if !r.Owned {
		return r
	}
	if running == nil {
		r.ClusterReport = &watch.ClusterReport{}
		return r
	}
	state := running.Report()
	r.ClusterReport = &state
	for _, collector := range running.collectors {
		r.Collectors = append(r.Collectors, collector.report(running.Cluster))
	}
	return r
}

func (c *runningCollector) report(cluster *watch.Cluster) CollectorReport {
	parts := make([]status.Status, len(c.parts))
	for i, part := range c.parts {
		parts[i] = part()
	}
	s := status.Merge(parts...)
	return CollectorReport{Name: c.name, Up: s.Up, LastSuccess: watch.TimeReport(s.LastSuccess), Errors: s.Errors, Kinds: cluster.KindReports(c.name)}
}

func reportPlace(p searched) PlaceReport {
	r := PlaceReport{
		Cluster: p.Source.Cluster, Source: p.Source.Source, Namespace: p.Source.Namespace, Up: p.Up, LastSuccess: watch.TimeReport(p.Success),
		Clusters: slices.Concat([]string{}, p.clusters), Findings: []FindingReport{},
	}
	slices.Sort(r.Clusters)
	for _, f := range p.findings {
		r.Findings = append(r.Findings, FindingReport{f.Name, string(f.Reason), f.Other})
	}
	return r
}
