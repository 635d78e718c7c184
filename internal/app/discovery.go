// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"maps"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Families about discovery. Their label cluster is the host cluster, in which other clusters are discovered.
var (
	discoveryUp = &exposition.Family{
		Name: "cobaltcore_discovery_up", Type: exposition.Gauge, Labels: []string{"cluster", "source", "namespace"},
		Help: "Whether the last discovery in this source succeeded. If not, known clusters stay.",
	}
	discoveryClusters = &exposition.Family{
		Name: "cobaltcore_discovery_clusters", Type: exposition.Gauge, Labels: []string{"cluster", "source", "namespace"},
		Help: "Clusters of the fleet that were discovered in this source.",
	}
	discoverySuccess = &exposition.Family{
		Name: "cobaltcore_discovery_last_success_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster", "source", "namespace"},
		Help: "When discovery in this source last succeeded.",
	}
	discoveryFinding = &exposition.Family{
		Name: "cobaltcore_discovery_finding", Type: exposition.Gauge, Labels: []string{"cluster", "source", "namespace", "name", "reason", "other"},
		Help: "A problem of a Secret or a Cluster object, or of the discovery itself, if the name is empty. other is the object that already has the name or the Secret. Always 1.",
	}
)

func discoveryFamilies() []*exposition.Family {
	return []*exposition.Family{discoveryUp, discoveryClusters, discoverySuccess, discoveryFinding}
}

// discoveryGroups returns the rows about discovery by host cluster. Every shard runs discovery;
// only the shard that owns the host cluster exports the rows.
func (g *generation) discoveryGroups() []*exposition.Group {
	var all []*exposition.Group
	seen := map[string]bool{}
	for _, d := range g.config.Discover {
		if host := d.HostCluster(); g.builder.shard.Owns(host) && !seen[host] {
			seen[host] = true
			rows := func(r *exposition.Rows) { g.roster.view.Load().discoveryRows(host, r) }
			all = append(all, g.handler.Exposition.Func(exposition.Key{Cluster: host}, discoveryFamilies(), rows))
		}
	}
	return all
}

func (v *rosterView) discoveryRows(host string, r *exposition.Rows) {
	for _, p := range v.places() {
		if p.Cluster != host {
			continue
		}
		r.Bool(discoveryUp, p.Up, p.Source, p.Namespace)
		r.Add(discoveryClusters, float64(len(p.Clusters)), p.Source, p.Namespace)
		if p.LastSuccess != nil {
			r.Time(discoverySuccess, *p.LastSuccess, p.Source, p.Namespace)
		}
		for _, f := range p.Findings {
			r.Add(discoveryFinding, 1, p.Source, p.Namespace, f.Name, f.Reason, f.Other)
		}
	}
}

// places returns the sources of discovery. Two sources with the same cluster, type and namespace are merged and have the
// worse state.
func (v *rosterView) places() []fleetreport.Place {
	states := map[fleet.Source]fleet.PlaceState{}
	for _, p := range v.found {
		if other, ok := states[p.Source]; ok {
			p.Up = p.Up && other.Up
			if other.Success.Before(p.Success) {
				p.Success = other.Success
			}
		}
		states[p.Source] = p
	}
	findings := slices.SortedFunc(maps.Keys(v.findings), byFinding)
	all := make([]fleetreport.Place, 0, len(states))
	for _, source := range slices.SortedFunc(maps.Keys(states), bySource) {
		p := fleetreport.Place{
			Cluster: source.Cluster, Source: source.Source, Namespace: source.Namespace,
			Up: states[source].Up, LastSuccess: watch.TimeReport(states[source].Success),
			Clusters: []string{}, Findings: []fleetreport.Finding{},
		}
		for _, c := range v.members {
			if in := c.Credentials; in != nil && source == (fleet.Source{Cluster: in.Secret.Cluster, Source: c.Source,
				Namespace: in.Secret.Namespace}) {
				p.Clusters = append(p.Clusters, c.Name)
			}
		}
		slices.Sort(p.Clusters)
		for _, f := range findings {
			if f.Source == source {
				p.Findings = append(p.Findings, fleetreport.Finding{Name: f.Name, Reason: string(f.Reason), Other: f.Other})
			}
		}
		all = append(all, p)
	}
	return all
}

func bySource(a, b fleet.Source) int {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Namespace, b.Namespace))
}

func byFinding(a, b fleet.Finding) int {
	return cmp.Or(bySource(a.Source, b.Source), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Other, b.Other))
}

// findingSet returns the findings of the sources and the conflicts between them.
func findingSet(found []fleet.PlaceState, conflicts []fleet.Finding) map[fleet.Finding]bool {
	all := map[fleet.Finding]bool{}
	for _, f := range conflicts {
		all[f] = true
	}
	for _, p := range found {
		for _, f := range p.Findings {
			all[f] = true
		}
	}
	return all
}

// logChanges logs added and removed clusters and findings of discovery.
func (r *roster) logChanges(next clusterSet, findings map[fleet.Finding]bool) {
	before := r.view.Load()
	logDiscovered(next, before.running, r.log.Info, "cluster found")
	logDiscovered(before.running, next, r.log.Info, "cluster removed")
	logFindings(findings, before.findings, r.log.Warn, "discovery problem")
	logFindings(before.findings, findings, r.log.Info, "discovery problem resolved")
}

// logDiscovered logs the discovered clusters that are in one set but not in the other.
func logDiscovered(in, notIn clusterSet, log func(string, ...any), message string) {
	for name, c := range in {
		if c.Credentials != nil && notIn[name] == nil {
			secret := c.Credentials.Secret
			log(message, "cluster", name, "from", c.Source, "host", secret.Cluster, "secret", secret.Namespace+"/"+secret.Name)
		}
	}
}

// logFindings logs the findings that are in one set but not in the other.
func logFindings(in, notIn map[fleet.Finding]bool, log func(string, ...any), message string) {
	for _, f := range slices.SortedFunc(maps.Keys(in), byFinding) {
		if notIn[f] {
			continue
		}
		attrs := []any{"cluster", f.Source.Cluster, "source", f.Source.Source, "namespace", f.Source.Namespace, "reason", string(f.Reason)}
		if f.Name != "" {
			attrs = append(attrs, "name", f.Name)
		}
		if f.Other != "" {
			attrs = append(attrs, "other", f.Other)
		}
		log(message, attrs...)
	}
}
