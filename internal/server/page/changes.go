// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/http"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// changesView is the content of the page of changes.
type changesView struct {
	changes.Query

	Clusters, Systems, Types, Spans []choice
	Filtered                        bool // at least one field is set
	Oldest                          stamp
	Rows                            []changeRow
	First, Next, JSON               string // URLs, empty if the page does not exist
}

// changeRow is a change with a link to its object.
type changeRow struct {
	changes.Change

	Type, Href, Mark, Class string
	At                      stamp
}

// changeOf returns the row of a change.
func (s *site) changeOf(c changes.Change, now time.Time) changeRow {
	r := changeRow{Change: c, Type: inWords(string(c.Type)), At: stampOf(c.At, now)}
	switch c.Type {
	case changes.State, changes.Created:
		state := objectStateOf(c.After)
		r.Mark, r.Class = state.Mark, state.Class
	case changes.Verdict:
		r.Mark, r.Class = verdictMark(health.Verdict(c.After)), c.After
	case changes.FindingBegan:
		r.Mark, r.Class = "▲", map[string]string{"critical": "down", "warning": "degraded"}[c.Severity]
	case changes.FindingEnded:
		r.Mark, r.Class = "✓", "ok"
	}
	if c.Type != changes.Deleted && s.hasPage(c.Kind, c.System) {
		r.Href = objectHref(c.Cluster, c.Kind, c.Namespace, c.Name)
	}
	return r
}

// changesPage returns the page of the changes that match the query.
func (s *site) changesPage(r *http.Request) (view, error) {
	values := r.URL.Query()
	values.Del("limit") // pages have a fixed size
	now := time.Now()
	q, err := changes.ParseQuery(values, now)
	if err != nil {
		return view{}, badRequestError{err}
	}
	q.Limit = maxListRows
	list := s.Changes(q)
	parameters := q.Values()
	v := changesView{
		Query: q, Filtered: len(parameters) > 0, JSON: "api/v1/changes" + encodeQuery(parameters), Oldest: stampOfPointer(list.Oldest, list.GeneratedAt),
		Clusters: clusterChoices(q.Target, s.clusterNames()),
		Systems:  newChoices(q.System, append([]string{string(alerts.Fleet)}, s.systems()...)...),
		Spans:    newChoices(q.Since, "15m", "1h", "6h", "1d"),
	}
	for _, t := range changes.Types() {
		v.Types = append(v.Types, choice{string(t), string(t) == q.Type})
	}
	for _, c := range list.Changes {
		v.Rows = append(v.Rows, s.changeOf(c, list.GeneratedAt))
	}
	if values.Get("next") != "" {
		v.First = "?" + parameters.Encode()
	}
	if list.Next != "" {
		v.Next = "?" + withParameter(parameters, "next", list.Next).Encode()
	}
	return view{Title: "Changes", At: stampOf(list.GeneratedAt, list.GeneratedAt), Partial: list.Partial, Content: v}, nil
}

// maxObjectChanges is the number of changes on the page of an object.
const maxObjectChanges = 20

// changesOf returns the last changes of an object.
func (s *site) changesOf(n objects.Node) []changeRow {
	list := s.Changes(changes.Query{Cluster: n.Cluster, Kind: n.Kind, Namespace: n.Namespace, Name: n.Name, Limit: maxObjectChanges})
	var rows []changeRow
	for _, c := range list.Changes {
		rows = append(rows, s.changeOf(c, list.GeneratedAt))
	}
	return rows
}
