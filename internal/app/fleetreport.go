// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// fleetReport returns the response of /api/v1/clusters.
func (g *generation) fleetReport() fleetreport.Report {
	view, shard := g.roster.view.Load(), g.builder.shard
	report := fleetreport.Report{GeneratedAt: time.Now().UTC(), Ready: g.isReady(), Clusters: []fleetreport.Cluster{},
		Discovery: view.places()}
	if shard.Divided() {
		report.Shard = &fleetreport.Shard{Index: shard.Index, Count: shard.Count}
	}
	for _, c := range slices.SortedFunc(slices.Values(view.members), func(a, b fleet.Cluster) int { return cmp.Compare(a.Name, b.Name) }) {
		report.Clusters = append(report.Clusters, reportCluster(shard, c, view.running[c.Name]))
	}
	return report
}

// reportCluster returns the report of a cluster. running is nil if the cluster has not been started.
func reportCluster(shard fleet.Shard, c fleet.Cluster, running *runningCluster) fleetreport.Cluster {
	r := fleetreport.Cluster{Name: c.Name, Role: c.Role, Region: c.Region, Owner: c.Owner, Source: c.Source, Owned: shard.Owns(c.Name)}
	if c.Credentials != nil {
		in := c.Credentials.Secret
		r.Secret = &fleetreport.Secret{Cluster: in.Cluster, Namespace: in.Namespace, Name: in.Name}
	}
	if shard.Divided() {
		owner := fleet.OwnerOf(c.Name, shard.Count)
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
	return fleetreport.Collector{Name: c.name, Up: s.Up, LastSuccess: watch.TimeReport(s.LastSuccess), Errors: s.Errors,
		Kinds: cluster.KindReports(c.name)}
}

// secretFlow returns the response of /api/v1/secretflow.
func (g *generation) secretFlow() secretflow.Report {
	report := g.builder.flow.Report(g.builder.watch.Now(), g.config.Collectors.SecretFlow.ShowPaths)
	report.Partial = !g.builder.hasWholeFlow(g.roster.view.Load().members)
	return report
}
