// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// Markdown writes a report as Markdown for GitHub and GitLab.
func Markdown(w io.Writer, r health.Report) error {
	out := bufio.NewWriter(w)
	put := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }
	put("# Health of the fleet: %s\n\n%s\n\n| cluster | verdict |", r.Verdict, evaluated(r))
	for _, s := range r.Systems {
		put(" %s |", s.Name)
	}
	put("\n|---|---|%s\n", strings.Repeat("---|", len(r.Systems)))
	for _, c := range r.Clusters {
		put("| %s | %s |", md(c.Name), c.Verdict)
		for _, s := range r.Systems {
			put(" %s |", c.VerdictOf(s.Name))
		}
		put("\n")
	}
	if r.Partial {
		put("\nThis report covers one shard only.\n")
	}
	put("\n## Findings\n\n")
	if len(r.Findings) == 0 {
		put("No rule found a problem.\n")
	}
	line := func(indent string, f health.Finding) {
		rule := md(f.Rule)
		if strings.HasPrefix(f.Playbook, "https://") || strings.HasPrefix(f.Playbook, "http://") {
			rule = fmt.Sprintf("[%s](<%s>)", rule, strings.NewReplacer("<", "%3C", ">", "%3E", "\n", "").Replace(clean(f.Playbook)))
		}
		state := ""
		if f.State == health.Pending {
			state = " (pending)"
		}
		facts := slices.DeleteFunc([]string{rule, md(f.Cluster), md(f.Object.String())}, func(s string) bool { return s == "" })
		atLeast := ""
		if f.SinceAtLeast {
			atLeast = "at least "
		}
		put("%s- **%s**%s %s since %s%s%s", indent, f.Severity, state, strings.Join(facts, ", "), atLeast, f.Since.UTC().Format(time.RFC3339), flags(f))
		if f.Summary != "" {
			put(": %s", md(f.Summary))
		}
		for _, text := range changesBefore(f) {
			put("; %s", md(text))
		}
		put("\n")
	}
	for _, c := range Causes(r) {
		line("", c.Finding)
		for i, f := range c.Following {
			if i == maxFollowing {
				put("  - and %d more\n", len(c.Following)-i)
				break
			}
			line("  ", f)
		}
	}
	if len(r.NotEvaluated) > 0 {
		put("\n## Not evaluated\n\n")
		for _, n := range r.NotEvaluated {
			put("- %s: %s\n", md(n.Rule), md(n.Reason))
		}
	}
	return out.Flush()
}

// md escapes the special characters of Markdown and HTML.
func md(s string) string {
	var b strings.Builder
	for _, c := range clean(s) {
		if strings.ContainsRune("\\`*_{}[]<>()#+!|~&@", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
