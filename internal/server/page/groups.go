// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
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

// severityRank is lower for a worse severity.
func severityRank(s string) int { return slices.Index(severities(), s) }

func worseSeverity(a, b string) string {
	if severityRank(b) < severityRank(a) {
		return b
	}
	return a
}

// arrangeGroups merges equal root causes and returns all in the order of the page: by section, worst first.
func arrangeGroups(groups []*group) []*group {
	slices.SortStableFunc(groups, compareGroups)
	groups = mergeEqual(groups)
	for i, g := range groups {
		if g.section == sectionExpiries && i >= maxFirst {
			g.section = sectionLaterExpiries
		}
	}
	slices.SortStableFunc(groups, compareGroups)
	return groups
}

// compareGroups orders groups by section and severity; among equals, expiries by their time, and others new first.
func compareGroups(a, b *group) int {
	by := cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(severityRank(a.worst), severityRank(b.worst)))
	switch {
	case by != 0:
		return by
	case a.section == sectionExpiries || a.section == sectionLaterExpiries:
		return a.EndsAt.Compare(*b.EndsAt)
	case a.recent != b.recent && a.recent:
		return -1
	case a.recent != b.recent:
		return 1
	}
	return 0
}

// groupKey is what equal root causes have in common.
type groupKey struct {
	section                                          pageSection
	rule, reason, kind                               string
	severity                                         alerts.Severity
	state                                            health.State
	onlyConsequencesMatch, stale, silenced, resolved bool
}

func (g *group) key() groupKey {
	f := &g.Finding
	return groupKey{
		g.section, f.Rule, cmp.Or(f.Reason, f.Labels["reason"]), f.Object.Kind, f.Severity, f.State,
		g.onlyConsequencesMatch, f.Stale, f.Silenced, f.ResolvedAt != nil,
	}
}

// mergeEqual merges sorted root causes with the same key into the first of them, which is the worst. It gets the consequences of all.
func mergeEqual(groups []*group) []*group {
	first := map[groupKey]*group{}
	groups = slices.DeleteFunc(groups, func(g *group) bool {
		one, ok := first[g.key()]
		if !ok {
			first[g.key()] = g
			return false
		}
		if one.equal == nil {
			alone := *one
			one.equal, one.following = []*group{&alone}, slices.Clone(one.following)
		}
		one.equal, one.following = append(one.equal, g), append(one.following, g.following...)
		return true
	})
	for _, g := range first {
		if g.equal != nil {
			slices.SortStableFunc(g.following, compareFollowing)
		}
	}
	return groups
}

// compareFollowing orders consequences as the report does.
func compareFollowing(a, b *health.Finding) int {
	if a.State != b.State {
		return cmp.Compare(a.State, b.State) // firing before pending
	}
	return cmp.Compare(severityRank(string(a.Severity)), severityRank(string(b.Severity)))
}

// causes are root causes, or groups of equal ones.
type causes []finding

// Total returns the number of root causes in all groups.
func (c causes) Total() int {
	n := 0
	for i := range c {
		n += max(1, c[i].Count)
	}
	return n
}

// expiries are findings about something that expires, soonest first.
type expiries struct {
	All   causes
	Marks []expiry
}

// Listed returns the expiries that are shown without a click.
func (e expiries) Listed() causes { return e.All[:min(len(e.All), maxListed)] }

// Rest returns the expiries that Listed does not return.
func (e expiries) Rest() causes { return e.All[len(e.Listed()):] }

// expiry is a mark on the timeline. X is its position in per mille of the length.
type expiry struct {
	ID, Worst, Text string
	X               int
}

// add inserts a finding, or several equal ones. Marks outside the timeline are drawn at its beginning or end.
func (e *expiries) add(f finding, now time.Time) {
	at := slices.IndexFunc(e.All, func(other finding) bool { return f.ends.Before(*other.ends) })
	if at < 0 {
		at = len(e.All)
	}
	e.All = slices.Insert(e.All, at, f)
	marked := f.Equal
	if len(marked) == 0 {
		marked = []finding{f}
	}
	for _, one := range marked[:min(len(marked), maxMarks-len(e.Marks))] {
		x := int(1000 * one.ends.Sub(now).Hours() / (24 * timelineDays))
		e.Marks = append(e.Marks, expiry{ID: one.ID, Worst: f.Worst, Text: one.Ends, X: min(max(0, x), 1000)})
	}
	slices.SortStableFunc(e.Marks, func(a, b expiry) int { return cmp.Compare(a.X, b.X) })
}

// endText returns how long from now something ends or has ended.
func endText(end *time.Time, now time.Time) string {
	switch {
	case end == nil:
		return ""
	case end.Before(now):
		return "expired " + render.Age(now.Sub(*end)) + " ago"
	}
	return "expires in " + render.Age(end.Sub(now))
}

// webOnly returns the URL if its scheme is http or https, else an empty string.
func webOnly(url string) string {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return url
	}
	return ""
}
