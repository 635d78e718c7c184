// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package changes

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// Limits of a page of a list.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Query selects changes. An empty filter matches all changes; a filter may have several values, separated by commas.
type Query struct {
	Cluster, Target, System, Kind, Namespace, Name, Type, Text string

	Since  string // a time, or a duration before now
	Limit  int
	lower  string // the text in lower case
	since  time.Time
	before int64 // only earlier changes are returned; 0 for all
}

// List is a page of changes, newest first. Its JSON is the response of /api/v1/changes.
type List struct {
	GeneratedAt time.Time  `json:"generatedAt"`
	Partial     bool       `json:"partial" jsonschema_description:"Whether this exporter is a shard: the other shards have the rest of the fleet."`
	Oldest      *time.Time `json:"oldest" jsonschema:"nullable" jsonschema_description:"Time of the oldest recorded change; null if there is none. Changes before the start of the exporter are not recorded."`
	Changes     []Change   `json:"changes"`
	Next        string     `json:"next" jsonschema_description:"Value of the parameter next for the next page; empty on the last page."`
}

// Filters returns the names of the filters in a URL.
func Filters() []string {
	return []string{"cluster", "target", "system", "kind", "namespace", "name", "type", "text"}
}

func (q *Query) fields() []*string {
	return []*string{&q.Cluster, &q.Target, &q.System, &q.Kind, &q.Namespace, &q.Name, &q.Type, &q.Text}
}

// ParseQuery parses a query from URL parameters.
func ParseQuery(values url.Values, now time.Time) (Query, error) {
	q := Query{Limit: DefaultLimit, Since: strings.TrimSpace(values.Get("since"))}
	for i, name := range Filters() {
		*q.fields()[i] = strings.TrimSpace(values.Get(name))
	}
	if err := objects.CheckLengths(values); err != nil {
		return q, err
	}
	for what := range strings.SplitSeq(q.Type, ",") {
		if what != "" && !slices.Contains(Types(), Type(what)) {
			return q, fmt.Errorf("type=%q: use one of %v", what, Types())
		}
	}
	if q.Since != "" {
		var err error
		if q.since, err = parseSince(q.Since, now); err != nil {
			return q, err
		}
	}
	if text := values.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > MaxLimit {
			return q, fmt.Errorf("limit=%q: use a number from 1 to %d", text, MaxLimit)
		}
		q.Limit = n
	}
	if text := values.Get("next"); text != "" {
		n, err := strconv.ParseInt(text, 36, 64)
		if err != nil || n <= 0 {
			return q, fmt.Errorf("next=%q: use the value from the previous page", text)
		}
		q.before = n
	}
	return q, nil
}

func parseSince(text string, now time.Time) (time.Time, error) {
	if d, err := model.ParseDuration(text); err == nil {
		return now.Add(-time.Duration(d)), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("since=%q: use a duration such as 2h, or a time such as 2026-11-20T09:00:00Z", text)
	}
	return t, nil
}

// Values returns the filters as URL parameters.
func (q *Query) Values() url.Values {
	values := url.Values{}
	for i, name := range Filters() {
		if v := *q.fields()[i]; v != "" {
			values.Set(name, v)
		}
	}
	if q.Since != "" {
		values.Set("since", q.Since)
	}
	return values
}

func (q *Query) matchesTime(at int64) bool {
	return (q.before == 0 || at < q.before) && (q.since.IsZero() || at >= q.since.UnixNano())
}

// matchesHead reports whether the query matches the shared fields of an entry.
func (q *Query) matchesHead(h *head) bool {
	return objects.OneOf(q.Cluster, h.cluster) && objects.OneOf(q.Target, h.target) && objects.OneOf(q.System, h.system) &&
		objects.OneOf(q.Kind, h.kind) && objects.OneOf(q.Type, string(h.what))
}

// matchesText reports whether a name, a value or the text of a finding contains the text of the query.
func (q *Query) matchesText(e *entry) bool {
	for _, in := range []string{e.text, e.head.kind, e.head.cluster, e.head.target} {
		if strings.Contains(strings.ToLower(in), q.lower) {
			return true
		}
	}
	return false
}

// List returns a page of the changes that match a query.
func (l *Log) List(q Query, now time.Time) List {
	list := List{GeneratedAt: now.UTC(), Changes: []Change{}}
	if q.Limit < 1 {
		q.Limit = DefaultLimit
	}
	q.lower = strings.ToLower(q.Text)
	var oldest, last int64
	l.read(func(e *entry) bool {
		if now.UnixNano()-e.at > int64(l.age) {
			return false
		}
		oldest = e.at
		if list.Next != "" || e.isFirstVerdict() && q.Type == "" || !q.matchesTime(e.at) || !q.matchesHead(e.head) || !q.matchesText(e) {
			return true
		}
		c := e.change()
		switch {
		case !objects.OneOf(q.Namespace, c.Namespace) || !objects.OneOf(q.Name, c.Name):
		case len(list.Changes) >= q.Limit && e.at != last: // all changes at the same time are on one page
			list.Next = strconv.FormatInt(last, 36)
		default:
			list.Changes, last = append(list.Changes, c), e.at
		}
		return true
	})
	if oldest != 0 {
		t := time.Unix(0, oldest).UTC()
		list.Oldest = &t
	}
	return list
}

const (
	// window is the time before a finding in which a change may explain it, and slack is the tolerance for changes with
	// a later time.
	window = 15 * time.Minute
	slack  = 15 * time.Second
	// maxExplaining is the number of changes shown with a finding.
	maxExplaining = 3
)

// Index has the changes that may explain findings, by affected cluster.
type Index map[string][]Change

// Index returns the changes that may explain findings, newest first.
func (l *Log) Index() Index {
	index := Index{}
	l.read(func(e *entry) bool {
		if c := (Change{Type: e.head.what}); c.Type == State || c.explains() {
			if c = e.change(); c.explains() {
				index[c.Target] = append(index[c.Target], c)
			}
		}
		return true
	})
	return index
}

// Before returns the changes in a cluster shortly before a time, newest first.
func (x Index) Before(cluster string, at time.Time) []Change {
	all := x[cluster]
	first, _ := slices.BinarySearchFunc(all, at.Add(slack), func(c Change, t time.Time) int { return t.Compare(c.At) })
	var some []Change
	for _, c := range all[first:] {
		if len(some) == maxExplaining || at.Sub(c.At) > window {
			break
		}
		some = append(some, c)
	}
	return some
}
