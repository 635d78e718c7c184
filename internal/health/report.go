// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
)

// Report contains the problems in the fleet and their causes. As JSON, it is the response of /api/v1/report.
type Report struct {
	GeneratedAt time.Time `json:"generatedAt" jsonschema_description:"When the rules were evaluated."`
	AgeSeconds  float64   `json:"ageSeconds" jsonschema_description:"Seconds since the evaluation of the rules. More than two evaluation intervals mean that the exporter is overloaded."`
	Verdict     Verdict   `json:"verdict" jsonschema_description:"The worst verdict of all systems in all clusters."`
	Partial     bool      `json:"partial" jsonschema_description:"Whether this exporter is a shard: the other shards have the rest of the fleet."`
	// Systems has the verdicts over all clusters.
	Systems  []SystemVerdict `json:"systems" jsonschema_description:"The worst verdict of each system over all clusters."`
	Clusters []Cluster       `json:"clusters" jsonschema_description:"The clusters of the fleet, by name."`
	Findings []Finding       `json:"findings" jsonschema_description:"Problems: root causes first, ordered by their worst consequence."`
	// Total and Next are set if the report has several pages.
	Total        int            `json:"total,omitempty" jsonschema_description:"Number of findings on all pages; absent if there is only one page."`
	Next         string         `json:"next,omitempty" jsonschema_description:"Value of the parameter next for the next page; absent on the last page."`
	NotEvaluated []NotEvaluated `json:"notEvaluated" jsonschema_description:"Rules that were not evaluated for this report."`
}

// Cluster is a row of the matrix.
type Cluster struct {
	Name    string          `json:"name"`
	Role    string          `json:"role"`
	Verdict Verdict         `json:"verdict" jsonschema_description:"The worst verdict of its systems. If the cluster cannot be reached, it is down, and its systems are unknown."`
	Systems []SystemVerdict `json:"systems"`
}

// SystemVerdict is a cell of the matrix.
type SystemVerdict struct {
	Name    alerts.System `json:"name"`
	Verdict Verdict       `json:"verdict"`
}

// Finding is an alert that is pending or firing.
type Finding struct {
	ID       string          `json:"id" jsonschema_description:"Identifies the rule and the labels; stable across evaluations and restarts."`
	Rule     string          `json:"rule"`
	Severity alerts.Severity `json:"severity" jsonschema:"enum=critical,enum=warning,enum=info"`
	State    State           `json:"state" jsonschema:"enum=pending,enum=firing"`
	// Cluster is the affected cluster. The cluster that contains the object is in the labels.
	Cluster     string            `json:"cluster" jsonschema_description:"The affected cluster. The label cluster has the cluster that contains the object. Empty if no cluster is affected."`
	System      alerts.System     `json:"system"`
	Object      Object            `json:"object"`
	Labels      map[string]string `json:"labels"`
	Summary     string            `json:"summary"`
	Description string            `json:"description"`
	Reason      string            `json:"reason" jsonschema_description:"The reason in the status of the object, such as BuildFailed; empty if unknown. It is part of the summary."`
	Since       time.Time         `json:"since"`
	// SinceAtLeast means that the problem may have begun before Since.
	SinceAtLeast bool   `json:"sinceAtLeast" jsonschema_description:"Whether the problem may have begun before the time in since."`
	RootCause    string `json:"rootCause" jsonschema_description:"The id of the root cause of this finding; empty if the finding is a root cause itself."`
	// ResolvedAt and KeptUntil are set while a resolved finding is kept.
	ResolvedAt *time.Time `json:"resolvedAt,omitempty" jsonschema_description:"When the finding ended. A finding that has ended is kept for some time in case it returns. It does not count for verdicts."`
	KeptUntil  *time.Time `json:"keptUntil,omitempty" jsonschema_description:"Time until which the ended finding is kept."`
	// ChangedBefore has the changes shortly before the onset, which are possible but not proven causes.
	ChangedBefore []changes.Change `json:"changedBefore,omitempty" jsonschema_description:"Changes in the affected cluster in the 15 minutes before the finding began, latest first: revisions, versions, leaders, deletions, suspensions."`
	Stale         bool             `json:"stale" jsonschema_description:"Whether the cluster cannot be reached, so that the finding shows its last known state."`
	Silenced      bool             `json:"silenced"`
	Playbook      string           `json:"playbook"`
	Command       string           `json:"command,omitempty" jsonschema_description:"The first command of the playbook, with the labels of the finding filled in; empty if it needs other values."`
	EndsAt        *time.Time       `json:"endsAt,omitempty" jsonschema_description:"Expiry of the certificate, token or similar that the finding is about; absent for other findings."`
	// Dashboard is used only in alerts.
	Dashboard string `json:"-"`
}

