// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// makeHostile replaces the texts of a report.
func makeHostile[T any](t *testing.T, report T, keep ...string) T {
	t.Helper()
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	var walk func(key string, v any) any
	walk = func(key string, v any) any {
		switch v := v.(type) {
		case map[string]any:
			for k := range v {
				v[k] = walk(k, v[k])
			}
		case []any:
			for i := range v {
				v[i] = walk(key, v[i])
			}
		case string:
			if len(v) > 3 && v[0] == '2' && v[len(v)-1] == 'Z' || slices.Contains(keep, key) {
				return v // a time, or a value by which the page is found
			}
			if key == "playbook" {
				return "javascript:alert(3)"
			}
			return hostile
		}
		return v
	}
	text, err = json.Marshal(walk("", tree))
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEverythingIsEscaped(t *testing.T) {
	o := testOptions(t)
	report, _ := o.Report(t.Context())
	flow, clusters, list := o.SecretFlow(), o.Clusters(), readFixture[objects.List](t, "objects.json")
	one := readFixture[objects.Detail](t, "object.json")
	// The kept fields lead to the pages; the overview is also tested with hostile ones.
	for name, keep := range map[string][]string{"all": nil, "but names": {"name", "system", "cluster"}, "but ids": {"id", "rootCause"}} {
		o.Report = func(context.Context) (health.Report, error) { return makeHostile(t, report, keep...), nil }
		o.SecretFlow = func() secretflow.Report { return makeHostile(t, flow, keep...) }
		o.Clusters = func() fleetreport.Report { return makeHostile(t, clusters, keep...) }
		o.Objects = func(objects.Query) objects.List { return makeHostile(t, list, keep...) }
		o.Changes = func(q changes.Query) changes.List { return makeHostile(t, fakeChanges(q), append(keep, "type")...) }
		o.Object = func(objects.Node) (objects.Detail, bool) { return makeHostile(t, one, keep...), true }
		h := newHandler(t, o)
		for _, path := range []string{
			"/changes", "/changes?text=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&kind=%22%3E%3Cscript%3E",
			"/objects", "/objects/%3Cscript%3Ealert(1)%3C%2Fscript%3E/%22%3E/x/%3Cimg%3E", "/objects?text=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&kind=%22%3E%3Cscript%3E&sort=-name",
			"/", "/clusters/management", "/systems/flux", "/secretflow", "/status", "/clusters/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
			"/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&severity=%22%3E%3Cscript%3E", "/clusters/management?%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
		} {
			w := getPage(h, path)
			if w.Code >= http.StatusInternalServerError {
				t.Errorf("%s %s: %d %s", name, path, w.Code, w.Body)
			}
			checkHarmless(t, name+" "+path, w.Body.String())
		}
	}
}

// checkHarmless fails if a page has a script, a handler or a URL of another origin.
func checkHarmless(t *testing.T, what, page string) {
	t.Helper()
	if strings.ContainsAny(page, "\x1b\u202e") {
		t.Errorf("%s: has control characters", what)
	}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "img" || n.Data == "script" && (n.FirstChild != nil || len(n.Attr) != 2) {
			t.Errorf("%s: has <%s> %v", what, n.Data, n.Attr)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") {
				t.Errorf("%s: <%s %s=%q>", what, n.Data, a.Key, a.Val)
			}
			if own := strings.HasPrefix(a.Val, "./") || strings.HasPrefix(a.Val, "../") || a.Val[:min(1, len(a.Val))] == "?" ||
				strings.HasPrefix(a.Val, "#"); !own &&
				(a.Key == "src" || a.Key == "action" || a.Key == "href" && !strings.HasPrefix(a.Val, "https://github.com/cobaltcore-dev/") && !strings.HasPrefix(a.Val, silenceForm)) {
				t.Errorf("%s: <%s %s=%q> leads elsewhere", what, n.Data, a.Key, a.Val)
			}
		}
	}
}
