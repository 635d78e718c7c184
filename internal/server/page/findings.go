// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// Bounds of one page; the JSON has everything.
const (
	maxFindings  = 500 // from which no further root cause and nothing that follows is shown
	maxCauses    = 60
	maxFollowing = 20
	maxLabels    = 8
)

// filter is the query of a page.
type filter struct{ Severity, System, Cluster, Text string }

func filterOf(r *http.Request) filter {
	q := r.URL.Query()
	return filter{q.Get("severity"), q.Get("system"), q.Get("cluster"), strings.TrimSpace(q.Get("q"))}
}

// matches says whether a finding is asked for.
func (f filter) matches(x health.Finding) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	if !is(f.Severity, string(x.Severity)) || !is(f.System, string(x.System)) || !is(f.Cluster, x.Cluster) && !is(f.Cluster, x.Labels["cluster"]) {
		return false
	}
	text := strings.ToLower(strings.Join(append(slices.Collect(maps.Values(x.Labels)), x.Rule, x.Cluster, x.Object.String(), x.Summary), "\n"))
	return strings.Contains(text, strings.ToLower(f.Text))
}

// findings are those of a page, with the form that filters them.
type findings struct {
	Form     form
	Firing   []finding
	Expiries expiries
	Info     []finding
	Pending  []finding
	Total    int // in the report, as far as the page is concerned
	Shown    int
	More     int // root causes on later pages
	// First and Next are the addresses of other pages; empty without them.
	First, Next string
	Severity    []count
}

type count struct {
	Severity string
	N        int
}

// form is the filter with what there is to choose. Choices that the page itself makes
// are left out.
type form struct {
	filter

	Any                           bool // something is chosen
	Severities, Systems, Clusters []choice
}

type choice struct {
	Value    string
	Selected bool
}

// finding is one with what follows from it.
type finding struct {
	ID, Rule, Severity, State, Cluster, System, Object, Summary, Description, Playbook, Dashboard, Command string

	// Worst is the worst severity of the finding and of what follows from it.
	Worst string
	// Recent reports whether it began within the last hour.
	Recent bool
	// Href is the way to the page of the object; empty if it has none.
	Href string

	Since stamp
	// New says that it was seen for the first time just now; it may have been so for
	// long.
	New             bool
	AtLeast         bool // Since is a bound
	Stale, Silenced bool
	Labels          []string
	// Changed is what changed in the cluster shortly before.
	Changed []changed
	// Aside says that it is shown for what follows from it, not for itself.
	Aside     bool
	Following []finding
	More      int
	Open      bool
	// Equal are all findings of the same rule about objects of the same kind, if there are
	// several of which nothing follows.
	Equal []finding
	kind  string
	ends  *time.Time
}

// changed is a change before a finding, and how long before it was.
type changed struct{ Text, Before, ISO string }

// findingsOf are those that base lets through, which is what the page is about, and
// that the reader's filter leaves. A root cause stays with what follows from it.
func (s *site) findingsOf(r *http.Request, report health.Report, base filter) findings {
	chosen, root := filterOf(r), rootOf(r)
	out := findings{Form: formOf(report, base, chosen)}
	counts := map[alerts.Severity]int{}
	begin, causes, shown := causeOf(r), 0, 0
	for _, c := range render.Causes(report) {
		view := s.findingOf(c.Finding, report, root)
		expires := c.EndsAt != nil
		take := func(x health.Finding) bool {
			if !base.matches(x) {
				return false
			}
			out.Total++
			if !chosen.matches(x) {
				return false
			}
			out.Shown++
			counts[x.Severity]++
			return true
		}
		view.Aside = !take(c.Finding)
		for _, x := range c.Following {
			switch {
			case !take(x) && view.Aside:
				continue
			case len(view.Following) == maxFollowing, causes < begin, shown+len(view.Following) >= maxFindings:
				view.More++
			default:
				view.Following = append(view.Following, s.findingOf(x, report, root))
			}
			view.Worst = worse(view.Worst, string(x.Severity))
			expires = expires && x.EndsAt != nil
		}
		if view.Aside && len(view.Following)+view.More == 0 {
			continue
		}
		view.Open = view.Aside || view.Worst != view.Severity
		if causes++; causes <= begin {
			continue
		}
		switch on := len(out.Firing) + len(out.Expiries.All) + len(out.Info) + len(out.Pending); {
		case on == maxCauses, shown >= maxFindings, out.More > 0:
			out.More++
			continue
		case c.Waits():
			out.Pending = append(out.Pending, view)
		case expires:
			out.Expiries.add(view, report.GeneratedAt)
		case view.Worst == string(alerts.Info):
			out.Info = append(out.Info, view)
		default:
			out.Firing = append(out.Firing, view)
		}
		shown += 1 + len(view.Following)
	}
	out.First, out.Next = pagesOf(r.URL.Query(), begin, causes-out.More, out.More)
	slices.SortStableFunc(out.Firing, func(a, b finding) int { return cmp.Compare(a.rank(), b.rank()) })
	out.Firing, out.Info = grouped(out.Firing), grouped(out.Info)
	for _, s := range []alerts.Severity{alerts.Critical, alerts.Warning, alerts.Info} {
		out.Severity = append(out.Severity, count{string(s), counts[s]})
	}
	return out
}

