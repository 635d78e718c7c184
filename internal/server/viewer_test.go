// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestViewerRoleCoversAllPages checks that the role in the chart and in the documentation has the
// permissions for all pages and the API, and no others.
func TestViewerRoleCoversAllPages(t *testing.T) {
	t.Parallel()
	var roles [][]string
	for _, file := range []string{"../../charts/cobaltcore-exporter/templates/access.yaml", "../../docs/operations.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`nonResourceURLs: \[(/,[^]]*)]`).FindSubmatch(text)
		if found == nil {
			t.Fatalf("%s has no role for viewers", file)
		}
		roles = append(roles, strings.Split(string(found[1]), ", "))
	}
	if !slices.Equal(roles[0], roles[1]) {
		t.Errorf("the chart has %q, the documentation %q", roles[0], roles[1])
	}
	permitted := func(p string) bool {
		return slices.ContainsFunc(roles[0], func(rule string) bool {
			prefix, below := strings.CutSuffix(rule, "*")
			return p == rule || below && strings.HasPrefix(p, prefix)
		})
	}
	var routes int
	for file, pattern := range map[string]string{"page/page.go": `add\("(/[^"]*)"`, "server.go": `"GET (/api/[^"]*)"`} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, route := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(source), -1) {
			target := regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(strings.TrimSuffix(route[1], "{$}"), "x")
			if routes++; !permitted(reviewedPath(httptest.NewRequest(http.MethodGet, target, http.NoBody))) {
				t.Errorf("a viewer may not get %s", target)
			}
		}
	}
	if routes < 10 || !permitted("/static/page.css") || permitted("/-/reload") || permitted("/metrics") || permitted("/debug/pprof/heap") {
		t.Errorf("%d routes, role %q", routes, roles[0])
	}
}
