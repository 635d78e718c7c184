// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package perses writes dashboards as resources of Perses 0.53 and later. They have no
// data source, so that Perses uses the default one.
//
// Perses has fewer features than Grafana: there are no links at series, and a link can pass on only a fixed time range,
// so that links pass on none.
package perses

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// Project is the name of the project with the dashboards.
const Project = "cobaltcore"

// WriteProject returns the project. Without it, Perses rejects the dashboards.
func WriteProject() ([]byte, error) {
	return encode(project{Kind: "Project", Metadata: metadata{Name: Project}, Spec: projectSpec{Display: display{Name: "CobaltCore"}}})
}

// writer writes a page. Its links need the other pages.
type writer struct {
	page dashboards.Dashboard
	all  []dashboards.Dashboard
	keys map[string]int
}

// Write returns one of the pages. label is the name of the label cluster in the rows.
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

// key returns a unique name for a panel of the page. It does not change when other panels are added or removed.
func (w *writer) key(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	key := strings.Join(words, "-")
	key = key[:min(len(key), 70)] // Perses accepts 75 characters
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
