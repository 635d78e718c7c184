//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// shotsEnv names a directory to which screenshots of all pages are written.
const shotsEnv = "COBALTCORE_SCREENSHOTS"

type step = chromedp.Action[chromedp.Void]

// call is a command of the DevTools protocol.
func call[P, R any](command cdp.Command[P, R], parameters P) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, parameters)
		return err
	})
}

// browser is a real browser with its error messages.
type browser struct {
	*testing.T

	ctx context.Context

	mu        sync.Mutex
	complains []string
	requests  []string
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	// Without the windows of chromium, it starts in a third of the CPU, and has not crashed here at its start.
	program, err := testbed.DebianProgram(t.Context(), "chromium-headless-shell")
	harness.Must(t, err)
	allocator, endAll := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-dev-shm-usage", true))...)
	ctx, end := chromedp.NewContext(allocator)
	b := &browser{T: t, ctx: ctx}
	t.Cleanup(func() {
		harness.Must(t, chromedp.Cancel(ctx))
		end()
		endAll()
	})
	harness.Must(t, chromedp.Do(ctx)) // a browser lives as long as the context of the first call
	harness.Must(t, chromedp.Listen(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			b.complains = append(b.complains, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		case *runtime.EventExceptionThrown:
			b.complains = append(b.complains, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			b.complains = append(b.complains, fmt.Sprintf("console.%s", e.Type))
		case *network.EventRequestWillBeSent:
			b.requests = append(b.requests, e.Request.URL)
		}
	}))
	b.do(call(log.Enable, cdp.Empty{}), call(network.Enable, network.EnableParams{}))
	return b
}

func (b *browser) do(steps ...step) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	harness.Must(b, chromedp.Do(ctx, steps...))
}

// eval is the value of a script.
func eval[T any](b *browser, script string) T {
	b.Helper()
	value, err := tryEval[T](b, script)
	harness.Must(b, err)
	return value
}

// tryEval returns an error where a script fails, or gets no answer, as in a tab that has crashed.
func tryEval[T any](b *browser, script string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

// checkNoErrors fails if the browser has logged an error, or sent a request to another server than the
// exporter.
func (b *browser) checkNoErrors(what, exporter string) {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.complains) > 0 {
		b.Errorf("%s: %s", what, strings.Join(b.complains, "\n"))
	}
	for _, r := range b.requests {
		if !strings.HasPrefix(r, exporter+"/") {
			b.Errorf("%s: asks for %s", what, r)
		}
	}
	b.complains, b.requests = nil, nil
}

// setViewport sets the size and the colour scheme of the browser.
func setViewport(width, height int64, scheme string) step {
	return chromedp.Steps(
		chromedp.EmulateViewport(width, height),
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
	)
}

// snapshotExporter serves test/fleet.
func snapshotExporter(t *testing.T) *harness.Exporter {
	t.Helper()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	e := harness.StartExporter(t, "", func(o *app.Options) { o.ConfigFile = filepath.Join(root, "test", "fleet", "fleet.yaml") })
	e.WaitReady(t)
	harness.Eventually(t, time.Minute, func() error {
		code, _, err := e.Get(t.Context(), "/")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("status %d", code)
		}
		return err
	})
	return e
}

// TestPages opens every page with the sizes of a phone and a screen, in light and dark. It checks that there are no
// errors, no requests to other servers, no overflow, and no violations found by axe.
func TestPages(t *testing.T) {
	e, b := snapshotExporter(t), startBrowser(t)
	axe, err := testbed.Axe(t.Context())
	harness.Must(t, err)
	for name, path := range map[string]string{
		"overview": "/", "filtered": "/?severity=critical", "cluster": "/clusters/management", "system": "/systems/flux", "secretflow": "/secretflow", "status": "/status",
		"objects": "/objects?state=not_ready", "object": "/objects/storage/ClusterSecretStore/-/openbao-cluster-store", "source": "/objects/management/GitRepository/flux-system/c5c3-gitops",
		"changes": "/changes",
	} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{320, 1280, 3840} {
				what := fmt.Sprintf("%s-%s-%d", name, scheme, width)
				// The Content-Security-Policy would block the script of the test.
				b.do(setViewport(width, 900, scheme), call(page.SetBypassCSP, page.SetBypassCSPParams{Enabled: false}), chromedp.Navigate(e.URL+path),
					chromedp.WaitReady("#main"))
				b.checkNoErrors(what, e.URL)
				if wide := eval[int64](b, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("%s: the page is %d wide", what, wide)
				}
				for _, list := range eval[[]string](b, `[...document.querySelectorAll("#objects, #changes, #matrix")].filter((e) => innerWidth < 640 && e.scrollWidth > e.clientWidth).map((e) => e.id)`) {
					t.Errorf("%s: %s is cut", what, list)
				}
				b.shot(what)
				b.do(call(page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}), chromedp.Reload(), chromedp.WaitReady("#main"))
				eval[any](b, "document.querySelectorAll('details').forEach((d) => { d.open = true }); null")
				eval[any](b, axe+";null")
				for _, v := range eval[[]string](b, `axe.run().then((r) => r.violations.flatMap((v) => v.nodes.slice(0, 3).map((n) => v.id + ": " + n.html + " " + n.failureSummary)))`) {
					t.Errorf("%s: axe: %s", what, v)
				}
				b.checkNoErrors(what, e.URL)
			}
		}
	}
}

