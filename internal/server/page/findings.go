// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// maxLabels limits the labels of a finding on a page. The JSON has all labels.
const maxLabels = 6

// filter is the query of a page. Cluster is the cluster that a finding affects. From is the cluster that
// contains its object. Cause is the ID of a root cause, which matches with its consequences.
type filter struct{ Severity, System, Cluster, From, Cause, Text string }

func filterOf(r *http.Request) filter {
	q := r.URL.Query()
	return filter{q.Get("severity"), q.Get("system"), q.Get("cluster"), q.Get("from"), q.Get("cause"), strings.TrimSpace(q.Get("q"))}
}

// matches reports whether a finding that affects a cluster passes the filter.
func (f *filter) matches(x *health.Finding, affected string) bool {
	equal := func(want, have string) bool { return want == "" || want == have }
	if !equal(f.Severity, string(x.Severity)) || !equal(f.System, string(x.System)) || !equal(f.Cluster, affected) ||
		f.From != "" && f.From != x.Labels["cluster"] {
		return false
	}
	if f.Cause != "" && f.Cause != x.ID && f.Cause != x.RootCause {
		return false
	}
	if f.Text == "" {
		return true
	}
	text := strings.ToLower(strings.Join(append(slices.Collect(maps.Values(x.Labels)), x.Rule, x.Cluster, x.Object.String(), x.Summary), "\n"))
	return strings.Contains(text, strings.ToLower(f.Text))
}

// findings are the findings of a page, with the form that filters them.
type findings struct {
	Form     form
	Firing   causes
	Expiries expiries
	Info     causes
	// InfoTotal is the number of all root causes for information. Info has those on this page.
	InfoTotal int
	Pending   causes
	Total     int // findings of the report that belong to the page
	Shown     int
	More      int // root causes on later pages
	lines     int // consequences on this page
	// First and Next are the URLs of other pages, or empty if a page does not exist.
	First, Next string
	Severity    []count
}

type count struct {
	Severity string
	N        int
}

// form is the filter with the choices of each field. The form lacks the fields that the page itself fixes.
type form struct {
	filter

	Filtered                      bool // at least one field is set
	Severities, Systems, Clusters []choice
	// ByCluster reports whether the form has a field for the cluster: a list or, without choices, a text field.
	ByCluster bool
}

type choice struct {
	Value    string
	Selected bool
}

// finding is a finding with its consequences.
type finding struct {
	ID, Rule, Severity, State, Cluster, System, Object, Summary, Description, Playbook, Dashboard, Silence, Command string

	// Worst is the worst severity of the finding and its consequences.
	Worst string
	// DescriptionShown reports whether the description is shown without a click: if the finding is critical, or if
	// the summary has no reason.
	DescriptionShown bool
	// Recent reports whether the finding began within the last hour.
	Recent bool
	// Href links to the page of the object. Empty if there is none.
	Href string

	Since stamp
	// New reports whether the finding is from the current evaluation. The problem may be older.
	New             bool
	AtLeast         bool // the problem may be older than Since
	Stale, Silenced bool
	Labels          []string
	// Changed has the changes in the cluster shortly before.
	Changed []changed
	// OnlyConsequencesMatch reports whether the filter matches only consequences, not the finding itself.
	OnlyConsequencesMatch bool
	Following             []finding
	More                  int  // consequences that are not shown
	Open                  bool // whether the list of consequences is open
	// Count is the number of equal root causes in a group. Equal has the first of them.
	Count int
	Equal []finding
	// Ends has the time until what the finding is about ends, or since it has ended.
	Ends string
	ends *time.Time
	// Card is the finding as HTML.
	Card template.HTML
}

// changed is a change shortly before a finding. Before is the time between the two.
type changed struct{ Text, Before, ISO string }

