// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestViewerRole: the role of the chart and of the documentation has the permissions for
// all pages that the page links to, and for the API.
func TestViewerRole(t *testing.T) {
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
	h := handler(t, options())
	var links int
	for _, page := range []string{"/", "/status", "/secretflow"} {
		body := ask(h, http.MethodGet, page).Body.String()
		for _, link := range regexp.MustCompile(`(?:href|src|action)="([^"#]*)"`).FindAllStringSubmatch(body, -1) {
			u, err := url.Parse(strings.ReplaceAll(link[1], "&amp;", "&"))
			if err != nil || u.IsAbs() {
				continue
			}
			target := reviewedPath(httptest.NewRequest(http.MethodGet, path.Join("/", u.Path), http.NoBody))
			if links++; !permitted(target) && !slices.Contains([]string{"/metrics", "/-/healthy", "/-/ready"}, target) {
				t.Errorf("%s links to %s, which a viewer may not get", page, target)
			}
		}
	}
	if links < 10 || permitted("/-/reload") || permitted("/metrics") || permitted("/debug/pprof/heap") {
		t.Errorf("%d links, role %q", links, roles[0])
	}
}
