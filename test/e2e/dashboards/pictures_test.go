//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const (
	pictureWidth  = 1280
	pictureHeight = 1200 // the rest of a page is cut off
)

// TestPictures checks that the pictures in docs/images are current: their recorded texts must equal the texts of the
// page for test/fleet. make screenshots updates pictures and texts.
func TestPictures(t *testing.T) {
	e, b := pushedExporter(t), startBrowser(t)
	const recorded = "testdata/pictures.txt"
	var texts strings.Builder
	for _, p := range [][2]string{
		{"overview", "/"}, {"object", "/objects/management/HelmRelease/glance-system/glance-operator"},
		{"changes", "/changes"}, {"secretflow", "/secretflow"},
	} {
		b.do(setViewport(pictureWidth, pictureHeight, "light"), chromedp.Navigate(e.URL+p[1]), chromedp.WaitReady("#main"))
		fmt.Fprintf(&texts, "# %s\n%s\n", p[0], steadyText(eval[string](b, visibleText)))
		if wide := eval[[]string](b, wideTables); len(wide) > 0 {
			t.Errorf("%s: the right end of %q is not in the picture", p[0], wide)
		}
		if *screenshots != "" {
			end := eval[float64](b, `document.querySelector("#main").getBoundingClientRect().bottom`)
			b.takePicture(filepath.Join(*screenshots, "images", p[0]+".png"), pictureWidth, min(end+8, pictureHeight))
		}
	}
	if *screenshots != "" {
		harness.Must(t, os.WriteFile(recorded, []byte(texts.String()), 0o600))
	}
	want, err := os.ReadFile(recorded)
	harness.Must(t, err)
	if diff := cmp.Diff(string(want), texts.String()); diff != "" {
		t.Errorf("the pictures of docs/images are old (-picture +page), run make screenshots:\n%s", diff)
	}
}

// takePicture writes the upper part of a page into a file.
func (b *browser) takePicture(file string, width, height float64) {
	b.Helper()
	picture, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip: &page.Viewport{Width: width, Height: height, Scale: 1},
	})
	harness.Must(b, err)
	small, err := palettePNG(picture.Data)
	harness.Must(b, err)
	harness.Must(b, os.WriteFile(file, small, 0o600))
}

// wideTables is a script that returns the IDs of tables that are wider than the page.
const wideTables = `[...document.querySelectorAll(".scroll:has(table)")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.id)`

// visibleText is a script that returns the text of a page, and of the boxes in its picture.
const visibleText = `[document.querySelector("#main").innerText, ...[...document.querySelectorAll("#main svg .node title")].map((t) => t.textContent)].join("\n")`

var (
	date  = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`)
	age   = regexp.MustCompile(`\b\d+(d(\d+h)?|h(\d+m)?|m(\d+s)?|s)\b`)
	ages  = regexp.MustCompile(`AGE( AGE)+`)
	since = regexp.MustCompile(`(first seen|for (at least )?AGE, since) DATE`)
)

// steadyText returns the lines of a text in their order, without times, each once.
func steadyText(text string) string {
	text = since.ReplaceAllString(ages.ReplaceAllString(age.ReplaceAllString(date.ReplaceAllString(text, "DATE"), "AGE"), "AGE"), "since DATE")
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// pushedExporter serves test/fleet after a push to its repository and an update of its Flux Operator.
func pushedExporter(t *testing.T) *harness.Exporter {
	t.Helper()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	dir, recorded := t.TempDir(), filepath.Join(root, "test", "fleet")
	harness.Must(t, os.CopyFS(dir, os.DirFS(recorded)))
	before := map[string]*strings.Replacer{}
	pushed := strings.NewReplacer("7b6fde1f5c5f00128652e6ab508a6b2c6d2fffc6", "0c1f6f7d1d1b4ddc8a1e3f6ab4cf3f2a90bb0e51")
	before["management/kustomizations.yaml"], before["management/sources/git.yaml"] = pushed, pushed
	before["management/controllers.yaml"] = strings.NewReplacer("flux-operator:v0.59.0", "flux-operator:v0.58.0", "io/version: v0.59.0", "io/version: v0.58.0")
	rewrite := func(change func(name, text string) string) {
		for name := range before {
			text, err := os.ReadFile(filepath.Join(recorded, name))
			harness.Must(t, err)
			harness.Must(t, os.WriteFile(filepath.Join(dir, name), []byte(change(name, string(text))), 0o600))
		}
	}
	rewrite(func(name, text string) string { return before[name].Replace(text) })
	e := harness.StartExporter(t, "", func(o *app.Options) { o.ConfigFile = filepath.Join(dir, "fleet.yaml") })
	e.WaitReady(t)
	rewrite(func(_, text string) string { return text })
	harness.Eventually(t, time.Minute, func() error {
		for _, want := range []string{"main@7b6fde1", "changed to version v0.59.0"} {
			code, body, err := e.Get(t.Context(), "/api/v1/changes?limit=1000")
			if err != nil || code != http.StatusOK || !strings.Contains(string(body), want) {
				return fmt.Errorf("status %d, no change %q: %w", code, want, err)
			}
		}
		return nil
	})
	return e
}
