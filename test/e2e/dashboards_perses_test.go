//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// persesSite is a web server with the components of Perses, the dashboards, and the
// Prometheus of every fleet at /FLEET/prometheus, so that all is of one origin.
type persesSite struct {
	*httptest.Server

	mu       sync.Mutex
	complain map[string][]string // by fleet: answers that are not as they should be
}

func startPersesSite(t *testing.T, fleets []shown) *persesSite {
	t.Helper()
	ui, err := testbed.PersesUI(t.Context())
	must(t, err)
	s, files := &persesSite{complain: map[string][]string{}}, http.FileServer(http.Dir(ui))
	mux := http.NewServeMux()
	mux.Handle("/", files)
	for _, f := range fleets {
		dir := http.FileServer(http.Dir(generated(t, "perses", f.label)))
		mux.Handle("/"+f.path()+"/dashboards/", http.StripPrefix("/"+f.path()+"/dashboards", dir))
		mux.HandleFunc("/"+f.path(), func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join(ui, "page.html")) })
		target, err := url.Parse(f.URL)
		must(t, err)
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		mux.Handle("/"+f.path()+"/prometheus/", http.StripPrefix("/"+f.path()+"/prometheus", &httputil.ReverseProxy{
			Transport: transport,
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				r.Out.Header.Del("Accept-Encoding")
			},
			ModifyResponse: func(r *http.Response) error { return s.look(f.path(), r) },
		}))
	}
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// generated is the directory of the generated dashboards of one kind.
func generated(t *testing.T, of, label string) string {
	t.Helper()
	root, err := testbed.RepoRoot()
	must(t, err)
	return filepath.Join(root, "dashboards", "generated", of, label)
}

// path is unique among the fleets.
func (s shown) path() string { return s.name + "-" + s.label }

// look reads an answer of Prometheus and remembers what is wrong with it.
func (s *persesSite) look(fleet string, r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	_ = r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	var answer promAnswer
	err = json.Unmarshal(body, &answer)
	if err == nil && r.StatusCode == http.StatusOK && len(answer.Warnings)+len(answer.Infos) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complain[fleet] = append(s.complain[fleet], fmt.Sprintf("%s %s: %s %v %v", r.Request.Method, r.Request.URL, r.Status, answer, err))
	return nil
}

// renderedPanel is what a panel looks like.
type renderedPanel struct {
	Title    string
	Text     string   // without the title
	Alerts   []string // errors
	Canvases int
}

// seenPanels is a script that says what panels show.
const seenPanels = `[...document.querySelectorAll('[data-testid="panel"]')].map((p) => ({
	Title: p.querySelector("header h2, header .MuiTypography-root")?.innerText ?? "",
	Text: [...p.children].filter((c) => c.tagName != "HEADER").map((c) => c.innerText).join(" ").trim(),
	Alerts: [...p.querySelectorAll('[role="alert"]')].map((a) => a.innerText),
	Canvases: p.querySelectorAll("canvas").length,
}))`

// settled is a condition: all panels are there and nothing is on its way.
const settled = `document.querySelectorAll('[aria-label^="expand group"]').forEach((e) => e.click()),
	window.queries?.isFetching() === 0 && document.querySelectorAll('[data-testid="panel"]').length === %d &&
	!document.querySelector('.MuiSkeleton-root, [role="progressbar"]')`

// persesDashboard is what the test needs to know of a generated dashboard.
type persesDashboard struct {
	Metadata struct{ Name string }
	Spec     struct {
		Panels map[string]struct {
			Spec struct {
				Display struct{ Name string }
				Plugin  struct{ Kind string }
			}
		}
	}
}

func persesDashboards(t *testing.T, label string) []persesDashboard {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(generated(t, "perses", label), "*.json"))
	must(t, err)
	var all []persesDashboard
	for _, name := range names {
		text, err := os.ReadFile(name)
		must(t, err)
		var d persesDashboard
		must(t, json.Unmarshal(text, &d))
		if len(d.Spec.Panels) > 0 { // a project is not a dashboard
			d.Metadata.Name = strings.TrimSuffix(path.Base(name), ".json")
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no dashboard is generated for %s", label)
	}
	return all
}

// tab is one of a browser, which other tests may use in the meantime.
func (b *browser) tab(t *testing.T) *browser {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx)
	tab := &browser{T: t, ctx: ctx}
	t.Cleanup(func() {
		must(t, chromedp.Cancel(ctx))
		end()
	})
	must(t, chromedp.Listen(ctx, func(event any) {
		tab.mu.Lock()
		defer tab.mu.Unlock()
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			tab.complains = append(tab.complains, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
		}
	}))
	must(t, chromedp.Do(ctx, call(runtime.Enable, struct{}{})))
	return tab
}

// show opens a dashboard, with all its groups, and waits until all is there.
func (b *browser) show(site *persesSite, f shown, d persesDashboard, span string) []renderedPanel {
	b.Helper()
	b.do(look(1200, 9000, "light"), // panels outside of the window are not asked for
		chromedp.Navigate(fmt.Sprintf("%s/%s?dashboard=%s&start=%s", site.URL, f.path(), d.Metadata.Name, span)))
	if err := testbed.Poll(b.Context(), 30*time.Second, func(context.Context) error {
		if !eval[bool](b, fmt.Sprintf(settled, len(d.Spec.Panels))) {
			return fmt.Errorf("%s is not there: %v %v", d.Metadata.Name, eval[[]renderedPanel](b, seenPanels), b.complains)
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	return eval[[]renderedPanel](b, seenPanels)
}

// testPersesDashboards renders every dashboard with the components of Perses.
func testPersesDashboards(t *testing.T, fleets []shown) {
	site, b := startPersesSite(t, fleets), startBrowser(t)
	for _, f := range fleets {
		t.Run(f.path(), func(t *testing.T) {
			t.Parallel()
			tab := b.tab(t)
			for _, d := range persesDashboards(t, f.label) {
				panels := tab.show(site, f, d, "15m")
				tab.shot(d.Metadata.Name + "-" + f.path())
				for _, p := range panels {
					t.Logf("%s: %+v", d.Metadata.Name, p)
					if len(p.Alerts) > 0 {
						t.Errorf("%s: %s: %s", d.Metadata.Name, p.Title, p.Alerts)
					}
					if p.Canvases == 0 && p.Text == "" {
						t.Errorf("%s: %s is empty", d.Metadata.Name, p.Title)
					}
				}
			}
			for _, c := range tab.complains {
				t.Error(c)
			}
			for _, c := range site.complain[f.path()] {
				t.Error(c)
			}
		})
	}
}
