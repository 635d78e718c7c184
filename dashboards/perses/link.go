// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package perses

import (
	"maps"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// link is a link of a page or of a panel.
func (w *writer) link(l dashboards.Link) link {
	return link{Name: l.Title, URL: w.url(l, noLabel), RenderVariables: true, TargetBlank: l.Dashboard == ""}
}

// withoutLabels returns a link of a series as a link of the panel: with the page, but without the
// labels.
func (w *writer) withoutLabels(l dashboards.Link) dashboards.Link {
	if len(l.Labels()) == 0 {
		return l
	}
	l.Title = w.title(l)
	l.Variables = maps.Clone(l.Variables)
	maps.DeleteFunc(l.Variables, func(_, text string) bool {
		return len(dashboards.Link{URL: text}.Labels()) > 0
	})
	return l
}

// cellLink is a link of a cell. Variables in its title would be replaced by variables of the page.
func (w *writer) cellLink(l dashboards.Link) *cellLink {
	title := l.Title
	if len(dashboards.Link{URL: title}.Labels()) > 0 {
		title = w.title(l)
	}
	return &cellLink{URL: w.url(l, cellLabel), Title: title, OpenNewTab: l.Dashboard == ""}
}

// title returns the title of the other page.
func (w *writer) title(l dashboards.Link) string {
	for _, d := range w.all {
		if d.ID == l.Dashboard {
			return d.Title
		}
	}
	return l.Title
}

// noLabel is for links of a page or panel, which have no labels.
func noLabel(string) string { return "" }

// cellLabel returns the reference to a cell of the row, encoded.
func cellLabel(name string) string { return `${__data.fields["` + name + `"]}` }

// url returns the URL of a link. It passes on the variables that both pages have in the format of Perses: several values in
// one parameter. A URL in a label is not encoded again.
func (w *writer) url(l dashboards.Link, label func(string) string) string {
	if l.Dashboard == "" {
		if l.IsLabel() {
			return dashboards.Expand(l.URL, func(name string) string { return strings.TrimSuffix(label(name), "}") + ":raw}" })
		}
		return dashboards.Expand(l.URL, label)
	}
	var parameters []string
	for _, v := range w.page.CarriedVariables(l, w.all) {
		if passedOn(v) {
			parameters = append(parameters, "var-"+v.Name+"=${"+v.Name+":csv}")
		}
	}
	parameters = append(parameters, l.Parameters(label)...)
	url := "/projects/" + Project + "/dashboards/" + l.Dashboard
	if len(parameters) > 0 {
		url += "?" + strings.Join(parameters, "&")
	}
	return url
}
