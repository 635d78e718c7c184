// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type statusView struct {
	// Waiting reports whether the page is served in place of another page, which needs the exporter to be ready.
	Waiting  bool
	Ready    bool
	Shard    string
	Clusters []clusterRow
	// First and Next are the URLs of other pages, or empty if a page does not exist.
	First, Next string
	Places      []placeRow
}

// clusterRow is a cluster with the state of its watches.
type clusterRow struct {
	Name, Href, Role, Region, Owner, Source, Version string
	// State is the state as a word. Mark is its symbol and Class its CSS class.
	State, Mark, Class string
	Owned              bool
	Failing            failing
	LastContact        stamp
	Synced, Kinds      int
	Collectors         []collectorRow
}

type failing struct {
	Reason, Error string
	Since         stamp
}

type collectorRow struct {
	Name, State, Mark, Class, Errors string
	LastSuccess                      stamp
	Synced                           int
	Kinds                            []kindRow
}

type kindRow struct {
	Kind, Version, State string
	Objects, Cut         int
	LastEvent            stamp
	Failing              failing
}

type placeRow struct {
	Cluster, Source, Namespace, State, Mark, Class string
	LastSuccess                                    stamp
	Clusters                                       string
	Findings                                       []fleetreport.Finding
}

// maxStatus is the number of clusters on one page.
const maxStatus = 30

// statusPage returns the page about the connections of the exporter to the clusters. In a large fleet, clusters
// with problems come first.
func (s *site) statusPage(r *http.Request) view {
	report := s.Clusters()
	v := statusView{Ready: report.Ready}
	if report.Shard != nil {
		v.Shard = fmt.Sprintf("%d of %d, counted from 0", report.Shard.Index, report.Shard.Count)
	}
	for _, c := range report.Clusters {
		v.Clusters = append(v.Clusters, clusterRowOf(c, report.GeneratedAt))
	}
	if len(v.Clusters) > maxStatus {
		slices.SortStableFunc(v.Clusters, func(a, b clusterRow) int { return cmp.Compare(a.rank(), b.rank()) })
		begin := pageStart(r)
		if begin >= len(v.Clusters) {
			begin = 0
		}
		end := min(begin+maxStatus, len(v.Clusters))
		v.First, v.Next = pageLinks(r.URL.Query(), begin, end, len(v.Clusters)-end, "")
		v.Clusters = v.Clusters[begin:end]
	}
	for _, p := range report.Discovery {
		v.Places = append(v.Places, placeRowOf(p, report.GeneratedAt))
	}
	return view{Title: "Clusters and collectors", At: stampOf(report.GeneratedAt, report.GeneratedAt), Content: v}
}

// rank orders the clusters: first those with failures, then those that are not completely synced.
func (c *clusterRow) rank() int {
	switch {
	case c.Owned && c.Class != "ok" || c.Failing.Reason != "":
		return 0
	case c.Synced < c.Kinds:
		return 1
	}
	return 2
}

// waitingPage returns the status page in place of another page.
func (s *site) waitingPage(r *http.Request) view {
	v := s.statusPage(r)
	content := v.Content.(statusView)
	content.Waiting = true
	v.Title, v.Content = "Waiting for the fleet", content
	return v
}

// stateOfUp returns the word, mark and class of a state. The marks and classes are the same as for verdicts.
func stateOfUp(up bool, yes, no string) (word, mark, class string) {
	if up {
		return yes, "✓", "ok"
	}
	return no, "✕", "down"
}

func clusterRowOf(c fleetreport.Cluster, now time.Time) clusterRow {
	r := clusterRow{
		Name: c.Name, Href: clusterHref(c.Name), Role: c.Role, Region: c.Region, Owner: c.Owner,
		Source: c.Source, Owned: c.Owned,
	}
	if c.Secret != nil {
		r.Source += fmt.Sprintf(": Secret %s/%s in %s", c.Secret.Namespace, c.Secret.Name, c.Secret.Cluster)
	}
	if !c.Owned || c.ClusterReport == nil {
		r.State, r.Mark, r.Class = "watched by another shard", "–", "absent"
		if c.Shard != nil {
			r.State = fmt.Sprintf("watched by shard %d", *c.Shard)
		}
		return r
	}
	r.State, r.Mark, r.Class = stateOfUp(c.Up, "up", "not reachable")
	if c.LastContact == nil && !c.Up {
		r.State, r.Mark, r.Class = "no contact yet", "?", "unknown"
	}
	r.Version, r.LastContact, r.Failing = c.ServerVersion, stampOfPointer(c.LastContact, now), failingOf(c.Failing, now)
	for _, one := range c.Collectors {
		row := collectorRowOf(one, now)
		r.Synced, r.Kinds = r.Synced+row.Synced, r.Kinds+len(row.Kinds)
		r.Collectors = append(r.Collectors, row)
	}
	return r
}

func collectorRowOf(c fleetreport.Collector, now time.Time) collectorRow {
	r := collectorRow{Name: c.Name, LastSuccess: stampOfPointer(c.LastSuccess, now)}
	r.State, r.Mark, r.Class = stateOfUp(c.Up, "up", "not complete")
	var errors []string
	for _, reason := range slices.Sorted(maps.Keys(c.Errors)) {
		if c.Errors[reason] > 0 {
			errors = append(errors, fmt.Sprintf("%s %d", reason, c.Errors[reason]))
		}
	}
	r.Errors = strings.Join(errors, ", ")
	for _, k := range c.Kinds {
		row := kindRow{
			Kind: strings.TrimSuffix(k.Kind+"."+k.Group, "."), Version: k.Version, Objects: k.Objects, Cut: k.Cut,
			LastEvent: stampOfPointer(k.LastEvent, now), Failing: failingOf(k.Failing, now), State: "not synced",
		}
		switch {
		case k.Synced:
			row.State = "synced"
			r.Synced++
		case k.Present != nil && !*k.Present:
			row.State = "not served"
			r.Synced++ // nothing to sync
		}
		r.Kinds = append(r.Kinds, row)
	}
	return r
}

func failingOf(f *watch.FailingReport, now time.Time) failing {
	if f == nil {
		return failing{}
	}
	return failing{f.Reason, f.Error, stampOf(f.Since, now)}
}

func placeRowOf(p fleetreport.Place, now time.Time) placeRow {
	r := placeRow{
		Cluster: p.Cluster, Source: p.Source, Namespace: p.Namespace, LastSuccess: stampOfPointer(p.LastSuccess, now),
		Clusters: strings.Join(p.Clusters, ", "), Findings: p.Findings,
	}
	r.State, r.Mark, r.Class = stateOfUp(p.Up, "up", "not reachable")
	return r
}
