// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"fmt"
	"net/url"
	"strconv"
)

// DefaultPage and MaxPage are the default and the maximum number of findings on a page of a report.
const (
	DefaultPage = 500
	MaxPage     = 10_000
)

// Page is a part of the findings of a report.
type Page struct{ Offset, Limit int }

// ParsePage reads the query parameters limit and next.
func ParsePage(values url.Values) (Page, error) {
	p := Page{Limit: DefaultPage}
	for _, parameter := range []struct {
		name     string
		min, max int
		value    *int
	}{{"limit", 1, MaxPage, &p.Limit}, {"next", 0, 1 << 30, &p.Offset}} {
		text := values.Get(parameter.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < parameter.min || n > parameter.max {
			return Page{}, fmt.Errorf("%s=%q: use a number from %d to %d", parameter.name, text, parameter.min, parameter.max)
		}
		*parameter.value = n
	}
	return p, nil
}

// Page returns the report with one page of its findings. A report with a single page is returned unchanged.
func (r Report) Page(p Page) Report {
	all := len(r.Findings)
	begin := min(p.Offset, all)
	end := min(begin+p.Limit, all)
	if begin == 0 && end == all {
		return r
	}
	r.Total, r.Findings = all, r.Findings[begin:end:end]
	if end < all {
		r.Next = strconv.Itoa(end)
	}
	return r
}
