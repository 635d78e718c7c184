// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package perses writes dashboards as resources of Perses 0.53 and later. They name no
// data source, so Perses takes the default one.
//
// Perses knows less than Grafana: it has no links at series, and no way for a link to
// take a time range along that goes on with the clock, so none is taken.
package perses

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// Project is where the dashboards are.
const Project = "cobaltcore"

// WriteProject writes the project, without which Perses rejects its dashboards.
func WriteProject() ([]byte, error) {
	return encode(project{Kind: "Project", Metadata: metadata{Name: Project}, Spec: projectSpec{Display: display{Name: "CobaltCore"}}})
}

// writer writes a page; links need to know the others.
type writer struct {
	page dashboards.Dashboard
	all  []dashboards.Dashboard
	keys map[string]int
}

// Write is a page, one of all, for rows in which the label cluster is called label.
func Write(page dashboards.Dashboard, all []dashboards.Dashboard, label string) ([]byte, error) {
	resolved, err := page.WithClusterLabel(label)
	if err != nil {
		return nil, err
	}
	w := writer{page: resolved, all: all, keys: map[string]int{}}
	d := dashboard{
		Kind:     "Dashboard",
		Metadata: metadata{Name: page.ID, Project: Project, Tags: []string{"cobaltcore"}},
		Spec: dashboardSpec{
			Display:  display{Name: page.Title, Description: page.Description},
			Duration: "6h", RefreshInterval: "1m",
			Panels: map[string]panel{}, Layouts: []layout{},
		},
	}
	for _, v := range resolved.Variables {
		d.Spec.Variables = append(d.Spec.Variables, list(v))
	}
	for _, l := range resolved.Links {
		d.Spec.Links = append(d.Spec.Links, w.link(l))
	}
	for _, s := range resolved.Sections {
		grid := layout{Kind: "Grid", Spec: layoutSpec{Items: []item{}}}
		if s.Title != "" || s.Collapsed {
			grid.Spec.Display = &layoutDisplay{Title: s.Title, Collapse: &collapse{Open: !s.Collapsed}}
		}
		for i, box := range dashboards.Layout(s.Panels) {
			p, err := w.panel(s.Panels[i])
			if err != nil {
				return nil, fmt.Errorf("%s: panel %s: %w", page.ID, s.Panels[i].Title, err)
			}
			key := w.key(s.Panels[i].Title)
			d.Spec.Panels[key] = p
			grid.Spec.Items = append(grid.Spec.Items, item{
				X: box.X, Y: box.Y, Width: box.W, Height: box.H, Content: reference{"#/spec/panels/" + key},
			})
		}
		d.Spec.Layouts = append(d.Spec.Layouts, grid)
	}
	return encode(d)
}

// key is a name for a panel that no other one of the page has, and that stays when
// others come and go.
func (w *writer) key(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	key := strings.Join(words, "-")
	key = key[:min(len(key), 70)] // Perses takes 75 characters
	if key == "" {
		key = "panel"
	}
	w.keys[key]++
	if n := w.keys[key]; n > 1 {
		return fmt.Sprintf("%s_%d", key, n) // no other key has an underscore
	}
	return key
}

// list returns a variable. Clusters have no regular expression for all of them: links pass on the
// selection, and Perses drops values that are not in the list.
func list(v dashboards.Variable) variable {
	if v.Text != "" {
		return variable{Kind: "TextVariable", Spec: textVariable{Name: v.Name, Display: display{Name: v.Title}, Value: v.Text}}
	}
	out := listVariable{
		Name: v.Name, Display: display{Name: v.Title}, Sort: "alphabetical-asc",
		Plugin: plugin{"PrometheusLabelValuesVariable", labelValues{LabelName: v.Label, Matchers: []string{v.Selector}}},
	}
	if !v.Single {
		out.AllowAllValue, out.AllowMultiple, out.DefaultValue = true, true, "$__all"
		if !passedOn(v) {
			out.CustomAllValue = ".*"
		}
	}
	return variable{Kind: "ListVariable", Spec: out}
}

// passedOn reports whether links pass on the value of a variable.
func passedOn(v dashboards.Variable) bool { return v.Single || v.Name == "cluster" }

func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return out.Bytes(), err
}
