// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// Report is the result of all runs.
type Report struct {
	Objects  int       `json:"objects"`
	Runs     int       `json:"runs"`
	Scrapes  int       `json:"scrapes"`
	Updates  int       `json:"updates"`
	Started  time.Time `json:"started"`
	Load     string    `json:"load"` // load average before the first process was started
	Machine  string    `json:"machine"`
	Pinned   bool      `json:"pinned"` // subject and driver had separate CPUs
	Profiled bool      `json:"profiled"`

	Subjects []Result `json:"subjects"`
	Checks   []Check  `json:"checks"`
}

// Result has the medians of one subject.
type Result struct {
	Name    string  `json:"name"`
	Figures Figures `json:"figures"`
	// Ratios are the figures divided by the figures of kube-state-metrics. A ratio is missing if the divisor is 0.
	Ratios Figures `json:"ratios"`
}

func newReport(o Options, load string, subjects []subject) *Report {
	r := &Report{
		Objects: o.Objects, Runs: o.Runs, Scrapes: o.Scrapes, Updates: o.Updates,
		Started: time.Now().UTC(), Load: load, Machine: testbed.Machine(),
		Pinned: pinnable(), Profiled: o.Profile != "",
	}
	for _, s := range subjects {
		r.Subjects = append(r.Subjects, Result{Name: s.Name})
	}
	return r
}

// evaluate sets medians, ratios and checks. The first subject is the reference.
func (r *Report) evaluate(samples [][]Figures) {
	for i, s := range samples {
		r.Subjects[i].Figures = median(s)
		r.Subjects[i].Ratios = Figures{}
		for key, value := range r.Subjects[i].Figures {
			if base := r.Subjects[0].Figures[key]; base != 0 {
				r.Subjects[i].Ratios[key] = value / base
			}
		}
	}
	r.Checks = r.checks()
}

func (r *Report) result(name string) Result {
	for _, s := range r.Subjects {
		if s.Name == name {
			return s
		}
	}
	return Result{}
}

// Markdown returns the report in Markdown.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d objects, %d run(s), %d scrapes, %d updates; load before: %s;\n%s",
		r.Started.Format(time.DateOnly), r.Objects, r.Runs, r.Scrapes, r.Updates, r.Load, r.Machine)
	if !r.Pinned {
		b.WriteString("; NOT PINNED: the subjects shared their CPU")
	}
	if r.Profiled {
		b.WriteString("; PROFILED: the exporter's figures are too high")
	}
	b.WriteString("\n\n| figure |")
	for i, s := range r.Subjects {
		fmt.Fprintf(&b, " %s |", s.Name)
		if i > 0 {
			b.WriteString(" ratio |")
		}
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|---|", len(r.Subjects)-1) + "\n")
	for _, f := range figures() {
		fmt.Fprintf(&b, "| %s |", f.title)
		for i, s := range r.Subjects {
			fmt.Fprintf(&b, " %s |", f.formatOf(s.Figures))
			if i > 0 {
				fmt.Fprintf(&b, " %s |", formatRatio(s.Ratios, f.key))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\n| threshold | limit | measured | |\n|---|---|---|---|\n")
	for _, c := range r.Checks {
		verdict := "ok"
		if !c.OK {
			verdict = "**FAILED**"
		}
		fmt.Fprintf(&b, "| %s: %s | %s | %s | %s |\n", c.Subject, c.Title, formatNumber(c.Limit), formatNumber(c.Value), verdict)
	}
	return b.String()
}

func formatRatio(ratios Figures, key string) string {
	value, ok := ratios[key]
	if !ok {
		return ""
	}
	return formatNumber(value)
}

// formatNumber formats a value with two significant digits, and integers unchanged.
func formatNumber(value float64) string {
	if value == math.Trunc(value) {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.2g", value)
}
