// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"strings"
	"testing"
)

// TestAllowedMetricsAreReexported checks that allowed metrics of any type are exported, and that a new list replaces
// the previous one.
func TestAllowedMetricsAreReexported(t *testing.T) {
	s := newSite(t)
	s.write("east/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: c-0, namespace: flux-system, labels: {app.kubernetes.io/part-of: flux, app: c}}\nspec: {containers: [{name: c, image: 'c:1'}]}\n")
	s.write("east/controllers/flux-system/c-0.prom", "# TYPE my_seconds histogram\nmy_seconds_bucket{le=\"+Inf\"} 2\nmy_seconds_sum 1.5\nmy_seconds_count 2\n# TYPE my_total counter\nmy_total{namespace=\"x\"} 7\nworkqueue_depth 3\n")
	s.configure("collectors: {controllers: {allow: [my_total, my_seconds]}}\nmetrics: {include: [my_total, my_seconds]}\n", "east")
	e := s.run()
	const labels = `{cluster="east",system="flux",component="c",controller_namespace="flux-system",controller_pod="c-0"`
	e.wantLine("my_total" + labels + `,exported_namespace="x"} 7`)
	e.wantLine("my_seconds_sum" + labels + `} 1.5`)
	e.wantLine("my_seconds_count" + labels + `} 2`)
	if _, body := e.ask(http.MethodGet, "/metrics"); strings.Count(body, "\n") != 3*3 {
		t.Errorf("more than what is included:\n%s", body)
	}
	s.configure("", "east")
	if code, body := e.ask(http.MethodPost, "/-/reload"); code != http.StatusOK {
		t.Fatal(code, body)
	}
	e.wantLine("workqueue_depth" + labels + `} 3`)
	if _, body := e.ask(http.MethodGet, "/metrics"); strings.Contains(body, "my_total") {
		t.Errorf("what was allowed before is there:\n%s", body)
	}
}
