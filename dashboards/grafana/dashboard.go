// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package grafana writes dashboards as JSON for Grafana 10 and later, in the schema
// that sidecars and file provisioning accept (v1).
//
// It fills the types of the Foundation SDK directly, because its builders (v0.0.18) leave
// enumerations empty, hide links, lose positions in collapsed rows and set no ids
// (github.com/grafana/grafana-foundation-sdk issues 673, 1202, 1302).
package grafana

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// tag is the tag of all dashboards of the exporter.
const tag = "cobaltcore"

// writer writes a page. Its links need the other pages.
type writer struct {
	page   dashboards.Dashboard
	all    []dashboards.Dashboard
	nextID uint32
	y      uint32
}

// Write returns one of the pages. label is the name of the label cluster in the rows.
func Write(page dashboards.Dashboard, all []dashboards.Dashboard, label string) ([]byte, error) {
	resolved, err := page.WithClusterLabel(label)
	if err != nil {
		return nil, err
	}
	w := writer{page: resolved, all: all, nextID: 1}
	d := dashboard.Dashboard{ //nolint:staticcheck // sidecars reject v2
		Uid: new(page.ID), Title: new(page.Title), Description: new(page.Description), Tags: []string{tag},
		Timezone: new("browser"), Editable: new(true), GraphTooltip: new(dashboard.DashboardCursorSyncCrosshair),
		Time: &dashboard.DashboardDashboardTime{From: "now-6h", To: "now"}, Refresh: new("1m"),
		SchemaVersion: 42,
		Templating:    dashboard.DashboardDashboardTemplating{List: w.variables()},
		Annotations:   dashboard.AnnotationContainer{List: w.annotations()},
		Links:         w.pageLinks(),
	}
	for _, s := range resolved.Sections {
		panels, err := w.section(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", page.ID, err)
		}
		d.Panels = append(d.Panels, panels...)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil, fmt.Errorf("%s: %w", page.ID, err)
	}
	return out.Bytes(), nil
}

// annotations returns the queries of events. Grafana expects times in milliseconds.
func (w *writer) annotations() []dashboard.AnnotationQuery {
	list := []dashboard.AnnotationQuery{}
	for _, a := range w.page.Annotations {
		expr := a.Expr
		if a.AtValue {
			expr = "1000 * (" + expr + ")"
		}
		list = append(list, dashboard.AnnotationQuery{
			Name: a.Name, Datasource: source(), Enable: !a.Off, IconColor: color(a.Color), Expr: new(expr), Step: new("1m"),
			TitleFormat: new(a.Title), TextFormat: new(a.Text), UseValueForTime: new(a.AtValue),
		})
	}
	return list
}

// source returns the data source that is selected at the top of the page.
func source() *common.DataSourceRef {
	return &common.DataSourceRef{Type: new("prometheus"), Uid: new("${datasource}")}
}

// section returns a row and its panels. The panels are inside the row if it is collapsed, else below it.
func (w *writer) section(s dashboards.Section) ([]dashboard.PanelOrRowPanel, error) {
	var row *dashboard.RowPanel
	if s.Title != "" || s.Collapsed {
		row = &dashboard.RowPanel{
			Type: "row", Title: new(s.Title), Collapsed: s.Collapsed, Id: w.id(), Panels: []dashboard.Panel{},
			GridPos: &dashboard.GridPos{W: 24, H: 1, Y: w.y},
		}
		w.y++
	}
	var panels []dashboard.Panel
	end := w.y
	for i, box := range dashboards.Layout(s.Panels) {
		p, err := w.panel(s.Panels[i])
		if err != nil {
			return nil, fmt.Errorf("panel %s: %w", s.Panels[i].Title, err)
		}
		p.GridPos = place(box, w.y)
		panels = append(panels, p)
		end = max(end, p.GridPos.Y+p.GridPos.H)
	}
	var out []dashboard.PanelOrRowPanel
	if row != nil {
		out = append(out, dashboard.PanelOrRowPanel{RowPanel: row})
	}
	if s.Collapsed {
		row.Panels = panels
		return out, nil // hidden panels need no space
	}
	w.y = end
	for i := range panels {
		out = append(out, dashboard.PanelOrRowPanel{Panel: &panels[i]})
	}
	return out, nil
}

// place returns the position of a box below y. Boxes are small and never negative.
func place(b dashboards.Box, y uint32) *dashboard.GridPos {
	return &dashboard.GridPos{X: uint32(b.X), Y: y + uint32(b.Y), W: uint32(b.W), H: uint32(b.H)} //nolint:gosec // see above
}

func (w *writer) id() uint32 {
	w.nextID++
	return w.nextID - 1
}

// variables returns the variable of the data source and the variables of the page.
func (w *writer) variables() []dashboard.VariableModel {
	list := []dashboard.VariableModel{{
		Type: dashboard.VariableTypeDatasource, Name: "datasource", Label: new("Data source"),
		Query: &dashboard.StringOrMap{String: new("prometheus")}, Hide: new(dashboard.VariableHideDontHide),
		Multi: new(false), IncludeAll: new(false), Refresh: new(dashboard.VariableRefreshOnDashboardLoad), Regex: new(""),
	}}
	for _, v := range w.page.Variables {
		if v.Text != "" {
			text := dashboard.StringOrArrayOfString{String: new(v.Text)}
			list = append(list, dashboard.VariableModel{
				Type: dashboard.VariableTypeTextbox, Name: v.Name, Label: new(v.Title), Query: &dashboard.StringOrMap{String: new(v.Text)},
				Hide: new(dashboard.VariableHideDontHide), Current: &dashboard.VariableOption{Selected: new(true), Text: text, Value: text},
			})
			continue
		}
		query := fmt.Sprintf("label_values(%s, %s)", v.Selector, v.Label)
		m := dashboard.VariableModel{
			Type: dashboard.VariableTypeQuery, Name: v.Name, Label: new(v.Title), Datasource: source(),
			Query:      &dashboard.StringOrMap{String: new(query)},
			Definition: new(query), Hide: new(dashboard.VariableHideDontHide),
			Refresh: new(dashboard.VariableRefreshOnTimeRangeChanged), Sort: new(dashboard.VariableSortAlphabeticalAsc),
			Multi: new(!v.Single), IncludeAll: new(!v.Single), Regex: new(""),
		}
		if !v.Single {
			m.AllValue = new(".*")
			m.Current = &dashboard.VariableOption{
				Selected: new(true),
				Text:     dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
				Value:    dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
			}
		}
		list = append(list, m)
	}
	return list
}
