// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"net/url"
	"testing"
)

// FuzzParsePage checks that any page that is accepted is a part of the findings, and that each finding is on one page.
func FuzzParsePage(f *testing.F) {
	for _, query := range []string{"", "limit=1&next=2", "limit=0", "limit=-1", "next=9223372036854775808", "next=1e3", "limit=%00", "limit=1&limit=2"} {
		f.Add(query, uint8(3))
	}
	f.Fuzz(func(t *testing.T, query string, findings uint8) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		p, err := ParsePage(values)
		if err != nil {
			return
		}
		all := Report{Findings: make([]Finding, findings)}
		page := all.Page(p)
		if n := len(page.Findings); n > p.Limit || n > len(all.Findings) || n < min(p.Limit, len(all.Findings)-p.Offset) {
			t.Errorf("%q: %d findings of %d", query, n, findings)
		}
		if isLast := p.Offset+len(page.Findings) >= len(all.Findings); isLast != (page.Next == "") {
			t.Errorf("%q: next is %q", query, page.Next)
		}
	})
}
