// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package render writes a health report as a table for a terminal, as Markdown and as HTML.
package render

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// branch is the prefix of the consequences of a root cause.
const branch = "  └ "

// maxFollowing is the maximum number of consequences that are shown for a root cause.
const maxFollowing = 10

// TableOptions are the options of a table.
type TableOptions struct {
	// Terminal reports whether the table is for a terminal that can be cleared.
	Terminal bool
	Colour   bool
	// Wide shows all consequences of a root cause, and the rules that were not evaluated.
	Wide bool
	// Width is the width of the terminal; 0 means no limit.
	Width int
}

// following returns the number of consequences to show for a root cause. For an unreachable cluster, none are shown,
// because all of its findings are consequences.
func (o TableOptions) following(c Cause) int {
	switch {
	case o.Wide:
		return len(c.Following)
	case c.Rule == "FleetClusterDown":
		return 0
	}
	return min(len(c.Following), maxFollowing)
}

// Cause is a root cause with its consequences.
type Cause struct {
	health.Finding

	Following []health.Finding
}

// IsPending reports whether the cause and all of its consequences are pending.
func (c Cause) IsPending() bool {
	pending := func(f health.Finding) bool { return f.State == health.Pending }
	return pending(c.Finding) && !slices.ContainsFunc(c.Following, func(f health.Finding) bool { return !pending(f) })
}

// Causes groups the findings by root cause, in the order of the report.
func Causes(r health.Report) []Cause {
	causes := 0
	for i := range r.Findings {
		if r.Findings[i].RootCause == "" {
			causes++
		}
	}
	out, at := make([]Cause, 0, causes), make(map[string]int, causes)
	for _, f := range r.Findings {
		i, ok := at[f.RootCause]
		if f.RootCause == "" || !ok {
			at[f.ID] = len(out)
			out = append(out, Cause{Finding: f})
			continue
		}
		out[i].Following = append(out[i].Following, f)
	}
	return out
}

// Table writes the matrix, then the findings.
func Table(w io.Writer, r health.Report, o TableOptions) error {
	t := table{w: bufio.NewWriter(w), TableOptions: o, now: r.GeneratedAt, linked: map[string]bool{}}
	t.matrix(r)
	all := Causes(r)
	firing := slices.DeleteFunc(slices.Clone(all), Cause.IsPending)
	pending := slices.DeleteFunc(slices.Clone(all), func(c Cause) bool { return !c.IsPending() })
	t.findings("", firing)
	t.findings("Pending", pending)
	if len(all) == 0 {
		t.line("\nNo rule found a problem.")
	}
	t.notEvaluated(r.NotEvaluated)
	if r.Partial {
		t.line("\nThis report covers one shard only.")
	}
	return t.w.Flush()
}

// maxNotEvaluated is the maximum number of rules that are listed as not evaluated.
const maxNotEvaluated = 5

func (t *table) notEvaluated(rules []health.NotEvaluated) {
	if len(rules) == 0 {
		return
	}
	text := fmt.Sprintf("%d rules, most of which need Prometheus; -o wide names them", len(rules))
	if len(rules) <= maxNotEvaluated || t.Wide {
		names := make([]string, len(rules))
		for i, r := range rules {
			names[i] = r.Rule
		}
		text = strings.Join(names, ", ")
	}
	t.line("\n" + t.paint(faint, "Not evaluated: "+clean(text)))
}

type table struct {
	TableOptions

	w      *bufio.Writer
	now    time.Time
	linked map[string]bool // playbooks whose link is already printed
}

const (
	red, yellow, green, magenta, faint, bold = "31", "33", "32", "35", "2", "1"
)

func colour(v health.Verdict) string {
	switch v {
	case health.Down:
		return red
	case health.Degraded:
		return yellow
	case health.Unknown:
		return magenta
	case health.OK:
		return green
	}
	return faint
}

func (t *table) paint(code, s string) string {
	if !t.Colour || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *table) line(s string) { _, _ = t.w.WriteString(s + "\n") }

