// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// The families about the search for clusters; cluster is where is searched.
var (
	discoveryUp = &exposition.Family{
		Name: "cobaltcore_discovery_up", Type: exposition.Gauge, Labels: []string{"cluster", "source", "namespace"},
		Help: "Whether the last look for clusters succeeded. If not, those that are known stay.",
	}
	discoveryClusters = &exposition.Family{
		Name: "cobaltcore_discovery_clusters", Type: exposition.Gauge, Labels: []string{"cluster", "source", "namespace"},
		Help: "Clusters of the fleet that were found here.",
	}
	discoverySuccess = &exposition.Family{
		Name: "cobaltcore_discovery_last_success_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster", "source", "namespace"},
		Help: "When a look for clusters last succeeded.",
	}
	discoveryFinding = &exposition.Family{
		Name: "cobaltcore_discovery_finding", Type: exposition.Gauge, Labels: []string{"cluster", "source", "namespace", "name", "reason", "other"},
		Help: "What is wrong with a Secret or a Cluster object, or with the search itself, where the name is empty. other is what has the name or the Secret already. Always 1.",
	}
)

func discoveryFamilies() []*exposition.Family {
	return []*exposition.Family{discoveryUp, discoveryClusters, discoverySuccess, discoveryFinding}
}

// settleInterval is how often a cluster that replaces another one is looked at.
const settleInterval = 100 * time.Millisecond

// discover makes clusters come and go as they are found, until ctx ends. The
// clusters live until the end of running.
func (g *generation) discover(ctx, running context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.discovery.Run(ctx)
	}()
	defer func() { <-done }()
	for {
		settled := g.discovery.Settled()
		found := g.discovery.State()
		g.changing.Lock()
		g.update(func() { g.found = found })
		g.reconcile(running, nil)
		var wait <-chan time.Time
		if len(g.pending) > 0 {
			wait = time.After(settleInterval)
		}
		g.changing.Unlock()
		if settled {
			g.foundAll.Store(true)
		}
		select {
		case <-ctx.Done():
			return
		case <-g.discovery.Changed():
		case <-wait:
		}
	}
}

// discoveryGroups are the rows about the search, by the cluster that is searched.
// All shards search; the rows are those of the shard that owns it.
func (g *generation) discoveryGroups(c *config.Config) []*exposition.Group {
	var all []*exposition.Group
	seen := map[string]bool{}
	for _, d := range c.Discover {
		if host := d.Host(); g.shard.Owns(host) && !seen[host] {
			seen[host] = true
			all = append(all, g.options.Exposition.Func(exposition.Key{Cluster: host}, discoveryFamilies(), func(r *exposition.Rows) { g.discoveryRows(host, r) }))
		}
	}
	return all
}

func (g *generation) discoveryRows(host string, r *exposition.Rows) {
	for _, p := range g.searched() {
		if p.Source.Cluster != host {
			continue
		}
		source, namespace := p.Source.Source, p.Source.Namespace
		r.Bool(discoveryUp, p.Up, source, namespace)
		r.Add(discoveryClusters, float64(len(p.clusters)), source, namespace)
		r.Time(discoverySuccess, p.Success, source, namespace)
		for _, f := range p.findings {
			r.Add(discoveryFinding, 1, source, namespace, f.Name, string(f.Reason), f.Other)
		}
	}
}

// searched is a place as it is shown.
type searched struct {
	fleet.PlaceState

	clusters []string
	findings []fleet.Finding
}

// searched shows two places of the same cluster, source and namespace as one,
// which is as good as the worse.
func (g *generation) searched() []searched {
	g.mu.Lock()
	found, members, findings := g.found, g.fleet, g.findings
	g.mu.Unlock()
	places := map[fleet.Source]fleet.PlaceState{}
	for _, p := range found {
		if other, ok := places[p.Source]; ok {
			p.Up = p.Up && other.Up
			if other.Success.Before(p.Success) {
				p.Success = other.Success
			}
		}
		places[p.Source] = p
	}
	sorted := slices.SortedFunc(maps.Keys(findings), byFinding)
	all := make([]searched, 0, len(places))
	for _, source := range slices.SortedFunc(maps.Keys(places), bySource) {
		s := searched{PlaceState: places[source]}
		for _, c := range members {
			if in := c.Credentials; in != nil && source == (fleet.Source{Cluster: in.Secret.Cluster, Source: c.Source, Namespace: in.Secret.Namespace}) {
				s.clusters = append(s.clusters, c.Name)
			}
		}
		for _, f := range sorted {
			if f.Source == source {
				s.findings = append(s.findings, f)
			}
		}
		all = append(all, s)
	}
	return all
}

func bySource(a, b fleet.Source) int {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Namespace, b.Namespace))
}

func byFinding(a, b fleet.Finding) int {
	return cmp.Or(bySource(a.Source, b.Source), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Other, b.Other))
}

// logChanges says which clusters come and go with what is found, and what begins
// and ends to be wrong.
func (g *generation) logChanges(next map[string]*runningCluster, clashes []fleet.Finding) {
	log := g.options.Log
	for name, c := range next {
		if c.Credentials != nil && g.clusters[name] == nil {
			log.Info("cluster found", of(c.Cluster.Cluster)...)
		}
	}
	for name, c := range g.clusters {
		if c.Credentials != nil && next[name] == nil {
			log.Info("cluster gone", of(c.Cluster.Cluster)...)
		}
	}
	now := map[fleet.Finding]bool{}
	for _, f := range clashes {
		now[f] = true
	}
	for _, p := range g.found {
		for _, f := range p.Findings {
			now[f] = true
		}
	}
	logFindings(now, g.findings, log.Warn, "discovery finds something wrong")
	logFindings(g.findings, now, log.Info, "what discovery found wrong is over")
	g.update(func() { g.findings = now })
}

func of(c fleet.Cluster) []any {
	return []any{"cluster", c.Name, "from", c.Source, "host", c.Credentials.Secret.Cluster, "secret", c.Credentials.Secret.Namespace + "/" + c.Credentials.Secret.Name}
}

// logFindings says which findings are in one set and not in the other.
func logFindings(in, out map[fleet.Finding]bool, say func(string, ...any), message string) {
	for _, f := range slices.SortedFunc(maps.Keys(in), byFinding) {
		if out[f] {
			continue
		}
		attrs := []any{"cluster", f.Source.Cluster, "source", f.Source.Source, "namespace", f.Source.Namespace, "reason", string(f.Reason)}
		if f.Name != "" {
			attrs = append(attrs, slog.String("name", f.Name))
		}
		if f.Other != "" {
			attrs = append(attrs, slog.String("other", f.Other))
		}
		say(message, attrs...)
	}
}
