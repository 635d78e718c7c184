// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// objectsView is the content of the page with the watched objects.
type objectsView struct {
	objects.Query

	Clusters, Systems, States []choice
	Filtered                  bool // at least one field is set
	Total                     int
	Counts                    []stateCount
	Columns                   []column
	Rows                      []objectRow
	First, Next, JSON, CSV    string // URLs, empty if the page does not exist
	CSVRows                   int    // objects in the table at the URL CSV
}

// maxListRows is the number of rows on one page of a list.
const maxListRows = 60

// stateCount is the number of objects in a state, with a link to them.
type stateCount struct {
	objectState

	N    int
	Href string
}

// column is the heading of a column, with a link to the list sorted by it.
type column struct {
	Text, Href, Order string // Order is the value of aria-sort, empty if the list is sorted by another column
}

// objectState is the state of an object as a word, a mark and a CSS class.
type objectState struct{ State, Mark, Class string }

func objectStateOf(state string) objectState {
	s := objectState{State: strings.ReplaceAll(state, "_", " "), Mark: "–", Class: "absent"}
	switch state {
	case objects.Ready:
		s.Mark, s.Class = "✓", "ok"
	case "failed", "stalled":
		s.Mark, s.Class = "✕", "down"
	case "dependency_not_ready", "unprocessed", "deleting":
		s.Mark, s.Class = "▲", "degraded"
	case "progressing":
		s.Mark, s.Class = "…", "progressing"
	case "suspended":
		s.Mark = "‖"
	case "unknown":
		s.Mark, s.Class = "?", "unknown"
	case "":
		s.State = "no state"
	}
	return s
}

// objectRow is an object in the list.
type objectRow struct {
	objectState
	objects.Object

	// State replaces the field of the same name of both embedded types.
	State      string
	Href, Name string
	Since      stamp
	AtLeast    bool
	// Short holds the applied and the attempted revision with digests of 10 digits.
	Short [2]string
}

// digest matches the digest of a revision. Pages show its first 10 digits.
var digest = regexp.MustCompile(`([0-9a-f]{10})[0-9a-f]{30,}`)

func objectRowOf(o objects.Object, now time.Time) objectRow {
	r := objectRow{objectState: objectStateOf(o.State), Object: o, Href: objectHref(o.Cluster, o.Kind, o.Namespace, o.Name), Name: o.Key(),
		AtLeast: o.SinceAtLeast}
	r.State = r.objectState.State
	r.Short = [2]string{digest.ReplaceAllString(o.Revision, "$1"), digest.ReplaceAllString(o.Attempted, "$1")}
	r.Since = stampOfPointer(o.Since, now)
	return r
}

// objectHref returns the path of the page of an object relative to /. A cluster-scoped object has a minus
// as its namespace.
func objectHref(cluster, kind, namespace, name string) string {
	return "objects/" + url.PathEscape(cluster) + "/" + url.PathEscape(kind) + "/" + url.PathEscape(cmp.Or(namespace, "-")) + "/" + url.PathEscape(name)
}

// objectsPage returns the page of the watched objects that match the query.
func (s *site) objectsPage(r *http.Request) (view, error) {
	values := r.URL.Query()
	values.Del("limit") // pages have a fixed size
	q, err := objects.ParseQuery(values)
	if err != nil {
		return view{}, badRequestError{err}
	}
	page := q
	page.Limit = maxListRows
	list := s.Objects(page)
	parameters := q.Values()
	v := objectsView{
		Query: q, Filtered: len(parameters) > len(parameters["sort"]), Total: list.Total, JSON: "api/v1/objects" + encodeQuery(parameters),
		Clusters: clusterChoices(q.Cluster, s.clusterNames()), Systems: newChoices(q.System, s.systems()...),
		States: newChoices(q.State, append([]string{objects.NotReady}, objects.States()...)...),
	}
	table := withParameter(withParameter(parameters, "format", "csv"), "limit", strconv.Itoa(objects.MaxLimit))
	v.CSV, v.CSVRows = "api/v1/objects"+encodeQuery(table), min(list.Total, objects.MaxLimit)
	for _, state := range objects.States() {
		if n := list.States[state]; n > 0 {
			v.Counts = append(v.Counts, stateCount{objectStateOf(state), n, "?" + withParameter(parameters, "state", state).Encode()})
		}
	}
	for _, o := range list.Objects {
		v.Rows = append(v.Rows, objectRowOf(o, list.GeneratedAt))
	}
	v.Columns = columnsOf(q)
	if values.Get("next") != "" {
		v.First = "?" + parameters.Encode()
	}
	if list.Next != "" {
		v.Next = "?" + withParameter(parameters, "next", list.Next).Encode()
	}
	return view{Title: "Objects", At: stampOf(list.GeneratedAt, list.GeneratedAt), Partial: list.Partial, Content: v}, nil
}

// columnsOf returns the columns of the list. A sortable column links to the opposite of its current order.
func columnsOf(q objects.Query) []column {
	var all []column
	for _, c := range [][2]string{{"State", "state"}, {"Kind", "kind"}, {"Object", "name"}, {"Cluster", "cluster"}, {"Reason", ""}, {"Since", "since"}, {"Revision", ""}, {"Source", ""}} {
		one := column{Text: c[0]}
		if c[1] != "" {
			sort := c[1]
			switch q.Sort {
			case c[1]:
				one.Order, sort = "ascending", "-"+c[1]
			case "-" + c[1]:
				one.Order = "descending"
			}
			one.Href = "?" + withParameter(q.Values(), "sort", sort).Encode()
		}
		all = append(all, one)
	}
	return all
}

func (s *site) clusterNames() []string {
	var names []string
	for _, c := range s.Clusters().Clusters {
		names = append(names, c.Name)
	}
	return names
}

// withParameter returns a copy of URL parameters with one value replaced.
func withParameter(values url.Values, name, value string) url.Values {
	changed := maps.Clone(values)
	changed.Set(name, value)
	return changed
}

func encodeQuery(values url.Values) string {
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}
