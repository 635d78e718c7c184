// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// Diff writes the differences between two reports: verdicts of clusters, and findings that are firing in only one of the
// reports. It reports whether there are differences.
func Diff(w io.Writer, before, after health.Report) (bool, error) {
	out, differs := bufio.NewWriter(w), false
	line := func(format string, args ...any) {
		differs = true
		_, _ = fmt.Fprintln(out, clean(fmt.Sprintf(format, args...)))
	}
	if before.Verdict != after.Verdict {
		line("~ verdict %s -> %s", before.Verdict, after.Verdict)
	}
	for _, c := range before.Clusters {
		if old, current := c.Verdict, verdictOf(after, c.Name); old != current {
			line("~ cluster %s %s -> %s", c.Name, old, current)
		}
	}
	for _, c := range after.Clusters {
		if was := verdictOf(before, c.Name); was == health.Absent && was != c.Verdict {
			line("~ cluster %s %s -> %s", c.Name, was, c.Verdict)
		}
	}
	for _, f := range only(before, after) {
		line("- %s", brief(f))
	}
	for _, f := range only(after, before) {
		line("+ %s", brief(f))
	}
	return differs, out.Flush()
}

// verdictOf returns the verdict of a cluster, or absent if the report does not have the cluster.
func verdictOf(r health.Report, cluster string) health.Verdict {
	i := slices.IndexFunc(r.Clusters, func(c health.Cluster) bool { return c.Name == cluster })
	if i < 0 {
		return health.Absent
	}
	return r.Clusters[i].Verdict
}

// only returns the findings that fire in a and not in b.
func only(a, b health.Report) []health.Finding {
	other := map[string]bool{}
	for _, f := range b.Findings {
		other[f.ID] = other[f.ID] || fires(f)
	}
	return slices.DeleteFunc(slices.Clone(a.Findings), func(f health.Finding) bool { return !fires(f) || other[f.ID] })
}

func fires(f health.Finding) bool { return f.State == health.Firing && f.ResolvedAt == nil }

// brief returns a finding as one line.
func brief(f health.Finding) string {
	return clean(fmt.Sprintf("%s %s: %s", pad(string(f.Severity), len("critical")), f.Rule, f.Summary))
}
