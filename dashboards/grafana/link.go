// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// dataLink is a link of a panel or a field. The SDK uses the type of links of a page for them, which has other keys.
type dataLink = dashboard.DashboardLink

// pageLinks returns the links at the top of the page: to the other pages of the exporter, and to related pages.
func (w *writer) pageLinks() []dashboard.DashboardLink {
	links := []dashboard.DashboardLink{{
		Title: "CobaltCore", Type: dashboard.DashboardLinkTypeDashboards, Tags: []string{tag}, Icon: "external link",
		AsDropdown: true, IncludeVars: true, KeepTime: true,
	}}
	for _, l := range w.page.Links {
		links = append(links, dashboard.DashboardLink{
			Title: l.Title, Type: dashboard.DashboardLinkTypeLink, Url: new(w.url(l, noLabel)), Tags: []string{}, Icon: "dashboard",
			KeepTime: l.Dashboard != "", TargetBlank: l.Dashboard == "",
		})
	}
	return links
}

// panelLinks returns the links in the header of a panel and the links of its series.
func (w *writer) panelLinks(p dashboards.Panel) (header, series []dataLink) {
	for _, l := range p.Links {
		if len(l.Labels()) == 0 {
			header = append(header, w.link(l, fieldLabel))
		} else {
			series = append(series, w.link(l, fieldLabel))
		}
	}
	return header, series
}

// cellLinks returns the links of a cell: its own, and in the first column the links of the row.
func (w *writer) cellLinks(p dashboards.Panel, c dashboards.Column) []dataLink {
	var links []dataLink
	if c.Link != nil {
		links = append(links, w.link(*c.Link, cellLabel))
	}
	if c.Title == p.Columns[0].Title {
		for _, l := range p.Links {
			if len(l.Labels()) > 0 {
				links = append(links, w.link(l, cellLabel))
			}
		}
	}
	return links
}

// noLabel is for links at the top of a page, which have no labels.
func noLabel(string) string { return "${" }

// fieldLabel returns the reference to a label of a series.
func fieldLabel(name string) string { return "${__field.labels." + name }

// cellLabel returns the reference to a cell of the row, by the name of its field. A title does not change this name.
func cellLabel(name string) string { return `${__data.fields["` + name + `"]` }

// link converts a link. label returns the reference to a label without its format.
func (w *writer) link(l dashboards.Link, label func(string) string) dataLink {
	title := dashboards.Expand(l.Title, func(name string) string { return label(name) + "}" })
	url := w.url(l, label)
	if l.Dashboard != "" {
		url += "&${__url_time_range}"
	}
	return dataLink{Title: title, Type: dashboard.DashboardLinkTypeLink, Url: new(url), Tags: []string{}, TargetBlank: l.Dashboard == ""}
}

// url returns the URL of a link. It passes on the data source and the variables that both pages have. A URL in a label is
// not encoded again.
func (w *writer) url(l dashboards.Link, label func(string) string) string {
	encoded := func(name string) string { return label(name) + ":percentencode}" }
	if l.Dashboard == "" {
		if l.IsLabel() {
			return dashboards.Expand(l.URL, func(name string) string { return label(name) + ":raw}" })
		}
		return dashboards.Expand(l.URL, encoded)
	}
	parameters := []string{"${datasource:queryparam}"}
	for _, v := range w.page.CarriedVariables(l, w.all) {
		parameters = append(parameters, "${"+v.Name+":queryparam}")
	}
	parameters = append(parameters, l.Parameters(encoded)...)
	return "/d/" + l.Dashboard + "?" + strings.Join(parameters, "&")
}
