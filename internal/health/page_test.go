// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"fmt"
	"net/url"
	"testing"
)

// TestPages follows the pages by next, and checks that each finding is on exactly one page.
func TestPages(t *testing.T) {
	for _, tc := range []struct {
		findings    int
		query       string
		pages, last int
	}{
		{0, "", 1, 0}, {500, "", 1, 500}, {501, "", 2, 1}, {1200, "", 3, 200}, {1200, "limit=1000", 2, 200}, {3, "limit=1", 3, 1},
	} {
		var r Report
		for i := range tc.findings {
			r.Findings = append(r.Findings, Finding{ID: fmt.Sprint(i)})
		}
		values, err := url.ParseQuery(tc.query)
		if err != nil {
			t.Fatal(err)
		}
		pages, seen, last := 0, 0, 0
		for next := ""; pages == 0 || next != ""; pages++ {
			values.Set("next", next)
			p, err := ParsePage(values)
			if err != nil {
				t.Fatal(err)
			}
			part := r.Page(p)
			for _, f := range part.Findings {
				if f.ID != fmt.Sprint(seen) {
					t.Fatalf("%d findings, %q: finding %s instead of %d", tc.findings, tc.query, f.ID, seen)
				}
				seen++
			}
			if several := tc.pages > 1; several != (part.Total == tc.findings && part.Total > 0) {
				t.Errorf("%d findings, %q: total %d", tc.findings, tc.query, part.Total)
			}
			next, last = part.Next, len(part.Findings)
		}
		if pages != tc.pages || seen != tc.findings || last != tc.last {
			t.Errorf("%d findings, %q: %d in %d pages, the last with %d; want %d and %d", tc.findings, tc.query, seen, pages, last, tc.pages, tc.last)
		}
	}
	for _, query := range []string{"limit=0", "limit=10001", "limit=x", "next=-1", "next=x", "next=99999999999"} {
		values, _ := url.ParseQuery(query)
		if p, err := ParsePage(values); err == nil {
			t.Errorf("%s: %+v", query, p)
		}
	}
	if part := (Report{Findings: make([]Finding, 3)}).Page(Page{Offset: 5, Limit: 2}); len(part.Findings) != 0 || part.Next != "" ||
		part.Total != 3 {
		t.Errorf("behind the end: %+v", part)
	}
}
