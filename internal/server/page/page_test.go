// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// silenceForm is the form for a new silence.
const silenceForm = "https://alertmanager.example.com/#/silences/new?filter="

var update = flag.Bool("update", false, "write the golden files")

// readFixture returns a recorded answer of the API about test/fleet.
func readFixture[T any](t testing.TB, file string) T {
	t.Helper()
	var answer T
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// testOptions returns the options of an exporter that reads test/fleet.
func testOptions(t testing.TB) Options {
	t.Helper()
	report, flow, clusters := readFixture[health.Report](t, "report.json"), readFixture[secretflow.Report](t, "secretflow.json"), readFixture[fleetreport.Report](t, "clusters.json")
	detail := readFixture[objects.Detail](t, "object.json")
	return Options{
		Ready:      func() bool { return true },
		Report:     func(context.Context) (health.Report, error) { return report, nil },
		SecretFlow: func() secretflow.Report { return flow },
		Clusters:   func() fleetreport.Report { return clusters },
		Objects:    fakeObjects(t),
		Object: func(n objects.Node) (objects.Detail, bool) {
			return detail, n == objects.Node{Cluster: detail.Cluster, Kind: detail.Kind, Namespace: detail.Namespace, Name: detail.Name}
		},
		Changes:     fakeChanges,
		Verdicts:    fakeVerdicts,
		SilenceLink: func([]map[string]string) string { return silenceForm + strings.Repeat("filter", 30) },
		Kinds:       []objects.Kind{{Collector: "flux", Kind: "Kustomization"}, {Collector: "externalsecrets", Kind: "ClusterSecretStore"}},
		Version:     "version 1",
		Limit:       func(h http.Handler) http.Handler { return h },
	}
}

func newHandler(t testing.TB, o Options) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	if _, err := Register(mux, o); err != nil {
		t.Fatal(err)
	}
	return mux
}

func getPage(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return w
}

