// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package perses

// Resources in the format of Perses 0.53 and 0.54. Its own Go types would add its authentication to the dependencies; a
// test compares these types with them.

type project struct {
	Kind     string      `json:"kind"`
	Metadata metadata    `json:"metadata"`
	Spec     projectSpec `json:"spec"`
}

type projectSpec struct {
	Display display `json:"display"`
}

type dashboard struct {
	Kind     string        `json:"kind"`
	Metadata metadata      `json:"metadata"`
	Spec     dashboardSpec `json:"spec"`
}

type metadata struct {
	Name    string   `json:"name"`
	Project string   `json:"project,omitempty"`
	Tags    []string `json:"tags,omitempty"`
}

type display struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

type dashboardSpec struct {
	Display         display          `json:"display"`
	Variables       []variable       `json:"variables,omitempty"`
	Panels          map[string]panel `json:"panels"`
	Layouts         []layout         `json:"layouts"`
	Duration        string           `json:"duration"`
	RefreshInterval string           `json:"refreshInterval"`
	Links           []link           `json:"links,omitempty"`
}

// plugin is a part of a resource whose format is defined by a plugin.
type plugin struct {
	Kind string `json:"kind"`
	Spec any    `json:"spec"`
}

type variable struct {
	Kind string `json:"kind"`
	Spec any    `json:"spec"`
}

type textVariable struct {
	Name    string  `json:"name"`
	Display display `json:"display"`
	Value   string  `json:"value"`
}

type listVariable struct {
	Name          string  `json:"name"`
	Display       display `json:"display"`
	DefaultValue  string  `json:"defaultValue,omitempty"`
	AllowAllValue bool    `json:"allowAllValue"`
	AllowMultiple bool    `json:"allowMultiple"`
	// CustomAllValue is a regular expression for all of them.
	CustomAllValue string `json:"customAllValue,omitempty"`
	Sort           string `json:"sort"`
	Plugin         plugin `json:"plugin"`
}

type labelValues struct {
	LabelName string   `json:"labelName"`
	Matchers  []string `json:"matchers"`
}

type panel struct {
	Kind string    `json:"kind"`
	Spec panelSpec `json:"spec"`
}

type panelSpec struct {
	Display display `json:"display"`
	Plugin  plugin  `json:"plugin"`
	Queries []query `json:"queries,omitempty"`
	Links   []link  `json:"links,omitempty"`
}

type query struct {
	Kind string    `json:"kind"`
	Spec querySpec `json:"spec"`
}

type querySpec struct {
	Plugin plugin `json:"plugin"`
}

type timeSeriesQuery struct {
	Query            string `json:"query"`
	SeriesNameFormat string `json:"seriesNameFormat,omitempty"`
}

type link struct {
	Name            string `json:"name"`
	URL             string `json:"url"`
	RenderVariables bool   `json:"renderVariables"`
	TargetBlank     bool   `json:"targetBlank,omitempty"`
}

type layout struct {
	Kind string     `json:"kind"`
	Spec layoutSpec `json:"spec"`
}

type layoutSpec struct {
	Display *layoutDisplay `json:"display,omitempty"`
	Items   []item         `json:"items"`
}

type layoutDisplay struct {
	Title    string    `json:"title"`
	Collapse *collapse `json:"collapse"`
}

type collapse struct {
	Open bool `json:"open"`
}

type item struct {
	X       int       `json:"x"`
	Y       int       `json:"y"`
	Width   int       `json:"width"`
	Height  int       `json:"height"`
	Content reference `json:"content"`
}

type reference struct {
	Ref string `json:"$ref"`
}
