// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// objectView is the content of the page of one object.
type objectView struct {
	objectRow

	// Due is the time at which the object becomes overdue. Left is the time until then, empty if it has passed.
	Due       stamp
	Left      string
	Interval  string
	Inventory string
	Graph     graphView
	Findings  []objectFinding
	Changes   []changeRow
	Rows      []objects.Row
	// MoreFindings and MoreRows are the numbers of those that are not shown.
	MoreFindings, MoreRows int
	JSON                   string
}

// objectFinding is a finding about the object, with a link to its cause.
type objectFinding struct {
	finding

	Cause, CauseHref string
}

// objectPage returns the page of one object.
func (s *site) objectPage(r *http.Request) (view, error) {
	n := ObjectNode(r)
	d, ok := s.Object(n)
	if !ok {
		return view{}, notFoundError{fmt.Sprintf("There is no watched object %s %s in cluster %q.", n.Kind, strings.TrimPrefix(n.Ref(), n.Kind+"/"), n.Cluster), n.Name}
	}
	report, err := s.Report(r.Context())
	if err != nil {
		return view{}, err
	}
	v := objectView{objectRow: objectRowOf(d.Object, d.GeneratedAt),
		JSON: "api/v1/" + objectHref(n.Cluster, n.Kind, n.Namespace, n.Name)}
	if due, err := strconv.ParseFloat(d.Value("cobaltcore_flux_resource_overdue_timestamp_seconds"), 64); err == nil {
		t := time.UnixMilli(int64(due * 1000))
		v.Due = stampOf(t, d.GeneratedAt)
		if t.After(d.GeneratedAt) {
			v.Left = stampOf(d.GeneratedAt, t).Age
		}
	}
	if seconds, err := strconv.ParseFloat(d.Value("cobaltcore_flux_resource_interval_seconds"), 64); err == nil {
		v.Interval = (time.Duration(seconds) * time.Second).String()
	}
	v.Inventory = d.Value("cobaltcore_flux_resource_inventory_entries")
	all, causes := s.findingsAbout(n, report, rootOf(r))
	v.fitParts(all, s.changesOf(n), d, causes)
	return view{
		Title: fmt.Sprintf("%s %s: %s", n.Kind, v.Name, v.State), At: stampOf(d.GeneratedAt, d.GeneratedAt), Partial: report.Partial, Content: v,
	}, nil
}

// fitParts sets the parts of the page, as far as they fit.
func (v *objectView) fitParts(findings []objectFinding, changes []changeRow, d objects.Detail, causes map[objects.Node]bool) {
	var ofFindings, ofChanges, ofRows int
	v.Findings, ofFindings = fitItems(findings, maxFindingBytes, findingSize)
	v.Changes, ofChanges = fitItems(changes, maxChangeBytes, changeSize)
	v.Rows, ofRows = fitItems(d.Rows, maxRowBytes, rowSize)
	v.MoreFindings, v.MoreRows = len(findings)-len(v.Findings), len(d.Rows)-len(v.Rows)
	v.Graph = graphOf(fitGraph(d.Graph, maxObjectBytes-ofFindings-ofChanges-ofRows), causes)
}

// ObjectNode returns the object in the path of a request. Cluster-scoped objects have a minus as namespace.
func ObjectNode(r *http.Request) objects.Node {
	n := objects.Node{Cluster: r.PathValue("cluster"), Kind: r.PathValue("kind"), Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	if n.Namespace == "-" {
		n.Namespace = ""
	}
	return n
}

// nodeOf returns the object of a finding with the cluster that contains it.
func nodeOf(f *health.Finding) objects.Node {
	cluster := f.Labels["cluster"]
	if cluster == "" {
		cluster = f.Cluster
	}
	return objects.Node{Cluster: cluster, Kind: f.Object.Kind, Namespace: f.Object.Namespace, Name: f.Object.Name}
}

// causeIn returns the root cause with an ID, or nil.
func causeIn(all []health.Finding, id string) *health.Finding {
	i := slices.IndexFunc(all, func(f health.Finding) bool { return id != "" && f.ID == id })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// findingsAbout returns the findings about an object, and the objects of their root causes.
func (s *site) findingsAbout(n objects.Node, report health.Report, root string) ([]objectFinding, map[objects.Node]bool) {
	var all []objectFinding
	causes := map[objects.Node]bool{}
	for i := range report.Findings {
		f := &report.Findings[i]
		if nodeOf(f) != n {
			continue
		}
		one := objectFinding{finding: s.findingOf(f, &report, root)}
		if cause := causeIn(report.Findings, f.RootCause); cause != nil {
			at := nodeOf(cause)
			causes[at] = true
			if bao := cause.Labels["openbao"]; bao != "" {
				causes[objects.Node{Cluster: at.Cluster, Kind: objects.KindOpenBao, Name: bao}] = true
			}
			one.Cause, one.CauseHref = cause.Summary, "?"+url.Values{"cause": {cause.ID}}.Encode()+"#findings"
		}
		all = append(all, one)
	}
	return all, causes
}
