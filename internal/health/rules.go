// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// rule is an alert, ready to be evaluated.
type rule struct {
	name          string
	system        alerts.System
	severity      alerts.Severity
	holdFor       time.Duration
	keepFiringFor time.Duration
	inhibitedBy   []alerts.Inhibition
	playbook      string
	commands      func() []alerts.Command // read from the playbook when there is a finding
	ends          bool                    // the value is the remaining time in seconds
	dashboard     func(labels map[string]string) string

	expr, since, reason query
	// labels are added to the labels of the result.
	labels map[string]*textTemplate
	// clusterLabel is the name of the cluster label in the templates of user rules.
	clusterLabel         string
	object               [3]*textTemplate // kind, namespace, name
	aboutObject          bool
	summary, description *textTemplate
}

// variables returns the values that a template may use.
func (r *rule) variables(l labels.Labels) map[string]string {
	m := l.Map()
	if r.clusterLabel != "" {
		m[r.clusterLabel] = m[clusterLabel]
	}
	return m
}

// recording is a recording rule, ready to be evaluated.
type recording struct {
	name   string
	expr   query
	labels map[string]string
}

// query is an expression with its selections.
type query struct {
	source string // as declared; empty if there is no query
	text   string // as evaluated: each selector has a matcher with the name of its selection
	expr   parser.Expr
	// selections are the indexes of the selections of its selectors.
	selections []int
	// clock means that the result may change with time even if no row changes.
	clock     bool
	separable bool
}

// NotEvaluated is a rule that is not evaluated, with the reason.
type NotEvaluated struct {
	Rule   string `json:"rule" jsonschema_description:"Name of the rule."`
	Reason string `json:"reason" jsonschema_description:"Why it is not evaluated."`
}

// Rules selects the rules that are evaluated.
type Rules struct {
	// Groups are the groups of the catalogue.
	Groups []alerts.Group
	// User are the groups of the user's rule files.
	User []UserGroup
	// Installation has the changes to the catalogue.
	Installation alerts.Installation
}

// compiler compiles the rules that can be evaluated and collects those that cannot.
type compiler struct {
	store     *store
	templates *templateCache
	// known reports whether the exporter has a metric.
	known        func(metric string) bool
	clusterLabel string

	declared   map[string]func() error // functions that prepare a recording, by its name
	used       map[string]bool         // prepared recordings
	recordings []*recording
	rules      []*rule
	// refused are systems with rules that cannot be evaluated.
	refused      map[alerts.System]bool
	notEvaluated []NotEvaluated
}

func (c *compiler) compile(r Rules) error {
	for _, g := range r.Groups {
		for _, rec := range g.Recordings {
			if rec.PrometheusOnly {
				continue
			}
			if err := c.declareRecording(rec.Name, rec.Expr, nil); err != nil {
				return err
			}
		}
	}
	for _, name := range r.Installation.Disabled {
		c.skip(name, "disabled in the configuration")
	}
	for _, g := range r.Installation.Apply(r.Groups) {
		for _, a := range g.Rules {
			if err := c.compileRule(a); err != nil {
				return err
			}
		}
	}
	for _, g := range r.User {
		for _, u := range g.Rules {
			if err := c.compileUserRule(u); err != nil {
				return err
			}
		}
	}
	return nil
}

// systemsWithoutRules returns the systems without any rule that can be evaluated, because the metrics that the rules need
// are not exported.
func (c *compiler) systemsWithoutRules() map[alerts.System]bool {
	out := maps.Clone(c.refused)
	for _, r := range c.rules {
		delete(out, r.system)
	}
	return out
}

func (c *compiler) skip(rule, format string, args ...any) {
	c.notEvaluated = append(c.notEvaluated, NotEvaluated{Rule: rule, Reason: fmt.Sprintf(format, args...)})
}

