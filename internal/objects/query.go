// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Limits of a page of a list.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Query selects objects. An empty filter matches all objects; a filter with values separated by commas matches
// any of them. Text is part of the name, the namespace, the kind or another value.
type Query struct {
	Cluster, Target, System, Kind, Namespace, State, Owner, Text string

	Sort  string
	Limit int
	after *position
}

// Sorts returns the orders of a list. A minus as prefix reverses an order.
func Sorts() []string { return []string{"state", "since", "cluster", "kind", "namespace", "name"} }

// Filters returns the names of the filters in a URL.
func Filters() []string {
	return []string{"cluster", "target", "system", "kind", "namespace", "state", "owner", "text"}
}

func (q *Query) fields() []*string {
	return []*string{&q.Cluster, &q.Target, &q.System, &q.Kind, &q.Namespace, &q.State, &q.Owner, &q.Text}
}

// ParseQuery reads a query from the parameters of a URL.
func ParseQuery(values url.Values) (Query, error) {
	q := Query{Sort: cmp.Or(values.Get("sort"), "state"), Limit: DefaultLimit}
	for i, name := range Filters() {
		*q.fields()[i] = strings.TrimSpace(values.Get(name))
	}
	if err := CheckLengths(values); err != nil {
		return q, err
	}
	if !slices.Contains(Sorts(), strings.TrimPrefix(q.Sort, "-")) {
		return q, fmt.Errorf("sort=%q: use one of %s, with a minus in front for the reverse", q.Sort, strings.Join(Sorts(), ", "))
	}
	for state := range strings.SplitSeq(q.State, ",") {
		if state != NotReady && !slices.Contains(states[:], state) {
			return q, fmt.Errorf("state=%q: use one of %s", state, strings.Join(append(States()[:len(states)-1:len(states)-1], NotReady), ", "))
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
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || json.Unmarshal(raw, &q.after) != nil || q.after == nil {
			return q, fmt.Errorf("next=%q: use the value from the previous page", text)
		}
	}
	return q, nil
}

// MaxParameter is the maximum length of a URL parameter: each object is compared with all values of a filter.
const MaxParameter = 4 << 10

// CheckLengths returns an error if a parameter of a URL is too long.
func CheckLengths(values url.Values) error {
	for name := range values {
		if n := len(name) + len(values.Get(name)); n > MaxParameter {
			return fmt.Errorf("the parameter %.40q has %d bytes, at most %d are allowed", name, n, MaxParameter)
		}
	}
	return nil
}

// Values returns the filters and the order as parameters of a URL.
func (q *Query) Values() url.Values {
	values := url.Values{}
	for i, name := range Filters() {
		if v := *q.fields()[i]; v != "" {
			values.Set(name, v)
		}
	}
	if q.Sort != "state" && q.Sort != "" {
		values.Set("sort", q.Sort)
	}
	if q.Limit != DefaultLimit && q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	return values
}

// OneOf reports whether a value is in a list separated by commas. An empty list has all values.
func OneOf(list, value string) bool {
	if list == "" || list == value {
		return true
	}
	return strings.Contains(list, ",") && contains(list, value)
}

// contains reports whether a value is in a list separated by commas.
func contains(list, value string) bool {
	for v := range strings.SplitSeq(list, ",") {
		if v == value {
			return true
		}
	}
	return false
}

func (q *Query) cluster(name string) bool { return OneOf(q.Cluster, name) }

func (q *Query) state(name string) bool {
	return OneOf(q.State, name) || name != Ready && name != "" && contains(q.State, NotReady)
}

// position is the sort key of an object: a number, then texts.
type position struct {
	Number float64   `json:"n"`
	Texts  [4]string `json:"t"`
}

// number returns the number of the position of an object.
func (q *Query) number(c condition) float64 {
	switch strings.TrimPrefix(q.Sort, "-") {
	case "state":
		return float64(c.rank)
	case "since":
		if c.since == 0 {
			return 1e18
		}
		return c.since
	}
	return 0
}

// texts returns the texts of the position, which identify the object.
func (q *Query) texts(cluster, kind, namespace, name string) [4]string {
	switch strings.TrimPrefix(q.Sort, "-") {
	case "kind":
		return [4]string{kind, cluster, namespace, name}
	case "namespace":
		return [4]string{namespace, name, kind, cluster}
	case "name":
		return [4]string{name, namespace, kind, cluster}
	}
	return [4]string{cluster, kind, namespace, name}
}

// compare orders two positions.
func (q *Query) compare(a, b *position) int {
	c := cmp.Compare(a.Number, b.Number)
	for i := 0; c == 0 && i < len(a.Texts); i++ {
		c = cmp.Compare(a.Texts[i], b.Texts[i])
	}
	if strings.HasPrefix(q.Sort, "-") {
		return -c
	}
	return c
}

func (p *position) encode() string {
	raw, err := json.Marshal(p)
	if err != nil { // the number is not finite, which does not occur in rows
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
