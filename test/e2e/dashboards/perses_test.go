//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// testPersesDashboards renders every dashboard of a fleet with the components of Perses.
func testPersesDashboards(t *testing.T, b *browser, site *persesSite, f shownFleet) {
	tab := b.tab(t)
	for _, d := range persesDashboards(t, f.label) {
		for _, p := range tab.show(site, f, d, "15m", true) {
			if len(p.Alerts) > 0 {
				t.Errorf("%s: %s: %s", d.Metadata.Name, p.Title, p.Alerts)
			}
			if len(p.Cut) > 0 {
				t.Errorf("%s: %s: cut: %q", d.Metadata.Name, p.Title, p.Cut)
			}
			if odd := oddText.FindString(p.Text); odd != "" {
				t.Errorf("%s: %s: %q in %s", d.Metadata.Name, p.Title, odd, p.Text)
			}
		}
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, c := range append(tab.complains, site.complaints(f)...) {
		t.Error(c)
	}
}

// oddText matches text that indicates an error on a page.
var oddText = regexp.MustCompile(`\b(NaN|undefined|null|Infinity|\[object Object\]|Invalid Date)\b|-?[1-9],?\d{3},?\d{3},?\d{3}\b|-\S+ms|\$\{?[a-z_]+|\{\{`)

// renderedPanel is a panel as rendered.
type renderedPanel struct {
	Title    string
	Text     string   // without the title
	Alerts   []string // errors
	Cut      []string // texts that end with an ellipsis
	Canvases int
}

// seenPanels is a script that returns the text of panels.
const seenPanels = `[...document.querySelectorAll('[data-testid="panel"]')].map((p) => ({
	Title: p.querySelector("header h2, header .MuiTypography-root")?.innerText ?? "",
	Text: [...p.children].filter((c) => c.tagName != "HEADER").map((c) => c.innerText).join(" ").trim(),
	Alerts: [...p.querySelectorAll('[role="alert"]')].map((a) => a.innerText),
	Cut: [...p.querySelectorAll("*")]
		.filter((e) => e.scrollWidth > e.clientWidth && getComputedStyle(e).textOverflow == "ellipsis").map((e) => e.innerText),
	Canvases: p.querySelectorAll("canvas").length,
}))`

// settled is a condition: all groups are open if they have to be, all panels are there, and nothing
// is on its way.
const settled = `%t && document.querySelectorAll('[aria-label^="expand group"]').forEach((e) => e.click()),
	window.queries?.isFetching() === 0 && document.querySelectorAll('[data-testid="panel"]').length === %d &&
	!document.querySelector('.MuiSkeleton-root, [role="progressbar"]')`

// show opens a page and waits until every panel has content, and retries after a panel without data. The page does not
// refresh itself, because on a slow machine a large page takes longer than the refresh interval.
func (b *browser) show(site *persesSite, f shownFleet, d persesDashboard, span string, all bool) []renderedPanel {
	b.Helper()
	open := chromedp.Navigate(fmt.Sprintf("%s/%s?dashboard=%s&start=%s&refresh=0s%s", site.URL, f.path(), d.Metadata.Name, span, variables(d, f)))
	b.do(setViewport(shotWidth, 11000, "light"), open) // panels outside the window are not queried
	var panels []renderedPanel
	want, mayBeEmpty := d.panels(all), mayBeEmpty()
	if err := testbed.Poll(b.Context(), 5*time.Minute, func(context.Context) error {
		there, err := tryEval[bool](b, fmt.Sprintf(settled, all, want))
		if err != nil {
			b.do(open)
			return fmt.Errorf("%s: %w", d.Metadata.Name, err)
		}
		if !there {
			b.mu.Lock()
			defer b.mu.Unlock()
			return fmt.Errorf("%s is not there: %s", d.Metadata.Name, b.complains)
		}
		panels = eval[[]renderedPanel](b, seenPanels)
		for _, p := range panels {
			// Without rows, a table is blank.
			if p.Canvases == 0 && p.Text == "" && !mayBeEmpty[d.Metadata.Name+": "+p.Title] {
				b.do(open)
				return fmt.Errorf("%s: %s: there is nothing to see", d.Metadata.Name, p.Title)
			}
		}
		return nil
	}); err != nil {
		b.Error(err)
	}
	return panels
}

// The variables whose value is not the first one.
func variables(d persesDashboard, f shownFleet) string {
	var query strings.Builder
	for _, v := range d.Spec.Variables {
		if value := variableValue(v.Spec.Name, f.name); value != "" && !v.Spec.AllowMultiple {
			fmt.Fprintf(&query, "&var-%s=%s", v.Spec.Name, value)
		}
	}
	return query.String()
}

// persesDashboard has the fields of a generated dashboard that the test uses.
type persesDashboard struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Panels  map[string]struct{}
		Layouts []struct {
			Spec struct {
				Display *struct{ Collapse struct{ Open bool } }
				Items   []struct{}
			}
		}
		Variables []struct {
			Spec struct {
				Name          string
				AllowMultiple bool
			}
		}
	}
}

// panels returns the number of panels, in all groups or in those that are open.
func (d persesDashboard) panels(all bool) int {
	n := 0
	for _, l := range d.Spec.Layouts {
		if all || l.Spec.Display == nil || l.Spec.Display.Collapse.Open {
			n += len(l.Spec.Items)
		}
	}
	return n
}

func persesDashboards(t *testing.T, label string) []persesDashboard {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(generated(t, "perses", label), "*.json"))
	harness.Must(t, err)
	var all []persesDashboard
	for _, name := range names {
		text, err := os.ReadFile(name)
		harness.Must(t, err)
		var d persesDashboard
		harness.Must(t, json.Unmarshal(text, &d))
		if d.Kind == "Dashboard" {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no dashboard is generated for %s", label)
	}
	return all
}

// tab opens another tab of the browser.
func (b *browser) tab(t *testing.T) *browser {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx)
	tab := &browser{T: t, ctx: ctx}
	t.Cleanup(func() {
		harness.Must(t, chromedp.Cancel(ctx))
		end()
	})
	harness.Must(t, chromedp.Do(ctx))
	harness.Must(t, chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			tab.mu.Lock()
			defer tab.mu.Unlock()
			tab.complains = append(tab.complains, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
		}
	}))
	tab.do(call(runtime.Enable, cdp.Empty{}))
	return tab
}
