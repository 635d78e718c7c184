// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
)

const (
	// recentSpan is the age up to which a finding is marked as new.
	recentSpan = time.Hour
	// timelineDays is the length of the timeline of expiries in days.
	timelineDays = 30
	// maxListed is the number of expiries that are listed without a click.
	maxListed = 5
)

// severities returns the severities in order, worst first.
func severities() []string {
	return []string{string(alerts.Critical), string(alerts.Warning), string(alerts.Info)}
}

func worseSeverity(a, b string) string {
	if slices.Index(severities(), b) < slices.Index(severities(), a) {
		return b
	}
	return a
}

// expiries are findings about something that expires, soonest first.
type expiries struct {
	All   []finding
	Marks []expiry
}

// Listed returns the expiries that are shown without a click.
func (e expiries) Listed() []finding { return e.All[:min(len(e.All), maxListed)] }

// Rest returns the expiries that Listed does not return.
func (e expiries) Rest() []finding { return e.All[len(e.Listed()):] }

// expiry is a mark on the timeline. X is its position in per mille of the length.
type expiry struct {
	ID, Worst, Text string
	X               int
}

// add inserts a finding. Marks outside the timeline are drawn at its beginning or end.
func (e *expiries) add(f finding, now time.Time) {
	at := slices.IndexFunc(e.All, func(other finding) bool { return f.ends.Before(*other.ends) })
	if at < 0 {
		at = len(e.All)
	}
	left := f.ends.Sub(now)
	text := "in " + render.Age(left)
	if left < 0 {
		text = render.Age(-left) + " ago"
	}
	x := min(max(0, int(1000*left.Hours()/(24*timelineDays))), 1000)
	e.All = slices.Insert(e.All, at, f)
	e.Marks = slices.Insert(e.Marks, at, expiry{ID: f.ID, Worst: f.Worst, Text: text, X: x})
}

// webOnly returns the URL if its scheme is http or https, else an empty string.
func webOnly(url string) string {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return url
	}
	return ""
}