// Object is the object of a finding.
type Object struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// String returns the kind followed by namespace/name.
func (o Object) String() string {
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + name
	}
	return strings.TrimSpace(o.Kind + " " + name)
}

// Report returns the report of the latest evaluation. If there is none, it evaluates the rules.
func (e *Evaluator) Report(ctx context.Context) (Report, error) {
	res := e.latest.Load()
	if res == nil {
		err := e.Evaluate(ctx)
		if res = e.latest.Load(); res == nil {
			return Report{}, fmt.Errorf("no evaluation yet: %w", err)
		}
	}
	res.once.Do(func() { res.report = e.report(res) })
	r := res.report
	r.Findings = slices.Clone(r.Findings) // callers may mark the findings
	r.AgeSeconds = max(0, e.options.Now().Sub(res.at)).Truncate(time.Millisecond).Seconds()
	return r, nil
}

// LastEvaluation returns the time of the last evaluation, or zero if there was none.
func (e *Evaluator) LastEvaluation() time.Time {
	if res := e.latest.Load(); res != nil {
		return res.at
	}
	return time.Time{}
}

// Age returns the age of the report at the time at which it was requested.
func (r Report) Age() time.Duration { return time.Duration(r.AgeSeconds * float64(time.Second)) }

func (e *Evaluator) report(res *result) Report {
	r := Report{
		GeneratedAt: res.at.UTC(), Verdict: OK, Partial: e.options.Partial,
		Clusters: []Cluster{}, Findings: make([]Finding, 0, len(res.alerts)),
		NotEvaluated: append([]NotEvaluated{}, res.notEvaluated...),
	}
	for _, name := range res.facts.clusterNames() {
		c := Cluster{Name: name, Role: res.facts.clusters[name].role, Verdict: OK}
		for _, s := range e.systems {
			v := res.verdicts[cell{name, s}]
			c.Systems = append(c.Systems, SystemVerdict{s, v})
			c.Verdict = worseVerdict(c.Verdict, v)
		}
		r.Clusters = append(r.Clusters, c)
	}
	for _, a := range res.alerts {
		r.Findings = append(r.Findings, a.finding(res.at))
	}
	explainByChanges(e.options.Changes, r.Findings)
	sortFindings(r.Findings)
	slices.SortFunc(r.NotEvaluated, func(a, b NotEvaluated) int { return cmp.Compare(a.Rule, b.Rule) })
	for _, s := range e.systems {
		r.Systems = append(r.Systems, SystemVerdict{s, worseVerdict(Absent, res.verdicts[cell{"", s}])})
	}
	r.summarise()
	return r
}

// summarise computes the verdicts over all clusters from the verdicts of each cluster.
func (r *Report) summarise() {
	for i := range r.Systems {
		s := &r.Systems[i]
		for _, c := range r.Clusters {
			s.Verdict = worseVerdict(s.Verdict, c.VerdictOf(s.Name))
		}
		r.Verdict = worseVerdict(r.Verdict, s.Verdict)
	}
	if len(r.Clusters) == 0 {
		r.Verdict = worseVerdict(r.Verdict, Unknown)
	}
}