// shot keeps a picture, if a directory is given.
func (b *browser) shot(name string) {
	b.Helper()
	dir := os.Getenv(shotsEnv)
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	harness.Must(b, err)
	harness.Must(b, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600))
}

// TestPageByKeyboard reaches a cell of the matrix with Tab and follows it.
func TestPageByKeyboard(t *testing.T) {
	e, b := snapshotExporter(t), startBrowser(t)
	b.do(setViewport(1280, 900, "light"), chromedp.Navigate(e.URL+"/"), chromedp.WaitReady("#main"))
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := eval[string](b, "document.activeElement.className"); got != "skip" {
		t.Errorf("the first stop is %q, not the way to the content", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	for range 60 {
		b.do(chromedp.KeyEvent(kb.Tab))
		if eval[string](b, "document.activeElement.id") == "cell-management-openbao" {
			break
		}
	}
	if got := eval[string](b, "document.activeElement.id"); got != "cell-management-openbao" {
		t.Fatalf("Tab ends at %q", got)
	}
	if got := eval[string](b, "getComputedStyle(document.activeElement).outlineStyle"); got != "solid" {
		t.Errorf("the focus is not seen: outline %s", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitReady(`#main .tiles`))
	if got := eval[string](b, "location.pathname + location.search"); got != "/clusters/management?system=openbao" {
		t.Errorf("Enter leads to %s", got)
	}
}

// TestPageRefresh keeps the scroll position while the content changes.
func TestPageRefresh(t *testing.T) {
	e, b := snapshotExporter(t), startBrowser(t)
	// The test decides when 15 seconds are over.
	hold := call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: "window.setInterval = (f) => { window.tick = f }"})
	b.do(setViewport(700, 700, "light"), hold, chromedp.Navigate(e.URL+"/"), chromedp.WaitReady("#main"))
	eval[any](b, `(() => {
		const d = document.querySelectorAll("#main .card details")[8]; d.open = true; window.opened = d.id;
		document.getElementById("matrix").scrollLeft = 120;
		document.getElementById("cell-management-openbao").focus({preventScroll: true});
		scrollTo(0, 1500);
		document.querySelector("#main h1").textContent = "old";
	})()`)
	const state = `[opened, document.getElementById(opened).open, document.getElementById("matrix").scrollLeft, document.activeElement.id, scrollY, document.querySelector("#main h1").textContent.includes("down")].join(" ")`
	const heading = `document.querySelector("#main h1").textContent`
	before := eval[string](b, state)
	if !strings.HasSuffix(before, " false") || strings.Contains(before, " 0 ") {
		t.Fatalf("before: %s", before)
	}
	refreshed := strings.TrimSuffix(before, "false") + "true"
	eval[any](b, "tick()")
	if after := eval[string](b, state); after != refreshed {
		t.Errorf("%s, want %s", after, refreshed)
	}

	// The page does not refresh while text is selected or the refresh is paused.
	eval[any](b, `document.querySelector("#main h1").textContent = "old"; getSelection().selectAllChildren(document.querySelector("#main h1"))`)
	eval[any](b, "tick()")
	if got := eval[string](b, heading); got != "old" {
		t.Errorf("with a selection: refreshed to %s", got)
	}
	eval[any](b, `getSelection().removeAllRanges(); document.getElementById("pause").click()`)
	eval[any](b, "tick()")
	if got := eval[string](b, heading); got != "old" {
		t.Errorf("paused: refreshed to %s", got)
	}
	b.checkNoErrors("refresh", e.URL)

	// The page must show that the exporter does not respond.
	eval[any](b, `fetch = () => Promise.reject(new Error()); document.getElementById("pause").click(); tick()`)
	harness.Eventually(t, time.Minute, func() error {
		if !eval[bool](b, `!document.getElementById("lost").hidden`) {
			return fmt.Errorf("the page does not show it")
		}
		return nil
	})
}

// TestPageWithoutScript checks that without scripts, only the refresh is missing.
func TestPageWithoutScript(t *testing.T) {
	e, b := snapshotExporter(t), startBrowser(t)
	b.do(call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}), setViewport(1280, 900, "light"),
		chromedp.Navigate(e.URL+"/"), chromedp.WaitReady("#main"))
	b.do(chromedp.Click("#filter > summary"), chromedp.SetAttributeValue("#filter-text", "value", "crl"), chromedp.Click("form.filter button"), chromedp.WaitReady(`form.filter a[href="?"]`))
	text, err := chromedp.Run(b.ctx, chromedp.Text("#main"))
	harness.Must(t, err)
	if !strings.Contains(text, "OpenBaoCRLExpiring") || strings.Contains(text, "AuroraControllerDown") {
		t.Errorf("filtered: %s", text)
	}
	b.checkNoErrors("without script", e.URL)
}

