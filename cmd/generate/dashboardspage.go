// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

//go:embed dashboards_introduction.md
var dashboardsIntroduction string

// dashboardsPage returns docs/dashboards/README.md.
func dashboardsPage() []byte {
	all := dashboards.Catalogue()
	var b bytes.Buffer
	b.WriteString("# Dashboards\n\n" + generated + withoutLicence(dashboardsIntroduction) + "\n")
	b.WriteString("| dashboard | ID | alerts that lead here |\n|---|---|---|\n")
	for _, d := range all {
		_, _ = fmt.Fprintf(&b, "| [%s](#%s) | `%s` | %s |\n", name(d), anchor(name(d)), d.ID, alertsThatLeadTo(d.ID))
	}
	for _, d := range all {
		_, _ = fmt.Fprintf(&b, "\n## %s\n\n%s\n", name(d), d.Description)
		if leads := onward(d, all); len(leads) > 0 {
			b.WriteString("\nIt leads to " + strings.Join(leads, ", ") + ".\n")
		}
		_, _ = fmt.Fprintf(&b, "\n![%s, with the faults of test/fleet, in Perses](%s.png)\n", name(d), d.ID)
		for _, s := range d.Sections {
			section(&b, s)
		}
	}
	return b.Bytes()
}

// section writes a table of the panels of a section, without text panels.
func section(b *bytes.Buffer, s dashboards.Section) {
	panels := slices.DeleteFunc(slices.Clone(s.Panels), func(p dashboards.Panel) bool { return p.Kind == dashboards.Markdown })
	if len(panels) == 0 {
		return
	}
	if s.Title != "" {
		b.WriteString("\n### " + s.Title + "\n")
	}
	b.WriteString("\n| panel | | what it shows |\n|---|---|---|\n")
	for _, p := range panels {
		_, _ = fmt.Fprintf(b, "| %s | %s | %s |\n", inTable(p.Title), p.Kind, inTable(p.About()))
	}
}

// name returns the title without the prefix that all titles share.
func name(d dashboards.Dashboard) string {
	_, after, _ := strings.Cut(d.Title, " / ")
	return after
}

func anchor(title string) string {
	return strings.ReplaceAll(strings.ToLower(title), " ", "-")
}

func inTable(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}

// onward returns the pages to which a page links, from its top, its panels and its cells.
func onward(d dashboards.Dashboard, all []dashboards.Dashboard) []string {
	var leads []string
	links := slices.Clone(d.Links)
	for _, s := range d.Sections {
		for _, p := range s.Panels {
			links = append(links, p.Links...)
			for _, c := range p.Columns {
				if c.Link != nil {
					links = append(links, *c.Link)
				}
			}
		}
	}
	for _, to := range all {
		if to.ID != d.ID && slices.ContainsFunc(links, func(l dashboards.Link) bool { return l.Dashboard == to.ID }) {
			leads = append(leads, fmt.Sprintf("[%s](#%s)", name(to), anchor(name(to))))
		}
	}
	return leads
}

// alertsThatLeadTo returns the systems of the alerts that link to a page, with the number of alerts.
func alertsThatLeadTo(id string) string {
	count := map[alerts.System]int{}
	for _, r := range alerts.Rules() {
		if r.Dashboard() == id {
			count[r.System]++
		}
	}
	var out []string
	for _, s := range alerts.Systems() {
		if count[s] > 0 {
			out = append(out, fmt.Sprintf("%d of %s", count[s], s))
		}
	}
	return strings.Join(out, ", ")
}