func (t *table) findings(title string, all []Cause) {
	if len(all) == 0 {
		return
	}
	t.line("")
	if title != "" {
		t.line(t.paint(bold, title))
	}
	name, where, object := 0, 0, 0
	for _, c := range all {
		name = max(name, width(c.Rule))
		where = max(where, width(place(c.Finding)))
		object = max(object, width(clean(c.Object.String())))
		for _, f := range c.Following[:t.following(c)] {
			name = max(name, width(f.Rule)+width(branch))
			where = max(where, width(place(f)))
			object = max(object, width(clean(f.Object.String())))
		}
	}
	for _, c := range all {
		t.finding("", c.Finding, name, where, object)
		shown := t.following(c)
		for _, f := range c.Following[:shown] {
			t.finding(branch, f, name-width(branch), where, object)
		}
		if more := len(c.Following) - shown; more > 0 {
			t.line(t.paint(faint, fmt.Sprintf("%sand %d more", branch, more)))
		}
	}
}

func severity(s alerts.Severity) (code string) {
	switch s {
	case alerts.Critical:
		return red
	case alerts.Warning:
		return yellow
	}
	return faint
}

// place returns the affected cluster and, if it differs, the cluster of the object.
func place(f health.Finding) string {
	if home := f.Labels["cluster"]; home != "" && f.Cluster != "" && home != f.Cluster {
		return clean(f.Cluster + " via " + home)
	}
	return clean(f.Cluster)
}

// finding writes a line with the facts, or two lines on a narrow terminal. For a root cause, it
// also writes the summary and the playbook.
func (t *table) finding(indent string, f health.Finding, name, where, object int) {
	reason := cmp.Or(f.Reason, f.Labels["reason"])
	if reason != "" {
		reason = "  " + clean(reason)
	}
	facts := strings.TrimRight(fmt.Sprintf("%s  %s  %s  %s%s%s",
		pad(since(f, t.now), width("≥23h59m")), pad(f.Rule, name), pad(place(f), where), pad(clean(f.Object.String()), object), reason, flags(f)), " ")
	label := pad(string(f.Severity), len("critical"))
	margin := strings.Repeat(" ", width(indent)+len(label)+2)
	first := t.paint(faint, indent) + t.paint(severity(f.Severity), label) + "  "
	if t.Width <= 0 || width(margin)+width(facts) <= t.Width {
		t.line(first + facts)
	} else {
		for i, line := range wrap(clean(f.Object.String())+reason, t.Width-width(margin)) {
			if i > 0 {
				first = margin
			}
			t.line(first + line)
		}
		t.faint(margin, strings.TrimRight(f.Rule+"  "+since(f, t.now)+"  "+place(f)+flags(f), " "))
	}
	t.faint(margin, clean(f.Summary))
	if indent != "" && !t.Wide {
		return
	}
	for _, text := range changesBefore(f) {
		t.faint(margin, text)
	}
	if f.Playbook != "" && indent == "" && !t.linked[f.Playbook] {
		t.linked[f.Playbook] = true
		t.line(t.paint(faint, margin+clean(f.Playbook)))
	}
}

// faint writes a text below a margin, in lines that fit.
func (t *table) faint(margin, text string) {
	for _, line := range wrap(text, t.Width-width(margin)) {
		t.line(t.paint(faint, margin+line))
	}
}

// wrap breaks a text between words into lines of n columns; 0 means no limit.
func wrap(text string, n int) []string {
	if text == "" || n < 20 {
		return slices.DeleteFunc([]string{text}, func(s string) bool { return s == "" })
	}
	var lines []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		if line != "" && width(line)+1+width(word) > n {
			lines, line = append(lines, strings.TrimRight(line, " ")), ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
	}
	return append(lines, line)
}

func flags(f health.Finding) string {
	s := ""
	if f.Stale {
		s += "  (stale)"
	}
	if f.Silenced {
		s += "  (silenced)"
	}
	return s
}

func width(s string) int { return utf8.RuneCountInString(s) }

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }

// clean sanitizes text from objects: it returns one line without control characters and without
// characters that change the direction of text.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '\uFFFD'
		}
		return c
	}, s)
}

// since returns the age of a finding, with ≥ if the problem may be older.
func since(f health.Finding, now time.Time) string {
	switch {
	case !f.Since.Before(now):
		return "-"
	case f.SinceAtLeast:
		return "≥" + Age(now.Sub(f.Since))
	}
	return Age(now.Sub(f.Since))
}

// Age returns a duration in its two largest units.
func Age(d time.Duration) string {
	const day = 24 * time.Hour
	switch d = max(0, d); {
	case d >= 100*day:
		return fmt.Sprintf("%dd", d/day)
	case d >= day:
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
