// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

var (
	//go:embed alerts_introduction.md
	alertsIntroduction string
	// This text is written by hand, because the rules of other projects are not in this code.
	//go:embed alerts_comparison.md
	alertsComparison string
)

// alertsPage returns docs/alerts.md.
func alertsPage() ([]byte, error) {
	for _, name := range codeWord.FindAllStringSubmatch(alertsComparison, -1) {
		if !slices.Contains(alerts.Names(), name[1]) {
			return nil, fmt.Errorf("docs/alerts.md: the comparison names %s, which is no alert", name[1])
		}
	}
	var b bytes.Buffer
	b.WriteString("# Alerts\n\n" + generated)
	b.WriteString(strings.ReplaceAll(withoutLicence(alertsIntroduction), "{systems}", systemList()))
	for _, g := range alerts.Catalogue() {
		_, _ = fmt.Fprintf(&b, "\n### %s\n\n", g.Title)
		if g.Text != "" {
			b.WriteString(g.Text + "\n\n")
		}
		b.WriteString("| alert | severity | for | what |\n|---|---|---|---|\n")
		for _, r := range g.Rules {
			alertRow(&b, r)
		}
		causeList(&b, g.Rules)
	}
	severityTable(&b)
	thresholdTable(&b)
	if err := recordingTable(&b); err != nil {
		return nil, err
	}
	b.WriteString("\n" + withoutLicence(alertsComparison))
	return b.Bytes(), nil
}

// systemList returns the names of all systems in backquotes.
func systemList() string {
	var names []string
	for _, s := range alerts.Systems() {
		names = append(names, "`"+string(s)+"`")
	}
	return strings.Join(names, ", ")
}

func alertRow(b *bytes.Buffer, r alerts.Rule) {
	name := "`" + r.Name + "`"
	if r.Playbook() != "" {
		name = "[" + name + "](../alerts/playbooks/" + r.PlaybookFile() + ")"
	}
	what := inWords(r.Summary)
	if r.PrometheusOnly {
		what += " (Prometheus only)"
	}
	_, _ = fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, r.Severity, model.Duration(r.For.Round(time.Second)), what)
}

// causeList writes the causes of each alert, grouped by equal causes.
func causeList(b *bytes.Buffer, rules []alerts.Rule) {
	var order []string
	by := map[string][]string{}
	for _, r := range rules {
		c := causes(r)
		if c == "" {
			continue
		}
		if by[c] == nil {
			order = append(order, c)
		}
		by[c] = append(by[c], "`"+r.Name+"`")
	}
	if len(order) > 0 {
		b.WriteString("\nConsequences and their causes:\n\n")
	}
	for _, c := range order {
		b.WriteString(folded("* " + strings.Join(by[c], ", ") + ": from " + c))
	}
}

// folded breaks an element of a list into lines.
func folded(text string) string {
	const columns = 140
	var b strings.Builder
	n := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case n == 0:
		case n+1+len(word) > columns:
			b.WriteString("\n  ")
			n = len("  ")
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += len(word)
	}
	return b.String() + "\n"
}

var (
	templatedLabel = regexp.MustCompile(`\{\{ \$labels\.(\w+) \}\}`)
	templatedIf    = regexp.MustCompile(`\{\{ if [^}]*\}\}(.*?)\{\{ else \}\}.*?\{\{ end \}\}`)
	templatedWith  = regexp.MustCompile(`\{\{ with \$labels\.(\w+) \}\}(.*?)\{\{ \. \}\}(.*?)\{\{ end \}\}`)
	templatedMore  = regexp.MustCompile(`\{\{ if [^}]*\}\}.*?\{\{ end \}\}`)
	templatedValue = regexp.MustCompile(`\{\{ \$value[^}]*\}\}`)
	codeWord       = regexp.MustCompile("`([A-Z][A-Za-z]+)`")
	licenceComment = regexp.MustCompile(`(?s)\A<!--.*?-->\n+`)
)

// inWords returns the text of a template with names of labels in place of their values, and with
// the first branch of each condition.
func inWords(template string) string {
	template = templatedWith.ReplaceAllString(template, "$2*$1*$3")
	template = templatedMore.ReplaceAllString(templatedIf.ReplaceAllString(template, "$1"), "")
	return templatedValue.ReplaceAllString(templatedLabel.ReplaceAllString(template, "*$1*"), "*value*")
}

func withoutLicence(text string) string { return licenceComment.ReplaceAllString(text, "") }

// causes returns the alerts that may be the cause of an alert, by their common labels.
func causes(r alerts.Rule) string {
	var order []string
	by := map[string][]string{}
	for _, i := range r.InhibitedBy {
		equal := strings.Join(i.Equal, ", ")
		if by[equal] == nil {
			order = append(order, equal)
		}
		by[equal] = append(by[equal], "`"+i.By+"`")
	}
	// The cluster is last, because nearly all alerts share it with their causes.
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(fromCluster(a), fromCluster(b)) })
	var parts []string
	for _, equal := range order {
		parts = append(parts, strings.Join(by[equal], ", ")+" (*"+equal+"*)")
	}
	return strings.Join(parts, "; ")
}

func fromCluster(equal string) int {
	return slices.Index([]string{"cluster", "target_cluster"}, equal)
}

// severityTable returns a table with the reason for the severity of each rule.
func severityTable(b *bytes.Buffer) {
	b.WriteString(reasons)
	for _, r := range alerts.Rules() {
		_, _ = fmt.Fprintf(b, "| `%s` | %s | %s |\n", r.Name, r.Severity, r.Why)
	}
}

const reasons = `
## Reasons for severities

Critical means that users are hurt now or within hours, and that a human can do something about it now. What expires is critical from three
days before its end if it renews itself, and from a week if it is a CA.

| alert | severity | why |
|---|---|---|
`

func thresholdTable(b *bytes.Buffer) {
	b.WriteString(thresholds)
	for _, r := range alerts.Rules() {
		if t := r.Threshold; t != nil {
			_, _ = fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", r.Name, strconv.FormatFloat(t.Default, 'f', -1, 64), t.Unit, t.Meaning)
		}
	}
}

const thresholds = `
## Thresholds

These alerts have a number that an installation may set: the key ` + "`threshold`" + ` of [rules.overrides](#changing-a-rule).

| alert | default | unit | what |
|---|---|---|---|
`

func recordingTable(b *bytes.Buffer) error {
	b.WriteString("\n## Recordings\n\nExpressions that rules and dashboards share. They are in the same files, before the rules that use them. " +
		"An age (`:age`) is in seconds, and +Inf for problems that are reported at once.\n\n| recording | made of |\n|---|---|\n")
	for _, g := range alerts.Catalogue() {
		for _, r := range g.Recordings {
			e, err := alerts.Parse(r.Expr)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(b, "| `%s` | `%s` |\n", r.Name, strings.Join(alerts.Metrics(e), "`, `"))
		}
	}
	return nil
}