// TestGolden compares the pages without their repetitions.
func TestGolden(t *testing.T) {
	h := newHandler(t, testOptions(t))
	for name, path := range map[string]string{
		"overview.html": "/", "filtered.html": "/?severity=critical&cluster=management&q=crl", "cluster.html": "/clusters/storage",
		"system.html": "/systems/externalsecrets", "secretflow.html": "/secretflow", "status.html": "/status",
		"object.html": "/objects/storage/ClusterSecretStore/-/openbao-cluster-store", "changes.html": "/changes?type=state&since=1h&target=storage", "objects.html": "/objects?state=failed&sort=-since",
	} {
		w := getPage(h, path)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
		root, err := html.Parse(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		elideRepetitions(root)
		var got bytes.Buffer
		if err := html.Render(&got, root); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// elideRepetitions keeps the first of the rows, items and shapes with the same class and parent, and replaces
// the others by their number.
func elideRepetitions(n *html.Node) {
	first, more := map[string]*html.Node{}, map[*html.Node]int{}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		key := c.Data
		for _, a := range c.Attr {
			if a.Key == "class" {
				key += " " + a.Val
			}
		}
		switch {
		case c.Type != html.ElementNode || !slices.Contains([]string{"tr", "li", "option", "g", "path", "text"}, c.Data):
		case first[key] == nil:
			first[key] = c
		default:
			more[first[key]]++
			if space := c.PrevSibling; space != nil && space.Type == html.TextNode && strings.TrimSpace(space.Data) == "" {
				n.RemoveChild(space)
			}
			n.RemoveChild(c)
			c = next
			continue
		}
		elideRepetitions(c)
		c = next
	}
	for c, count := range more {
		n.InsertBefore(&html.Node{Type: html.CommentNode, Data: fmt.Sprintf(" and %d more ", count)}, c.NextSibling)
	}
}

// hostile replaces every text that comes from outside.
const hostile = `x"'><script>alert(1)</script><img src=x onerror=alert(2)>` + "\x1b[31m\u202e{{.}}"

func TestFilter(t *testing.T) {
	o := testOptions(t)
	h := newHandler(t, o)
	for path, want := range map[string]struct{ has, lacks string }{
		"/?severity=critical":                {`class="card critical"`, `class="card info"`},
		"/?system=openbao":                   {"OpenBaoCRLExpiring", "GreenhouseCluster"},
		"/?cluster=storage&system=openbao":   {"No firing finding matches the filter.", `class="card`},
		"/?q=OPENBAOCRL":                     {"OpenBaoCRLExpiring", "OpenBaoListener"},
		"/?q=no-such-thing":                  {"0 of ", `class="card`},
		"/?severity=bogus":                   {"0 of ", `class="card`},
		"/clusters/storage":                  {`name="system"`, `name="cluster"`},
		"/systems/flux":                      {`name="cluster"`, `name="system"`},
		"/clusters/management?system=aurora": {"AuroraControllerDown", "OpenBaoCRLExpiring"},
		// A root cause stays with its consequences, with a note.
		"/?q=SecretFlowBehind": {"only its consequences match", "OpenBaoCRLExpiring"},
	} {
		body := getPage(h, path).Body.String()
		if !strings.Contains(body, want.has) || strings.Contains(body, want.lacks) {
			t.Errorf("%s: has %q %v, has %q %v", path, want.has, strings.Contains(body, want.has), want.lacks, strings.Contains(body, want.lacks))
		}
	}
}

func TestHeaders(t *testing.T) {
	h := newHandler(t, testOptions(t))
	for _, path := range []string{"/", "/secretflow", "/clusters/nothing"} {
		got := getPage(h, path).Header()
		for key, want := range map[string]string{
			"Content-Security-Policy": contentSecurityPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Type": "text/html; charset=utf-8",
		} {
			if got.Get(key) != want {
				t.Errorf("%s: %s is %q", path, key, got.Get(key))
			}
		}
	}
	if strings.Contains(contentSecurityPolicy, "unsafe") {
		t.Error(contentSecurityPolicy)
	}
}

func TestAssets(t *testing.T) {
	h := newHandler(t, testOptions(t))
	_, rest, _ := strings.Cut(getPage(h, "/").Body.String(), `rel="stylesheet" href="./`)
	address, _, _ := strings.Cut(rest, `"`)
	for path, want := range map[string]string{
		"/" + address: "public, max-age=31536000, immutable", "/static/style.css?v=old": "no-cache", "/static/refresh.js": "no-cache", "/static/icon.svg": "no-cache",
	} {
		if w := getPage(h, path); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != want || w.Header().Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	for _, path := range []string{"/static/style", "/static/style.js", "/static/nothing.css", "/static/", "/static/..%2Fpage.go"} {
		if w := getPage(h, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestMissingParts(t *testing.T) {
	o := testOptions(t)
	h := newHandler(t, o)
	for path, says := range map[string]string{"/clusters/none": "There is no cluster &#34;none&#34; in the fleet.", "/systems/none": "There is no system &#34;none&#34;", "/objects/a/K/-/n": "There is no watched object K n in cluster &#34;a&#34;."} {
		if w := getPage(h, path); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), says) ||
			!strings.Contains(w.Body.String(), `../">Overview of the fleet`) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	o.Report = func(context.Context) (health.Report, error) { return health.Report{}, errors.New("no evaluation yet") }
	if w := getPage(newHandler(t, o), "/"); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "no evaluation yet") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBeforeReady(t *testing.T) {
	o := testOptions(t)
	o.Ready = func() bool { return false }
	o.Report = func(context.Context) (health.Report, error) { t.Error("asked"); return health.Report{}, nil }
	clusters := o.Clusters()
	clusters.Clusters[0].Collectors[0].Kinds[0].Synced = false
	o.Clusters = func() fleetreport.Report { return clusters }
	h := newHandler(t, o)
	for _, path := range []string{"/", "/secretflow", "/clusters/storage", "/systems/flux", "/objects"} {
		w := getPage(h, path)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Waiting for the fleet") ||
			!strings.Contains(w.Body.String(), "<td>1 of 2</td>") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	if w := getPage(h, "/status"); w.Code != http.StatusOK {
		t.Errorf("status: %d", w.Code)
	}
}

// TestPagesAreBounded checks the size of the pages of a fleet in which everything is broken.
func TestPagesAreBounded(t *testing.T) {
	o := testOptions(t)
	var r health.Report
	for i := range maxCauses + 3 {
		id := "cause" + string(rune('0'+i))
		r.Findings = append(r.Findings, health.Finding{ID: id, Rule: "R" + id, Severity: "warning", State: health.Firing})
	}
	for range maxFollowing + 2 {
		r.Findings = append(r.Findings, health.Finding{ID: "x", Rule: "F", Severity: "warning", State: health.Firing, RootCause: "cause0"})
	}
	flow := secretflow.Report{}
	late := true
	for range 6 {
		users := make([]secretflow.UserReport, maxUsers+4)
		users[0].Behind = &late
		flow.Paths = append(flow.Paths, secretflow.PathReport{Mount: "m", Consumers: users})
	}
	o.Report = func(context.Context) (health.Report, error) { return r, nil }
	o.SecretFlow = func() secretflow.Report { return flow }
	h := newHandler(t, o)
	if body := getPage(h, "/").Body.String(); !strings.Contains(body, "3 more root causes are on the next pages") || !strings.Contains(body, "2 more are in the JSON") ||
		!strings.Contains(body, fmt.Sprintf(`href="?next=%d#findings"`, maxCauses)) || strings.Contains(body, "First page") {
		t.Error("the overview has no bound, or does not show it")
	}
	if body := getPage(h, fmt.Sprintf("/?next=%d&q=R", maxCauses)).Body.String(); strings.Count(body, `<li id="finding-cause`) != 3 || !strings.Contains(body, `href="?q=R#findings"`) ||
		strings.Contains(body, "Next page") {
		t.Error("the second page has not the rest")
	}
	for path, want := range map[string]string{"/secretflow": `href="?next=4" rel="next"`, "/secretflow?next=4": "2 of 6 paths"} {
		if body := getPage(h, path).Body.String(); !strings.Contains(body, want) || !strings.Contains(body, "6 readers have an old version") ||
			!strings.Contains(body, "and 4 more writers and readers") {
			t.Errorf("%s: no %q, or other bounds are missing", path, want)
		}
	}
}

// TestClusterOfAnotherShard shows a cluster that another exporter watches.
func TestClusterOfAnotherShard(t *testing.T) {
	o := testOptions(t)
	other := 1
	o.Clusters = func() fleetreport.Report {
		return fleetreport.Report{
			Shard: &fleetreport.Shard{Index: 0, Count: 2}, Clusters: []fleetreport.Cluster{{Name: "far", Role: "storage", Shard: &other}},
			Discovery: []fleetreport.Place{{Cluster: "hub", Source: "greenhouse", Findings: []fleetreport.Finding{{Name: "broken", Reason: "name_taken", Other: "far"}}}},
		}
	}
	h := newHandler(t, o)
	for path, want := range map[string][]string{
		"/status":       {"shard 0 of 2", "watched by shard 1", "greenhouse in hub", "name taken", "(far)"},
		"/clusters/far": {"watched by shard 1", "This exporter does not watch this cluster."},
	} {
		w := getPage(h, path)
		body, _ := io.ReadAll(w.Body)
		for _, s := range want {
			if w.Code != http.StatusOK || !strings.Contains(string(body), s) {
				t.Errorf("%s: %d, %q is missing", path, w.Code, s)
			}
		}
	}
}
