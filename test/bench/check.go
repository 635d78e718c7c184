// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import "math"

// Check is a threshold and what was measured.
type Check struct {
	Subject string  `json:"subject"`
	Title   string  `json:"title"`
	Key     string  `json:"key"`   // of the figure
	Ratio   bool    `json:"ratio"` // to kube-state-metrics; else the figure itself
	Limit   float64 `json:"limit"` // the largest value that is good
	Value   float64 `json:"value"`
	OK      bool    `json:"ok"`
}

// checks compares the medians with the thresholds. Ratios hold for equal output.
func (r *Report) checks() []Check {
	var checks []Check
	for _, c := range []Check{
		{Title: "peak memory until complete ÷ kube-state-metrics", Key: peakComplete, Limit: 1.0 / 6},
		{Title: "peak memory of the whole run ÷ kube-state-metrics", Key: peakEnd, Limit: 1.0 / 6},
		{Title: "CPU until complete ÷ kube-state-metrics", Key: cpuComplete, Limit: 1.0 / 4},
		{Title: "gzip scrape CPU ÷ kube-state-metrics", Key: gzipCPU, Limit: 1.0 / 50},
		{Title: "plain scrape p99 ÷ kube-state-metrics", Key: plainP99, Limit: 1.0 / 2},
		{Title: "CPU per 1,000 neutral updates ÷ kube-state-metrics", Key: neutralCPU, Limit: 1.0 / 2},
		{Title: "CPU per 1,000 Ready flips ÷ kube-state-metrics", Key: flipCPU, Limit: 1.0 / 2},
	} {
		c.Subject, c.Ratio = nameEqual, true
		checks = append(checks, c.with(r.result(nameEqual).Ratios))
	}
	for _, name := range []string{nameEqual, nameAll} {
		for _, c := range []Check{
			{Title: "empty 200 responses", Key: emptyResponses},
			{Title: "incomplete 200 responses", Key: partResponses},
		} {
			c.Subject = name
			checks = append(checks, c.with(r.result(name).Figures))
		}
	}
	return checks
}

// with fills in the value; one that was not measured is not good.
func (c Check) with(figures Figures) Check {
	value, ok := figures[c.Key]
	c.Value, c.OK = value, ok && !math.IsNaN(value) && value <= c.Limit
	return c
}

// OK says whether every threshold is met.
func (r *Report) OK() bool {
	for _, c := range r.Checks {
		if !c.OK {
			return false
		}
	}
	return len(r.Checks) > 0
}
