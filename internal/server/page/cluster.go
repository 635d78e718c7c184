// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// tile has the verdict on a system in a cluster, named by the one that is not the subject of the page.
type tile struct {
	Name, Href string
	cell
}

type clusterView struct {
	Verdict  cell
	Cluster  clusterRow
	Systems  []tile
	Findings findings
	// AppliedElsewhere is the number of findings about objects in this cluster that affect other clusters.
	AppliedElsewhere     int
	AppliedElsewhereHref string
}

// clusterPage returns the page of one cluster. It may be watched by another shard.
func (s *site) clusterPage(r *http.Request) (view, error) {
	name := r.PathValue("name")
	fleet := s.Clusters()
	i := slices.IndexFunc(fleet.Clusters, func(c fleetreport.Cluster) bool { return c.Name == name })
	if i < 0 {
		return view{}, notFoundError{fmt.Sprintf("There is no cluster %q in the fleet.", name), name}
	}
	report, err := s.Report(r.Context())
	if err != nil {
		return view{}, err
	}
	v := clusterView{Verdict: cellOf(health.Unknown), Cluster: clusterRowOf(fleet.Clusters[i], fleet.GeneratedAt)}
	counts := countFiring(report)
	for _, c := range report.Clusters {
		if c.Name != name {
			continue
		}
		v.Verdict = cellOf(c.Verdict)
		for _, one := range c.Systems {
			v.Systems = append(v.Systems, tile{titleOf(string(one.Name)), systemHref(string(one.Name)), cellFor(c, one.Name, counts)})
		}
	}
	if v.Findings, err = s.findingsOf(r, report, filter{Cluster: name}); err != nil {
		return view{}, err
	}
	v.AppliedElsewhereHref = encodeQuery(url.Values{"from": {name}})
	affected := affectedCluster(report)
	for i := range report.Findings {
		if f := &report.Findings[i]; f.Labels["cluster"] == name && affected(f) != name {
			v.AppliedElsewhere++
		}
	}
	return view{
		Title: "Cluster " + name + ": " + v.Verdict.Verdict, At: stampOf(report.GeneratedAt, report.GeneratedAt.Add(report.Age())), Partial: report.Partial,
		Content: v,
	}, nil
}

type systemView struct {
	Name    string
	Verdict cell
	// Clusters are the clusters of the fleet. For a large fleet, these are the worst, and More is the number of
	// the others.
	Clusters []tile
	More     int
	Findings findings
}

// systemPage returns the page of one system in all clusters.
func (s *site) systemPage(r *http.Request) (view, error) {
	name := r.PathValue("name")
	report, err := s.Report(r.Context())
	if err != nil {
		return view{}, err
	}
	i := slices.IndexFunc(report.Systems, func(s health.SystemVerdict) bool { return string(s.Name) == name })
	if i < 0 {
		return view{}, notFoundError{fmt.Sprintf("There is no system %q, use one of %v.", name, alerts.Systems()), ""}
	}
	v := systemView{Name: name, Verdict: cellOf(report.Systems[i].Verdict)}
	counts := countFiring(report)
	system := report.Systems[i].Name
	clusters := worstFirst(report.Clusters, func(c health.Cluster) health.Verdict { return c.VerdictOf(system) })
	shown := min(len(clusters), maxOthers)
	v.More = len(clusters) - shown
	for _, c := range clusters[:shown] {
		v.Clusters = append(v.Clusters, tile{c.Name, clusterHref(c.Name), cellFor(c, system, counts)})
	}
	if v.Findings, err = s.findingsOf(r, report, filter{System: name}); err != nil {
		return view{}, err
	}
	return view{
		Title: titleOf(name) + ": " + v.Verdict.Verdict,
		At:    stampOf(report.GeneratedAt, report.GeneratedAt.Add(report.Age())), Partial: report.Partial,
		Content: v,
	}, nil
}