// VerdictOf returns the verdict of a system in the cluster.
func (c Cluster) VerdictOf(s alerts.System) Verdict {
	for _, v := range c.Systems {
		if v.Name == s {
			return v.Verdict
		}
	}
	return Absent
}

// markResolved marks the finding of a resolved alert.
func (f *Finding) markResolved(a *alert, now time.Time) {
	gone, until := a.gone.UTC(), a.gone.Add(a.rule.keepFiringFor).UTC()
	f.ResolvedAt, f.KeptUntil = &gone, &until
	f.Summary += fmt.Sprintf(" (resolved %s ago, kept until %s UTC)", model.Duration(now.Sub(gone).Round(time.Second)), until.Format(time.TimeOnly))
}

func (a *alert) finding(now time.Time) Finding {
	l := a.rule.variables(a.labels)
	f := Finding{
		ID: a.id(), Rule: a.rule.name, Severity: a.rule.severity, State: a.state, Cluster: a.targetCluster(), System: a.rule.system,
		Labels: a.labels.Map(), Stale: a.stale, Since: a.since.UTC(), Playbook: a.rule.playbook,
		Summary: a.summary(), Description: a.rule.description.expand(l, a.value),
		Object: a.object(), Reason: a.reason, SinceAtLeast: a.atLeast,
	}
	if a.rule.commands != nil { // user rules have no playbook
		f.Command = alerts.FirstCommand(a.rule.commands(), f.Labels)
	}
	if a.rule.ends && !now.IsZero() {
		at := now.Add(time.Duration(a.value * float64(time.Second))).UTC().Round(time.Minute)
		f.EndsAt = &at
	}
	if a.isResolved() {
		f.markResolved(a, now)
	}
	if a.rule.dashboard != nil {
		f.Dashboard = a.rule.dashboard(l)
	}
	maps.Copy(f.Labels, a.owner)
	if a.cause != nil {
		f.RootCause = a.cause.id()
	}
	return f
}

// summary returns the text with the object and, if known, the reason.
func (a *alert) summary() string { return a.summaryOf(a.value) }

func (a *alert) summaryOf(value float64) string {
	text := a.rule.summary.expand(a.rule.variables(a.labels), value)
	if a.reason != "" {
		text += ": " + a.reason
	}
	return text
}

func (a *alert) object() Object {
	l := a.rule.variables(a.labels)
	return Object{
		Kind: a.rule.object[0].expand(l, a.value), Namespace: a.rule.object[1].expand(l, a.value), Name: a.rule.object[2].expand(l, a.value),
	}
}

// sortFindings sorts findings by severity, then by age. Root causes come before their consequences and
// have the severity of their worst consequence. A pending cause of a firing finding counts as firing.
// Resolved findings come last.
func sortFindings(all []Finding) {
	rank := func(f Finding) int { return severityRank(f.Severity) }
	worst, causing := map[string]int{}, map[string]bool{} // by id
	for _, f := range all {
		worst[f.ID] = rank(f)
	}
	for _, f := range all {
		if at, ok := worst[f.RootCause]; ok && f.State == Firing {
			worst[f.RootCause], causing[f.RootCause] = min(at, rank(f)), true
		}
	}
	isPending := func(f Finding) bool { return f.State == Pending && !causing[f.ID] }
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(boolToInt(a.RootCause != ""), boolToInt(b.RootCause != "")),
			cmp.Compare(boolToInt(isPending(a)), boolToInt(isPending(b))),
			cmp.Compare(boolToInt(a.ResolvedAt != nil), boolToInt(b.ResolvedAt != nil)),
			cmp.Compare(worst[a.ID], worst[b.ID]),
			cmp.Compare(rank(a), rank(b)),
			a.Since.Compare(b.Since),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Object.String(), b.Object.String()),
			cmp.Compare(a.ID, b.ID),
		)
	})
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Filter selects a part of a report. Empty Clusters or Systems select all. Names that are not in the report are an error.
type Filter struct {
	Clusters, Systems []string
	// Severity is the minimum severity of the findings to keep. If empty, all are kept.
	Severity string
}

