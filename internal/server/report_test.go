// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// TestReportPagesAreLinked follows the header Link from page to page.
func TestReportPagesAreLinked(t *testing.T) {
	o := testOptions()
	o.Report = func(context.Context) (health.Report, error) {
		return health.Report{Findings: make([]health.Finding, 2*health.DefaultPage+1)}, nil
	}
	h := newHandler(t, o)
	path, sizes := "/api/v1/report?x=y", []int{}
	for path != "" {
		w := serveRequest(h, http.MethodGet, path)
		var page health.Report
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Findings))
		link, isNext := strings.CutSuffix(w.Header().Get("Link"), `>; rel="next"`)
		if path = ""; isNext {
			path = "/api/v1/report" + strings.TrimPrefix(link, "<")
		}
		if isNext != (page.Next != "") || isNext && !strings.Contains(path, "x=y") || page.Total != 2*health.DefaultPage+1 {
			t.Errorf("link %q, next %q, total %d", link, page.Next, page.Total)
		}
	}
	if len(sizes) != 3 || sizes[0] != health.DefaultPage || sizes[2] != 1 {
		t.Errorf("pages of %v", sizes)
	}
	if w := serveRequest(h, http.MethodGet, "/api/v1/report?limit=none"); w.Code != http.StatusBadRequest {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}
