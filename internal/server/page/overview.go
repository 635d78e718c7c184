// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// cell is a verdict with the number of firing findings.
type cell struct {
	Verdict, Mark, Href, ID, System string
	N                               int
	History                         history
}

// verdictMark returns the symbol of a verdict, so that verdicts differ not only in colour.
func verdictMark(v health.Verdict) string {
	switch v {
	case health.OK:
		return "✓"
	case health.Degraded:
		return "▲"
	case health.Down:
		return "✕"
	case health.Unknown:
		return "?"
	}
	return "–"
}

func cellOf(v health.Verdict) cell { return cell{Verdict: string(v), Mark: verdictMark(v)} }

// row is a row of the matrix: a cluster or the whole fleet.
type row struct {
	Name, Role, Href string
	Verdict          cell
	Cells            []cell
}

// Limits of the matrix. In a fleet of more than maxClusters, only the clusters in the worst state have a row.
const (
	maxClusters  = 16 // in a fleet up to this size, each cluster has a row
	maxHistories = 8  // in a fleet up to this size, each cell has its history
	maxRows      = 9
	maxOthers    = 60
)

// matrix has a row for each cluster and a column for each system.
type matrix struct {
	Systems []link
	Rows    []row
	// Others are listed below the matrix. More is the number of clusters that are not listed either.
	Others []row
	More   int
	All    row
	Absent []string // systems that no cluster has
}

type overviewView struct {
	Verdict      cell
	Matrix       matrix
	Findings     findings
	NotEvaluated []health.NotEvaluated
}

func (s *site) overviewPage(r *http.Request) (view, error) {
	report, err := s.Report(r.Context())
	if err != nil {
		return view{}, err
	}
	found, err := s.findingsOf(r, report, filter{})
	if err != nil {
		return view{}, err
	}
	return view{
		Title: "Fleet: " + string(report.Verdict), At: stampOf(report.GeneratedAt, report.GeneratedAt.Add(report.Age())), Partial: report.Partial,
		Content: overviewView{
			Verdict: cellOf(report.Verdict), Matrix: s.matrixOf(report),
			Findings: found, NotEvaluated: report.NotEvaluated,
		},
	}, nil
}

func (s *site) matrixOf(r health.Report) matrix {
	m := matrix{All: row{Name: "All clusters", Verdict: cellOf(r.Verdict)}}
	counts := countFiring(r)
	var systems []alerts.System
	for _, v := range r.Systems {
		if v.Verdict == health.Absent {
			m.Absent = append(m.Absent, string(v.Name))
			continue
		}
		systems = append(systems, v.Name)
		m.Systems = append(m.Systems, link{Text: string(v.Name), Href: systemHref(string(v.Name))})
		m.All.Cells = append(m.All.Cells, cellOf(v.Verdict))
	}
	clusters := worstFirst(r.Clusters, func(c health.Cluster) health.Verdict { return c.Verdict })
	for i, c := range clusters {
		line := row{Name: c.Name, Role: c.Role, Href: clusterHref(c.Name), Verdict: cellOf(c.Verdict)}
		if len(clusters) > maxClusters && (i >= maxRows || c.Verdict == health.OK) {
			m.Others = append(m.Others, line)
			continue
		}
		for _, system := range systems {
			one := cellFor(c, system, counts)
			if c.VerdictOf(system) != health.Absent && len(clusters) <= maxHistories {
				one.History = historyOf(s.Verdicts(c.Name, string(system)), r.GeneratedAt)
			}
			line.Cells = append(line.Cells, one)
		}
		m.Rows = append(m.Rows, line)
	}
	shown := min(len(m.Others), maxOthers)
	m.Others, m.More = m.Others[:shown], len(m.Others)-shown
	return m
}

// worstFirst returns the clusters of a large fleet in the order of their verdicts. A small fleet keeps its order.
func worstFirst(all []health.Cluster, verdict func(health.Cluster) health.Verdict) []health.Cluster {
	if len(all) <= maxClusters {
		return all
	}
	return slices.SortedStableFunc(slices.Values(all), func(a, b health.Cluster) int {
		return cmp.Compare(slices.Index(health.Verdicts(), verdict(b)), slices.Index(health.Verdicts(), verdict(a)))
	})
}

// cellFor returns the cell of a system in a cluster, with a link to its findings.
func cellFor(c health.Cluster, s alerts.System, counts map[[2]string]int) cell {
	v := cellOf(c.VerdictOf(s))
	v.System = string(s)
	v.N = counts[[2]string{c.Name, string(s)}]
	v.ID = "cell-" + url.PathEscape(c.Name) + "-" + string(s)
	if c.VerdictOf(s) != health.Absent {
		v.Href = clusterHref(c.Name) + "?" + url.Values{"system": {string(s)}}.Encode()
	}
	return v
}

// countFiring counts the findings that affect verdicts, by cluster and system.
func countFiring(r health.Report) map[[2]string]int {
	counts, affected := map[[2]string]int{}, affectedCluster(r)
	for i := range r.Findings {
		if f := &r.Findings[i]; f.State == health.Firing {
			counts[[2]string{affected(f), string(f.System)}]++
		}
	}
	return counts
}

// affectedCluster returns a function for the cluster that a finding affects: the target cluster of its object,
// or else the cluster that contains the object if the target is not in the fleet.
func affectedCluster(r health.Report) func(*health.Finding) string {
	inFleet := map[string]bool{}
	for _, c := range r.Clusters {
		inFleet[c.Name] = true
	}
	return func(f *health.Finding) string {
		if inFleet[f.Cluster] {
			return f.Cluster
		}
		return cmp.Or(f.Labels["cluster"], f.Cluster)
	}
}