// TestObjectPicture checks the geometry of the graph of an object: nothing is cut, no boxes overlap, no text exceeds
// its box, and each line begins and ends at a box.
func TestObjectPicture(t *testing.T) {
	e, b := snapshotExporter(t), startBrowser(t)
	for _, path := range []string{
		"/objects/management/GitRepository/flux-system/c5c3-gitops", "/objects/management/Kustomization/flux-system/control-plane-infrastructure",
		"/objects/storage/ClusterSecretStore/-/openbao-cluster-store",
	} {
		b.do(setViewport(1280, 900, "light"), chromedp.Navigate(e.URL+path), chromedp.WaitReady("#picture svg"))
		for _, problem := range eval[[]string](b, `(() => {
			const svg = document.querySelector("#picture svg"), view = svg.viewBox.baseVal, problems = [];
			const nodes = [...svg.querySelectorAll("g.node")].map((g) => ({name: g.querySelector("title").textContent, box: g.querySelector("rect").getBBox(), texts: [...g.querySelectorAll("text")].map((t) => t.getBBox())}));
			const inside = (a, b) => a.x >= b.x - 1 && a.y >= b.y - 1 && a.x + a.width <= b.x + b.width + 1 && a.y + a.height <= b.y + b.height + 1;
			if (nodes.length < 3) problems.push("only " + nodes.length + " boxes");
			nodes.forEach((n, i) => {
				if (!inside(n.box, view)) problems.push(n.name + " is cut");
				if (n.texts.some((t) => !inside(t, n.box))) problems.push("a text leaves the box of " + n.name);
				for (const m of nodes.slice(i + 1)) {
					if (n.box.x < m.box.x + m.box.width && m.box.x < n.box.x + n.box.width && n.box.y < m.box.y + m.box.height && m.box.y < n.box.y + n.box.height) problems.push(n.name + " and " + m.name + " overlap");
				}
			});
			const touches = (p) => nodes.some((n) => p.x >= n.box.x - 2 && p.x <= n.box.x + n.box.width + 2 && p.y >= n.box.y - 2 && p.y <= n.box.y + n.box.height + 2);
			for (const line of svg.querySelectorAll("path.edge")) {
				if (!inside(line.getBBox(), view)) problems.push("a line is cut: " + line.getAttribute("d"));
				if (![line.getPointAtLength(0), line.getPointAtLength(line.getTotalLength())].every(touches)) problems.push("a line ends nowhere: " + line.getAttribute("d"));
			}
			return problems;
		})()`) {
			t.Errorf("%s: %s", path, problem)
		}
		b.do(chromedp.Click("#picture svg a:last-of-type"), chromedp.WaitReady("#main dl.facts"))
		if got := eval[string](b, "location.pathname"); got == path || !strings.HasPrefix(got, "/objects/") {
			t.Errorf("%s: the last box leads to %s", path, got)
		}
		b.checkNoErrors(path, e.URL)
	}
}
