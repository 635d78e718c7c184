// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"
)

// Figures are the results of one run of one subject, or their medians: seconds, bytes and counts.
type Figures map[string]float64

// Keys of Figures. CPU of scrapes is per scrape, CPU of updates per 1,000 updates.
const (
	firstComplete   = "first_complete_seconds"
	emptyResponses  = "empty_responses"
	partResponses   = "partial_responses"
	cpuComplete     = "cpu_until_complete_seconds"
	peakComplete    = "peak_memory_until_complete_bytes"
	peakEnd         = "peak_memory_bytes"
	memoryScrapes   = "memory_after_scrapes_bytes"
	plainP50        = "plain_scrape_p50_seconds"
	plainP99        = "plain_scrape_p99_seconds"
	plainCPU        = "plain_scrape_cpu_seconds"
	plainBody       = "plain_body_bytes"
	gzipP50         = "gzip_scrape_p50_seconds"
	gzipP99         = "gzip_scrape_p99_seconds"
	gzipCPU         = "gzip_scrape_cpu_seconds"
	gzipBody        = "gzip_body_bytes"
	idleCPU         = "idle_cpu_seconds_per_second"
	neutralCPU      = "neutral_updates_cpu_seconds"
	flipCPU         = "flips_cpu_seconds"
	scrapedFlipCPU  = "flips_scraped_cpu_seconds"
	scrapedFlipP99  = "flips_scraped_scrape_p99_seconds"
	visibleP50      = "visible_p50_seconds"
	visibleP99      = "visible_p99_seconds"
	gzipVisibleP50  = "gzip_visible_p50_seconds"
	gzipVisibleP99  = "gzip_visible_p99_seconds"
	findingP50      = "finding_p50_seconds"
	findingMax      = "finding_max_seconds"
	updatesRate     = "updates_per_second"
	unitSeconds     = "s"
	unitMillisecond = "ms"
	unitMiB         = "MiB"
	unitKB          = "KB"
	unitCount       = "count"
	unitDecimal     = "decimal"
)

// figure is the title and unit of a figure.
type figure struct{ key, title, unit string }

// figures returns the rows of the report.
func figures() []figure {
	return []figure{
		{firstComplete, "first complete scrape", unitSeconds},
		{emptyResponses, "200 responses before that: empty", unitCount},
		{partResponses, "200 responses before that: incomplete", unitCount},
		{cpuComplete, "CPU until complete", unitSeconds},
		{peakComplete, "peak memory (VmHWM) until complete", unitMiB},
		{peakEnd, "peak memory (VmHWM) of the whole run", unitMiB},
		{memoryScrapes, "memory (VmRSS) after scrapes", unitMiB},
		{plainP50, "plain scrape p50", unitMillisecond},
		{plainP99, "plain scrape p99", unitMillisecond},
		{plainCPU, "plain scrape CPU", unitMillisecond},
		{plainBody, "plain body", unitKB},
		{gzipP50, "gzip scrape p50", unitMillisecond},
		{gzipP99, "gzip scrape p99", unitMillisecond},
		{gzipCPU, "gzip scrape CPU", unitMillisecond},
		{gzipBody, "gzip body", unitKB},
		{idleCPU, "CPU per idle second", unitMillisecond},
		{neutralCPU, "CPU per 1,000 neutral status updates", unitSeconds},
		{flipCPU, "CPU per 1,000 Ready flips", unitSeconds},
		{scrapedFlipCPU, "CPU per 1,000 Ready flips with a gzip scrape every second", unitSeconds},
		{scrapedFlipP99, "p99 of those scrapes", unitMillisecond},
		{visibleP50, "update → end of the plain response that shows it, p50", unitMillisecond},
		{visibleP99, "update → end of the plain response that shows it, p99", unitMillisecond},
		{gzipVisibleP50, "update → end of the gzip response that shows it, p50", unitMillisecond},
		{gzipVisibleP99, "update → end of the gzip response that shows it, p99", unitMillisecond},
		{findingP50, "update → finding in the report, p50", unitSeconds},
		{findingMax, "update → finding in the report, longest", unitSeconds},
		{updatesRate, "updates per second (of the driver)", unitCount},
	}
}

// formatOf returns the formatted figure of a subject; empty if it was not measured.
func (f figure) formatOf(figures Figures) string {
	value, ok := figures[f.key]
	if !ok {
		return ""
	}
	return f.format(value)
}

func (f figure) format(value float64) string {
	switch f.unit {
	case unitMillisecond:
		return formatSignificant(value*1000) + " ms"
	case unitMiB:
		return formatSignificant(value/(1<<20)) + " MiB"
	case unitKB:
		return formatSignificant(value/1000) + " KB"
	case unitSeconds:
		return formatSignificant(value) + " s"
	case unitDecimal:
		return formatSignificant(value)
	default:
		return fmt.Sprintf("%.0f", value)
	}
}

// formatSignificant formats a value with three digits, or with all digits before the decimal point.
func formatSignificant(value float64) string {
	digits := 2
	for limit := 10.0; digits > 0 && math.Abs(value) >= limit; limit *= 10 {
		digits--
	}
	if value != 0 && math.Abs(value) < 1 {
		digits = 3
	}
	return fmt.Sprintf("%.*f", digits, value)
}

// median returns the medians of every figure.
func median(samples []Figures) Figures {
	out := Figures{}
	for key := range samples[0] {
		var values []float64
		for _, s := range samples {
			values = append(values, s[key])
		}
		slices.Sort(values)
		middle := len(values) / 2
		out[key] = values[middle]
		if len(values)%2 == 0 {
			out[key] = (values[middle-1] + values[middle]) / 2
		}
	}
	return out
}

// quantile returns the smallest value that the share q of the values does not exceed.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
