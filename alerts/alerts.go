// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package alerts is the catalogue of rules: what counts as broken, how bad it is and
// what it follows from. Prometheus gets it as files, the health report evaluates the
// same rules over the rows of the exporter, so the two cannot disagree.
//
// What follows from several objects is a join of rows here, not in the exporter, so
// that it also holds when the rows come from several of them. Expressions are
// written without regard to who scrapes: [Rule.ExprFor] takes the labels of the
// scrape away, so that two replicas are one.
package alerts

import (
	"slices"
	"time"
)

// Severity is how bad a finding is: critical makes a system down, warning makes it
// degraded, info leaves it ok.
type Severity string

// The severities, as Greenhouse routes them.
const (
	Critical Severity = "critical"
	Warning  Severity = "warning"
	Info     Severity = "info"
)

// Rule is one alert. The same name never has two severities.
type Rule struct {
	Name     string
	System   System
	Severity Severity
	// Why is the reason for the severity; see [Description.Why].
	Why string
	// Expr is PromQL over instant vectors: no range, offset or subquery, unless
	// Prometheus only. It keeps the label cluster, and no label that churns while
	// the trouble stays the same (a reason, a revision).
	Expr string
	// Threshold is the number in Expr that an installation may want to be another one;
	// nil if there is none.
	Threshold *Threshold
	// For only damps flapping: tolerance belongs into the expression.
	For time.Duration
	// KeepFiringFor bridges a withdrawal of rows, which is no recovery. In the catalogue
	// it is at least two minutes, for a restart of the exporter, and as long as that of any
	// consequence: or these would be sent when the cause is over, before they are themselves.
	KeepFiringFor time.Duration
	// Bridge is KeepFiringFor as declared. The report needs no longer time: it marks resolved findings
	// as such.
	Bridge time.Duration
	// Since is PromQL with the same labels whose value is since when it has been
	// like this, in seconds since the epoch. Without it the report takes the moment
	// in which the exporter saw it first.
	// A label onset that is not exact means that it began then or earlier.
	Since string
	// Reason is PromQL with the same labels and a label reason. The value of the label may
	// churn, so it is no label of the alert: it follows the summary.
	Reason string
	// Object may have an annotation that turns the alert off, see [Rule.Query].
	Object Object
	// Summary is one line. Description has the consequences and the next step. Both are templates of
	// Prometheus.
	Summary, Description string
	// PrometheusOnly marks a rule that needs metrics or a history that only Prometheus has. The report
	// lists it as not evaluated.
	PrometheusOnly bool
	InhibitedBy    []Inhibition

	declared texts
	owned    bool
	// labels, playbooks and dashboards are those of an [Installation].
	labels                map[string]string
	playbooks, dashboards string
	// clusters are those that the rule is for.
	clusters clusterLimit
}

// Object names what an alert is about. Each field is a template; one without a
// placeholder is the same for all.
type Object struct{ Kind, Namespace, Name string }

// Inhibition declares an alert as a consequence of another one, if the labels in Equal have the same
// values in both. None of these is ever empty.
type Inhibition struct {
	By    string // name of a rule
	Equal []string
}

// Recording is an expression that rules and dashboards share, under a name with
// colons.
type Recording struct {
	Name, Expr string
	// PrometheusOnly reports whether only rules for Prometheus use the recording, not the report.
	PrometheusOnly bool
}

// Group is the rules about one system, or about a part of one. Recordings are evaluated
// first.
type Group struct {
	Name string
	// Title and Text introduce the group in docs/alerts.md.
	Title, Text string
	Recordings  []Recording
	Rules       []Rule
}

// Catalogue is every rule there is.
func Catalogue() []Group { return CatalogueFor(Setup{}) }

// restart is how long an exporter that starts anew has no rows, at least: no alert ends by that.
const restart = 2 * time.Minute

// CatalogueFor is the catalogue of an installation with this setup.
func CatalogueFor(setup Setup) []Group {
	var groups []Group
	for _, d := range Descriptions() {
		groups = append(groups, d.Groups()...)
	}
	why := whySeverity()
	for _, g := range groups {
		for i, r := range g.Rules {
			r.Bridge, r.Expr, r.Why = r.KeepFiringFor, setup.apply(r.Expr), why[r.Name]
			r.KeepFiringFor = max(r.KeepFiringFor, restart)
			g.Rules[i] = r.withDefault()
		}
	}
	extendCauses(groups)
	return groups
}

// extendCauses makes causes fire for as long as what follows from them, in every variant of a rule.
func extendCauses(groups []Group) {
	rules := map[string][]*Rule{}
	for _, g := range groups {
		for i, r := range g.Rules {
			rules[r.Name] = append(rules[r.Name], &g.Rules[i])
		}
	}
	longest := func(variants []*Rule) (d time.Duration) {
		for _, r := range variants {
			d = max(d, r.KeepFiringFor)
		}
		return d
	}
	for changed := true; changed; {
		changed = false
		for _, variants := range rules {
			least := longest(variants)
			for _, in := range variants[0].InhibitedBy {
				for _, by := range rules[in.By] {
					if by.KeepFiringFor < least {
						by.KeepFiringFor, changed = least, true
					}
				}
			}
		}
	}
}

// Rules are the alerts of the catalogue.
func Rules() []Rule {
	var rules []Rule
	for _, g := range Catalogue() {
		rules = append(rules, g.Rules...)
	}
	return rules
}

// Names are those of all rules, sorted.
func Names() []string {
	var names []string
	for _, r := range Rules() {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}
