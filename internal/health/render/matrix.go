// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// matrix writes a row for each cluster. Systems that no cluster has are left out.
func (t *table) matrix(r health.Report) {
	var systems []alerts.System
	for _, s := range r.Systems {
		if s.Verdict != health.Absent {
			systems = append(systems, s.Name)
		}
	}
	first := len("CLUSTER")
	for _, c := range r.Clusters {
		first = max(first, width(clean(c.Name)))
	}
	for {
		part := t.fitting(r.Clusters, systems, first)
		t.part(r.Clusters, part, first)
		if systems = systems[len(part):]; len(systems) == 0 {
			break
		}
		t.line("")
	}
	t.line("\nVerdict: " + t.paint(colour(r.Verdict), string(r.Verdict)) + t.paint(faint, ", "+evaluated(r)))
}

const longestVerdict = len("degraded")

// column returns the width of the column of a system.
func column(clusters []health.Cluster, s alerts.System) int {
	n := len(s)
	for _, c := range clusters {
		n = max(n, len(c.VerdictOf(s)))
	}
	return n
}

// fitting returns as many of the systems as fit beside the first two columns, but at least one.
func (t *table) fitting(clusters []health.Cluster, systems []alerts.System, first int) []alerts.System {
	free := t.Width - first - len("  ") - longestVerdict
	for i, s := range systems {
		free -= len("  ") + column(clusters, s)
		if t.Width > 0 && free < 0 && i > 0 {
			return systems[:i]
		}
	}
	return systems
}

// part writes the columns of some systems.
func (t *table) part(clusters []health.Cluster, systems []alerts.System, first int) {
	header := []string{pad("CLUSTER", first), pad("VERDICT", longestVerdict)}
	for _, s := range systems {
		header = append(header, pad(strings.ToUpper(string(s)), column(clusters, s)))
	}
	t.line(t.paint(bold, strings.TrimRight(strings.Join(header, "  "), " ")))
	for _, c := range clusters {
		line := []string{pad(clean(c.Name), first), t.verdict(c.Verdict, longestVerdict)}
		for _, s := range systems {
			line = append(line, t.verdict(c.VerdictOf(s), column(clusters, s)))
		}
		t.line(strings.TrimRight(strings.Join(line, "  "), " "))
	}
}

func (t *table) verdict(v health.Verdict, n int) string {
	text := string(v)
	if v == health.Absent {
		text = "-"
	}
	return t.paint(colour(v), text) + strings.Repeat(" ", max(0, n-len(text)))
}

// evaluated returns the time of the report, with its age if it is at least a second old.
func evaluated(r health.Report) string {
	at := r.GeneratedAt.UTC().Format(time.RFC3339)
	if r.Age() < time.Second {
		return at
	}
	return at + ", " + Age(r.Age()) + " ago"
}