func (c *compiler) compileRule(a alerts.Rule) error {
	if a.PrometheusOnly {
		c.skip(a.Name, "needs metrics or a history that only Prometheus has")
		return nil
	}
	r := &rule{
		name: a.Name, system: a.System, severity: a.Severity, holdFor: a.For, keepFiringFor: a.Bridge, inhibitedBy: a.InhibitedBy,
		playbook: a.Playbook(), commands: sync.OnceValue(a.Commands), ends: a.Ends(), dashboard: a.DashboardAt,
		labels: map[string]*textTemplate{},
	}
	for label, text := range a.AdditionalLabels() {
		r.labels[label] = c.templates.parse(text)
	}
	r.object = [3]*textTemplate{c.templates.parse(a.Object.Kind), c.templates.parse(a.Object.Namespace), c.templates.parse(a.Object.Name)}
	r.aboutObject = a.AboutObject()
	r.summary, r.description = c.templates.parse(a.Summary), c.templates.parse(a.Description)
	var err error
	var why string
	expr := a.QueryOfAll()
	if c.known(alerts.ObjectAlertsDisabled) {
		expr = a.Query()
	}
	if r.expr, why, err = c.compileQuery(expr, true); err != nil || why != "" {
		c.refused[a.System] = true
		return c.refuse(a.Name, why, err)
	}
	if a.Since != "" {
		if r.since, why, err = c.compileQuery(a.Since, false); err != nil || why != "" {
			return c.refuse(a.Name, why, err)
		}
	}
	if a.Reason != "" {
		if r.reason, why, err = c.compileQuery(a.Reason, true); err != nil || why != "" {
			return c.refuse(a.Name, why, err)
		}
	}
	c.rules = append(c.rules, r)
	return nil
}

// declareRecording declares a recording. It is evaluated only if an evaluated rule selects it.
func (c *compiler) declareRecording(name, expr string, more map[string]string) error {
	parsed, err := alerts.Parse(expr)
	why := ""
	if err == nil {
		why = c.unsupportedReason(parsed)
	}
	if err != nil || why != "" {
		return c.refuse(name, why, err)
	}
	c.declared[name] = func() error {
		q, _, err := c.compileQuery(expr, true)
		c.recordings = append(c.recordings, &recording{name: name, expr: q, labels: more})
		return err
	}
	return nil
}

// prepareRecordings prepares the recordings that an expression selects.
func (c *compiler) prepareRecordings(e parser.Expr) (err error) {
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		v, ok := n.(*parser.VectorSelector)
		if !ok || c.declared[v.Name] == nil || c.used[v.Name] {
			return nil
		}
		c.used[v.Name], c.store.derived[v.Name] = true, true
		err = cmp.Or(err, c.declared[v.Name]())
		return nil
	})
	return err
}

func (c *compiler) refuse(name, why string, err error) error {
	if err != nil {
		return fmt.Errorf("rule %s: %w", name, err)
	}
	c.skip(name, "%s", why)
	return nil
}

// compileQuery compiles an expression, or returns the reason why it cannot be evaluated. If urgent is set, a change of its
// rows triggers an evaluation; otherwise the change has an effect in the next evaluation.
func (c *compiler) compileQuery(expr string, urgent bool) (q query, why string, err error) {
	parsed, err := alerts.Parse(expr)
	if err != nil {
		return query{}, "", err
	}
	if why := c.unsupportedReason(parsed); why != "" {
		return query{}, why, nil
	}
	if err := c.prepareRecordings(parsed); err != nil {
		return query{}, "", err
	}
	used, settled := c.store.addSelections(parsed, urgent)
	return query{source: expr, text: parsed.String(), expr: parsed, selections: used, clock: dependsOnTime(parsed, settled),
		separable: separable(parsed)}, "", nil
}

// unsupportedReason returns the reason why an expression cannot be evaluated over the rows of a single moment.
func (c *compiler) unsupportedReason(e parser.Expr) string {
	why := ""
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.MatrixSelector, *parser.SubqueryExpr:
			why = "needs a history: it has a range"
		case *parser.VectorSelector:
			switch {
			case n.OriginalOffset != 0 || n.OriginalOffsetExpr != nil || n.Timestamp != nil || n.StartOrEnd != 0:
				why = "needs a history: it has an offset or a fixed time"
			case why != "":
			case n.Name == "":
				why = "selects metrics by a pattern of their names"
			case !c.known(n.Name) && c.declared[n.Name] == nil:
				why = fmt.Sprintf("the exporter does not have the metric %s, or metrics.include leaves it out", n.Name)
			}
		}
		return nil
	})
	return why
}

// usesClock reports whether the result of an expression may change with time even if its rows do not change.
func usesClock(e parser.Expr) bool { return dependsOnTime(e, nil) }

// isClock reports whether a node is a function of the time.
func isClock(n parser.Node) bool {
	call, ok := n.(*parser.Call)
	if !ok {
		return false
	}
	switch name := call.Func.Name; name {
	case "time", "timestamp", "now":
		return true
	default:
		return len(call.Args) == 0 && strings.Contains("minute hour month year days_in_month day_of_month day_of_week day_of_year", name)
	}
}
