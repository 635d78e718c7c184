// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import "math"

// Check is a threshold and its measured value.
type Check struct {
	Subject string  `json:"subject"`
	Title   string  `json:"title"`
	Key     string  `json:"key"`   // key of the figure
	Ratio   bool    `json:"ratio"` // the ratio to kube-state-metrics is checked, not the figure itself
	Limit   float64 `json:"limit"` // largest accepted value
	Value   float64 `json:"value"`
	OK      bool    `json:"ok"`
}

// manyObjects is the number of objects from which the stricter limits apply. With fewer objects, the fixed costs of the process hide the
// cost of an object.
const manyObjects = 50_000

// checks compares the medians with the thresholds.
func (r *Report) checks() []Check {
	ratios := map[string][]Check{
		nameEqual: {
			{Title: "peak memory of the whole run", Key: peakEnd, Limit: 1.0 / 6},
			{Title: "CPU until complete", Key: cpuComplete, Limit: 1.0 / 4},
			{Title: "gzip scrape CPU", Key: gzipCPU, Limit: 1.0 / 50},
			{Title: "plain scrape p99", Key: plainP99, Limit: 1.0 / 2},
			{Title: "CPU per 1,000 neutral updates", Key: neutralCPU, Limit: 1.0 / 2},
			{Title: "CPU per 1,000 Ready flips", Key: flipCPU, Limit: 1.0 / 2},
		},
	}
	if r.Objects >= manyObjects {
		ratios = map[string][]Check{
			nameShipped: {
				{Title: "peak memory of the whole run", Key: peakEnd, Limit: 1.0 / 20},
				{Title: "CPU until complete", Key: cpuComplete, Limit: 1.0 / 8},
				{Title: "gzip scrape CPU", Key: gzipCPU, Limit: 1.0 / 150},
				{Title: "gzip scrape p99", Key: gzipP99, Limit: 1.0 / 100},
				{Title: "gzip scrape p99 while objects flip", Key: scrapedFlipP99, Limit: 1.0 / 10},
				{Title: "plain scrape CPU", Key: plainCPU, Limit: 1.0 / 2},
				{Title: "CPU per 1,000 neutral updates", Key: neutralCPU, Limit: 1.0 / 3},
				{Title: "CPU per 1,000 Ready flips", Key: flipCPU, Limit: 1.0 / 3},
				{Title: "update → visible p50", Key: visibleP50, Limit: 1.0 / 4},
			},
			nameEqual: {
				{Title: "peak memory of the whole run", Key: peakEnd, Limit: 1.0 / 30},
				{Title: "CPU until complete", Key: cpuComplete, Limit: 1.0 / 9},
				{Title: "plain scrape CPU", Key: plainCPU, Limit: 1.0 / 8},
				{Title: "CPU per 1,000 neutral updates", Key: neutralCPU, Limit: 1.0 / 4},
			},
		}
	}
	absolute := map[string][]Check{
		nameShipped: {
			{Title: "update → finding p50, in seconds", Key: findingP50, Limit: 1},
			{Title: "update → finding, longest, in seconds", Key: findingMax, Limit: 2},
			{Title: "empty 200 responses", Key: emptyResponses},
			{Title: "incomplete 200 responses", Key: partResponses},
		},
		nameEqual: {
			{Title: "empty 200 responses", Key: emptyResponses},
			{Title: "incomplete 200 responses", Key: partResponses},
		},
	}
	var checks []Check
	for _, name := range []string{nameShipped, nameEqual} {
		for _, c := range ratios[name] {
			c.Subject, c.Title, c.Ratio = name, c.Title+" ÷ kube-state-metrics", true
			checks = append(checks, c.withValue(r.result(name).Ratios))
		}
		for _, c := range absolute[name] {
			c.Subject = name
			checks = append(checks, c.withValue(r.result(name).Figures))
		}
	}
	return checks
}

// withValue sets the value. A value that was not measured fails the check.
func (c Check) withValue(figures Figures) Check {
	value, ok := figures[c.Key]
	c.Value, c.OK = value, ok && !math.IsNaN(value) && value <= c.Limit
	return c
}

// OK reports whether all thresholds are met.
func (r *Report) OK() bool {
	for _, c := range r.Checks {
		if !c.OK {
			return false
		}
	}
	return len(r.Checks) > 0
}
