// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// fleetReport is the fleet as it is now.
func (g *generation) fleetReport() fleetreport.Report {
	g.mu.Lock()
	members, running := g.fleet, g.clusters
	g.mu.Unlock()
	report := fleetreport.Report{GeneratedAt: time.Now().UTC(), Ready: g.isReady(), Clusters: []fleetreport.Cluster{}, Discovery: []fleetreport.Place{}}
	if g.shard.Divided() {
		report.Shard = &fleetreport.Shard{Index: g.shard.Index, Count: g.shard.Count}
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
func (g *generation) reportCluster(c fleet.Cluster, running *runningCluster) fleetreport.Cluster {
	r := fleetreport.Cluster{Name: c.Name, Role: c.Role, Region: c.Region, Owner: c.Owner, Source: c.Source, Owned: g.shard.Owns(c.Name)}
	if c.Credentials != nil {
		in := c.Credentials.Secret
		r.Secret = &fleetreport.Secret{Cluster: in.Cluster, Namespace: in.Namespace, Name: in.Name}
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

func (c *runningCollector) report(cluster *watch.Cluster) fleetreport.Collector {
	parts := make([]status.Status, len(c.parts))
	for i, part := range c.parts {
		parts[i] = part()
	}
	s := status.Merge(parts...)
	return fleetreport.Collector{Name: c.name, Up: s.Up, LastSuccess: watch.TimeReport(s.LastSuccess), Errors: s.Errors, Kinds: cluster.KindReports(c.name)}
}

func reportPlace(p searched) fleetreport.Place {
	r := fleetreport.Place{
		Cluster: p.Source.Cluster, Source: p.Source.Source, Namespace: p.Source.Namespace, Up: p.Up, LastSuccess: watch.TimeReport(p.Success),
		Clusters: slices.Concat([]string{}, p.clusters), Findings: []fleetreport.Finding{},
	}
	slices.Sort(r.Clusters)
	for _, f := range p.findings {
		r.Findings = append(r.Findings, fleetreport.Finding{Name: f.Name, Reason: string(f.Reason), Other: f.Other})
	}
	return r
}
