// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package dashboards has every dashboard as data: panels with their PromQL, unit and colours. Writers
// turn the same page into JSON for Grafana and for Perses, so a page uses only features of both.
//
// Expressions are written like those of rules: over the label cluster and without labels of the scrape
// (alerts.QueryFor aggregates over these). Ranges of counters are [$__rate_interval], which both
// support.
package dashboards

import "cmp"

// Dashboard is a dashboard page.
type Dashboard struct {
	// ID is its address, the same in Grafana and in Perses, such as cobaltcore-flux.
	ID, Title string
	// Description describes the purpose of the page in one or two sentences.
	Description string
	Variables   []Variable
	Sections    []Section
	// Annotations are events that graphs mark. Perses has none before 0.54.
	Annotations []Annotation
	// Links are other pages that continue this one; they carry time and variables.
	Links []Link
}

// Variable is a selection at the top of a page, from the values of a label.
type Variable struct {
	Name, Title string
	// Selector and Label: the values of Label in what Selector selects, which may
	// use variables that stand before this one.
	Selector, Label string
	// Single allows only one value. Other variables allow several values, and all of them.
	Single bool
	// Text is the default of a variable that is typed in, and is used in links only. It has no Selector.
	Text string
}

// Annotation is an event in graphs.
type Annotation struct {
	Name string
	// Expr has a series for each event; with AtValue its value is the time of the event in seconds.
	Expr    string
	AtValue bool
	// Off turns the annotation off by default, because it is expensive.
	Off bool
	// Title and Text may have {{label}}.
	Title, Text string
	Color       Color
}

// Section is a row of panels below a heading.
type Section struct {
	Title string
	// Collapsed hides the panels until the section is opened.
	Collapsed bool
	Panels    []Panel
}

// Kind is the type of a panel.
type Kind string

// The kinds that Grafana and Perses both have.
const (
	Stat          Kind = "stat"           // one number per series, at the end of the time range
	Gauge         Kind = "gauge"          // the same, between Min and Max
	TimeSeries    Kind = "time series"    // lines
	StatusHistory Kind = "status history" // a row of coloured fields per series
	Table         Kind = "table"          // a row per series, with its labels as columns
	Markdown      Kind = "markdown"       // text
)

// Panel is a panel of a page.
type Panel struct {
	Kind  Kind
	Title string
	// Description has the meaning, the good value, and the next step for a bad one.
	Description string
	// Empty explains why a panel may have no data; panels without it always have data.
	Empty string
	// Width is in columns of 24, Height in rows of about 30 pixels. Without them a
	// kind has its own.
	Width, Height int
	Queries       []Query
	// PerReplica keeps the labels of the scrape, for metrics of each replica of the exporter.
	PerReplica bool
	Unit       Unit
	// Decimals is the number of decimals; zero means as many as needed.
	Decimals int
	// Min and Max are the ends of a gauge or an axis.
	Min, Max *float64
	// Stacked puts areas on top of each other.
	Stacked    bool
	Thresholds []Threshold
	Mappings   []Mapping
	// Columns of a table, in this order. Series with the same labels in all columns become one row
	// with the largest value. Several queries are joined by the labels of the columns and of their
	// links; all queries must have these labels, because Perses would lose rows.
	Columns []Column
	Sort    Sort   // of a table
	Then    Sort   // among rows that are equal by Sort; its column is to the right
	Links   []Link // of a panel, or with ${label} of each of its series and rows
	Text    string // of Markdown
}

// About is the description of the panel, with when it may be empty.
func (p Panel) About() string {
	if p.Empty == "" {
		return p.Description
	}
	return p.Description + " \"No data\": " + p.Empty
}

// Query is PromQL. Legend names a series, with {{label}} for the value of a label.
// Tables, stats and gauges ask for the end of the time range only.
type Query struct {
	Expr, Legend string
	// Color is the fixed colour of a query with a single series.
	Color Color
}

// Unit is the unit of values.
type Unit string

// The units. A Duration is in seconds and is shown in the largest unit that fits, which is a fraction on the axis
// of a graph (1.9 months). Graphs have whole numbers of a fixed unit instead.
const (
	Number    Unit = "number"
	Percent   Unit = "percent" // 0 to 1
	Duration  Unit = "duration"
	Bytes     Unit = "bytes"
	PerSecond Unit = "per second"

	Milliseconds Unit = "ms"
	Seconds      Unit = "seconds"
	Minutes      Unit = "minutes"
	Hours        Unit = "hours"
	Days         Unit = "days"
)

// IsCount reports whether the unit is a fixed unit of time, whose values are shown as whole numbers.
func (u Unit) IsCount() bool {
	switch u {
	case Milliseconds, Seconds, Minutes, Hours, Days:
		return true
	}
	return false
}

// Color is the meaning of a value; the writers choose its colour.
type Color string

// The colours.
const (
	Good    Color = "good"
	Warning Color = "warning"
	Bad     Color = "bad"
	Unknown Color = "unknown"
	Neutral Color = "neutral"
	Info    Color = "info"
)

// Threshold colours values from From on. The first one has no From: it is the base.
type Threshold struct {
	From  float64
	Color Color
}

// Mapping shows a value as a word. In a column of a label, it maps the value of the label, by default the text itself.
type Mapping struct {
	Value float64
	Label string
	Text  string
	Color Color
}

// LabelValue returns the value of the label that the mapping is for.
func (m Mapping) LabelValue() string { return cmp.Or(m.Label, m.Text) }

// Column is a label of the series of a table, or the value of one of its queries.
type Column struct {
	// Label is the name of the label; without one the column is the value of the
	// query with this number, counted from 0.
	Label      string
	Query      int
	Title      string
	Unit       Unit
	Width      int // in pixels; 0: as needed
	Thresholds []Threshold
	Mappings   []Mapping
	Link       *Link // ${label} in its variables are labels of the row
}

// HasWords reports whether the column shows all its values as words. One with a unit shows numbers,
// and perhaps a word where there is no value.
func (c Column) HasWords() bool { return c.Label == "" && c.Unit == "" && len(c.Mappings) > 0 }

// Sort orders a table by the column with this title.
type Sort struct {
	Column     string
	Descending bool
}

// Link goes to another dashboard, by its ID, with values for its variables, or to a
// URL elsewhere, which may have ${label}, too.
type Link struct {
	Title, Dashboard, URL string
	// Variables of that dashboard: a text, which may have ${label}, the value of a label of the clicked
	// element. Variables that both pages have are passed on without an entry.
	Variables map[string]string
}