func formOf(r health.Report, base, chosen filter) form {
	f := form{filter: chosen, Filtered: chosen != filter{}}
	f.Severities = newChoices(chosen.Severity, string(alerts.Critical), string(alerts.Warning), string(alerts.Info))
	if base.System == "" {
		for _, s := range r.Systems {
			f.Systems = append(f.Systems, newChoices(chosen.System, string(s.Name))...)
		}
	}
	if f.ByCluster = base.Cluster == ""; f.ByCluster {
		var names []string
		for _, c := range r.Clusters {
			names = append(names, c.Name)
		}
		f.Clusters = clusterChoices(chosen.Cluster, names)
	}
	return f
}

// hasPage reports whether the objects of a kind have pages. Findings about the fleet are not about objects.
func (s *site) hasPage(kind, system string) bool {
	return system != string(alerts.Fleet) && slices.ContainsFunc(s.Kinds, func(k objects.Kind) bool { return k.Kind == kind })
}

// systems returns the names of the systems that have objects.
func (s *site) systems() []string {
	var names []string
	for _, k := range s.Kinds {
		if !slices.Contains(names, k.Collector) {
			names = append(names, k.Collector)
		}
	}
	return names
}

// newChoices returns the values that can be chosen.
func newChoices(selected string, values ...string) []choice {
	var all []choice
	for _, v := range values {
		all = append(all, choice{v, v == selected})
	}
	return all
}

// maxChoices limits the list of clusters. For a larger fleet, the form has a text field.
const maxChoices = 50

func clusterChoices(selected string, names []string) []choice {
	if len(names) > maxChoices {
		return nil
	}
	return newChoices(selected, names...)
}

// isRecent reports whether a finding is known to have begun within recentSpan.
func isRecent(f *health.Finding, r *health.Report) bool {
	return !f.SinceAtLeast && r.GeneratedAt.Sub(f.Since) < recentSpan
}

func (s *site) findingOf(f *health.Finding, r *health.Report, root string) finding {
	v := finding{
		ID: f.ID, Rule: f.Rule, Severity: string(f.Severity), State: string(f.State), Cluster: f.Cluster, System: string(f.System),
		Object: f.Object.String(), Summary: f.Summary, Description: f.Description,
		Playbook: webOnly(f.Playbook), Dashboard: webOnly(f.Dashboard), Command: f.Command,
		ends: f.EndsAt, Ends: endText(f.EndsAt, r.GeneratedAt),
		Worst: string(f.Severity), Recent: isRecent(f, r),
		Since: stampOf(f.Since, r.GeneratedAt), New: r.GeneratedAt.Sub(f.Since) < time.Second, AtLeast: f.SinceAtLeast, Stale: f.Stale,
		Silenced: f.Silenced,
	}
	for _, name := range slices.Sorted(maps.Keys(f.Labels)) {
		switch value := f.Labels[name]; {
		case slices.Contains([]string{"kind", "severity", "alertname", "system", "playbook"}, name),
			slices.Contains([]string{"", f.Cluster, f.Object.Namespace, f.Object.Name}, value):
			continue // already present
		case len(v.Labels) < maxLabels:
			v.Labels = append(v.Labels, fmt.Sprintf("%s=%s", name, value))
		}
	}
	v.DescriptionShown = f.Severity == alerts.Critical || f.Reason == ""
	for _, c := range f.ChangedBefore {
		v.Changed = append(v.Changed, changed{c.Text, render.Age(max(0, f.Since.Sub(c.At))), c.At.Format(time.RFC3339)})
	}
	if n := nodeOf(f); n.Name != "" && s.hasPage(n.Kind, string(f.System)) {
		v.Href = root + objectHref(n.Cluster, n.Kind, n.Namespace, n.Name)
	}
	v.Cluster = cmp.Or(v.Cluster, "no cluster")
	return v
}

// Consequences returns the number of consequences.
func (f finding) Consequences() int { return len(f.Following) + f.More }

// Others returns the number of root causes of the group besides the one that is shown.
func (f finding) Others() int { return max(0, f.Count-1) }

// Unlisted returns the number of equal findings that are not shown.
func (f finding) Unlisted() int { return f.Count - len(f.Equal) }
