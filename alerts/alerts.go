// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package alerts is the catalogue of rules. Each rule defines a failure, its severity and its
// possible causes. Prometheus gets the rules as files, and the health report evaluates the same
// rules over the rows of the exporter, so that both agree.
//
// Facts that depend on several objects are joins of rows in the rules, not in the exporter, so that
// they also work when several exporters provide the rows. Expressions do not mention the labels of
// the scrape: [ExprFor] aggregates over them, so that two replicas count as one exporter.
package alerts

import (
	"slices"
	"time"
)

// Severity is the severity of a finding. With critical, the verdict on the system is down, with
// warning degraded, and with info it stays ok.
type Severity string

// The severities by which Greenhouse routes alerts.
const (
	Critical Severity = "critical"
	Warning  Severity = "warning"
	Info     Severity = "info"
)

// Rule is an alerting rule. Rules with the same name have the same severity.
type Rule struct {
	Name     string
	System   System
	Severity Severity
	// Why is the reason for the severity; see [Description.Why].
	Why string
	// Expr is PromQL over instant vectors, without range, offset or subquery, unless PrometheusOnly
	// is set. Its result has the label cluster, and no label that changes while the problem stays
	// the same, such as a reason or a revision.
	Expr string
	// Threshold is the number in Expr that an installation can change; nil if there is none.
	Threshold *Threshold
	// For only dampens flapping. Tolerances are part of the expression.
	For time.Duration
	// KeepFiringFor bridges withdrawn rows, which are not a recovery. In the catalogue it is at
	// least two minutes, for a restart of the exporter, and at least as long as for any
	// consequence. Otherwise, consequences would be sent after the cause has ended and before they
	// end themselves.
	KeepFiringFor time.Duration
	// Bridge is KeepFiringFor as declared. It is long enough for the report, which marks resolved
	// findings.
	Bridge time.Duration
	// Since is PromQL with the same labels. Its value is the onset in seconds since the epoch. By
	// default, the report uses the time at which the exporter first saw the problem. A label onset
	// with another value than exact means that the problem began then or earlier.
	Since string
	// Reason is PromQL with the same labels and a label reason. The reason is not a label of the
	// alert, because it may change during the alert; it is appended to the summary.
	Reason string
	// Object identifies the object of the alert. An annotation of the object can turn the alert off, see [Rule.Query].
	Object Object
	// Summary is one line. Description contains the consequences and the next step. Both are
	// templates of Prometheus.
	Summary, Description string
	// PrometheusOnly marks a rule that needs a history or metrics of other exporters. The report lists
	// it as not evaluated.
	PrometheusOnly bool
	InhibitedBy    []Inhibition

	declared texts
	owned    bool
	// labels, playbooks and dashboards are settings of an [Installation].
	labels                map[string]string
	playbooks, dashboards string
	// clusters limits the rule to some clusters.
	clusters clusterLimit
}

// Object identifies the object of an alert. Each field is a template; a field without a placeholder
// is the same for all alerts.
type Object struct{ Kind, Namespace, Name string }

// Inhibition declares an alert as a consequence of another alert if both have the same values of the
// labels in Equal. These labels must not be empty.
type Inhibition struct {
	By    string // name of a rule
	Equal []string
}

// Recording is an expression that rules and dashboards share. Its name contains colons.
type Recording struct {
	Name, Expr string
	// PrometheusOnly marks a recording that only rules for Prometheus use.
	PrometheusOnly bool
}

// Group contains the rules about a system or about a part of it. Recordings are evaluated first.
type Group struct {
	Name string
	// Title and Text introduce the group in docs/alerts.md.
	Title, Text string
	Recordings  []Recording
	Rules       []Rule
}

// Catalogue returns all rules.
func Catalogue() []Group { return CatalogueFor(Setup{}) }

// restart is the time for which rows may be missing after a restart of the exporter. Alerts keep firing for at least
// this time.
const restart = 2 * time.Minute

// CatalogueFor returns the catalogue for an installation with a setup.
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

// extendCauses makes causes keep firing for at least as long as their consequences, in every variant of a rule.
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

// Rules returns the alerting rules of the catalogue.
func Rules() []Rule {
	var rules []Rule
	for _, g := range Catalogue() {
		rules = append(rules, g.Rules...)
	}
	return rules
}

// Names returns the sorted names of all rules.
func Names() []string {
	var names []string
	for _, r := range Rules() {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}