// causeOf returns the number of the root cause with which a page begins.
func causeOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("next"))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// pagesOf returns the addresses of the first page, from another one, and of the next page.
func pagesOf(query url.Values, begin, end, more int) (first, next string) {
	if more > 0 {
		next = "?" + with(query, "next", strconv.Itoa(end)).Encode() + "#findings"
	}
	if begin > 0 {
		query.Del("next")
		first = "?" + query.Encode() + "#findings"
	}
	return first, next
}

func formOf(r health.Report, base, chosen filter) form {
	f := form{filter: chosen, Any: chosen != filter{}}
	f.Severities = choices(chosen.Severity, string(alerts.Critical), string(alerts.Warning), string(alerts.Info))
	if base.System == "" {
		for _, s := range r.Systems {
			f.Systems = append(f.Systems, choices(chosen.System, string(s.Name))...)
		}
	}
	if base.Cluster == "" {
		for _, c := range r.Clusters {
			f.Clusters = append(f.Clusters, choices(chosen.Cluster, c.Name)...)
		}
	}
	return f
}

// hasPage reports whether the objects of a kind have pages. A cluster of the fleet is none.
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

// choices returns the values that can be chosen.
func choices(selected string, values ...string) []choice {
	var all []choice
	for _, v := range values {
		all = append(all, choice{v, v == selected})
	}
	return all
}

func (s *site) findingOf(f health.Finding, r health.Report, root string) finding {
	v := finding{
		ID: f.ID, Rule: f.Rule, Severity: string(f.Severity), State: string(f.State), Cluster: f.Cluster, System: string(f.System),
		Object: f.Object.String(), Summary: f.Summary, Description: f.Description,
		Playbook: webOnly(f.Playbook), Dashboard: webOnly(f.Dashboard), Command: f.Command, kind: f.Object.Kind, ends: f.EndsAt,
		Worst: string(f.Severity), Recent: !f.SinceAtLeast && r.GeneratedAt.Sub(f.Since) < recent,
		Since: stampOf(f.Since, r.GeneratedAt), New: !f.Since.Before(r.GeneratedAt), AtLeast: f.SinceAtLeast, Stale: f.Stale, Silenced: f.Silenced,
	}
	for _, name := range slices.Sorted(maps.Keys(f.Labels)) {
		switch name {
		case "cluster", "kind", "namespace", "name", "severity", "alertname", "system", "playbook":
			continue // is there already
		}
		if f.Labels[name] != "" && len(v.Labels) < maxLabels {
			v.Labels = append(v.Labels, fmt.Sprintf("%s=%s", name, f.Labels[name]))
		}
	}
	for _, c := range f.ChangedBefore {
		v.Changed = append(v.Changed, changed{c.Text, render.Age(max(0, f.Since.Sub(c.At))), c.At.Format(time.RFC3339)})
	}
	if n := nodeOf(f); n.Name != "" && s.hasPage(n.Kind, string(f.System)) {
		v.Href = root + objectHref(n.Cluster, n.Kind, n.Namespace, n.Name)
	}
	v.Cluster = cmp.Or(v.Cluster, "no cluster")
	return v
}