// Apply returns the selected part of a report. Its verdict is computed from the remaining clusters and systems. Root
// causes of remaining findings are kept, too.
func (f Filter) Apply(r Report) (Report, error) {
	for _, name := range f.Clusters {
		if !slices.ContainsFunc(r.Clusters, func(c Cluster) bool { return c.Name == name }) {
			return r, fmt.Errorf("there is no cluster %q in the fleet: use one of %s", name, clusterNames(r))
		}
	}
	for _, name := range f.Systems {
		if !slices.ContainsFunc(r.Systems, func(s SystemVerdict) bool { return string(s.Name) == name }) {
			return r, fmt.Errorf("there is no system %q, use one of %v", name, alerts.Systems())
		}
	}
	cluster := func(name string) bool { return len(f.Clusters) == 0 || slices.Contains(f.Clusters, name) }
	system := func(name alerts.System) bool {
		return len(f.Systems) == 0 || slices.Contains(f.Systems, string(name))
	}
	out := r
	out.Verdict, out.Clusters, out.Systems = OK, []Cluster{}, []SystemVerdict{}
	for _, s := range r.Systems {
		if system(s.Name) {
			if len(f.Clusters) > 0 {
				s.Verdict = Absent
			}
			out.Systems = append(out.Systems, s)
		}
	}
	for _, c := range r.Clusters {
		if !cluster(c.Name) {
			continue
		}
		c.Systems = slices.DeleteFunc(slices.Clone(c.Systems), func(s SystemVerdict) bool { return !system(s.Name) })
		c.Verdict = OK
		for _, s := range c.Systems {
			c.Verdict = worseVerdict(c.Verdict, s.Verdict)
		}
		out.Clusters = append(out.Clusters, c)
	}
	keep := map[string]bool{}
	for _, x := range r.Findings {
		if (cluster(x.Cluster) || cluster(x.Labels[clusterLabel])) && system(x.System) {
			keep[x.ID], keep[x.RootCause] = true, true
		}
	}
	out.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(x Finding) bool { return !keep[x.ID] })
	out.summarise()
	if len(f.Systems) > 0 && !slices.ContainsFunc(out.Clusters, Cluster.hasSystem) && len(out.Findings) == 0 {
		return r, fmt.Errorf("there is no %s in %s", strings.Join(f.Systems, ", "), cmp.Or(strings.Join(f.Clusters, ", "), "the fleet"))
	}
	return f.filterSeverity(out), nil
}

// hasSystem reports whether a system of the cluster is not absent.
func (c Cluster) hasSystem() bool {
	return slices.ContainsFunc(c.Systems, func(s SystemVerdict) bool { return s.Verdict != Absent })
}

// maxNames is the maximum number of names of clusters in an error.
const maxNames = 20

func clusterNames(r Report) string {
	var names []string
	for _, c := range r.Clusters {
		names = append(names, c.Name)
	}
	if len(names) > maxNames {
		names = append(names[:maxNames], "…")
	}
	return strings.Join(names, ", ")
}

// filterSeverity returns a report without less severe findings. Root causes of remaining findings are kept.
func (f Filter) filterSeverity(r Report) Report {
	order := []alerts.Severity{alerts.Info, alerts.Warning, alerts.Critical}
	least := slices.Index(order, alerts.Severity(f.Severity))
	keep := map[string]bool{}
	for _, x := range r.Findings {
		if slices.Index(order, x.Severity) >= least {
			keep[x.ID], keep[x.RootCause] = true, true
		}
	}
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(x Finding) bool { return !keep[x.ID] })
	return r
}
