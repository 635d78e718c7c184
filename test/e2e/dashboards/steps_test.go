//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// card is a root cause as shown in the browser.
type card struct {
	Title, Text, Command string
	// Bottom is where the command ends, and Width is how wide the page is.
	Bottom, Width int
}

const readCard = `(() => {
	const card = [...document.querySelectorAll("#main li.card")].find((c) => c.querySelector(".facts").innerText.includes(%q));
	if (!card) return {};
	const command = card.querySelector(".command code");
	return {Title: card.querySelector("h3").innerText, Text: card.innerText, Command: command ? command.textContent : "",
		Bottom: Math.ceil((command || card).getBoundingClientRect().bottom), Width: document.documentElement.scrollWidth};
})()`

// TestFirstScreen tests that for ten faults the first screen of the page, without scrolling or a
// click, has the root cause, its reason and the next command, also on a phone.
func TestFirstScreen(t *testing.T) {
	rules := []string{
		"AuroraDown", "CertManagerIssuerNotReady", "CobaltCoreGreenhouseClusterNotReady", "ESOStoreNotReady", "FluxApplyFailing",
		"FluxControllerDown", "FluxSourceFailing", "FluxStalled", "OpenBaoClusterSealed", "OpenBaoNoLeader",
	}
	b := startBrowser(t)
	for _, rule := range rules {
		config, err := ruletest.Fault(t.TempDir(), rule)
		harness.Must(t, err)
		e := harness.StartExporter(t, "", func(o *app.Options) { o.ConfigFile = config })
		e.WaitReady(t)
		f := findingOf(t, e, rule)
		for _, size := range [][2]int64{{1280, 800}, {390, 844}} {
			b.do(setViewport(size[0], size[1], "light"), chromedp.Navigate(e.URL+"/"), chromedp.WaitReady("#main"))
			b.shot(fmt.Sprintf("first-%s-%d", rule, size[0]))
			got := eval[card](b, fmt.Sprintf(readCard, rule))
			what := fmt.Sprintf("%s at %dx%d", rule, size[0], size[1])
			reason := f.Reason
			if reason == "" {
				reason = f.Description
			}
			switch {
			case !strings.Contains(got.Title, f.Summary):
				t.Errorf("%s: the card is %q, want %q", what, got.Title, f.Summary)
			case !strings.Contains(got.Text, reason):
				t.Errorf("%s: no reason %q in %q", what, reason, got.Text)
			case f.Command == "" || got.Command != f.Command:
				t.Errorf("%s: the command is %q, want %q", what, got.Command, f.Command)
			case got.Bottom > int(size[1]):
				t.Errorf("%s: the command ends at %d", what, got.Bottom)
			case got.Width > int(size[0]):
				t.Errorf("%s: the page is %d wide", what, got.Width)
			}
		}
		e.Stop(t)
	}
}

// findingOf waits for the first root cause of a rule in the report.
func findingOf(t *testing.T, e *harness.Exporter, rule string) (found health.Finding) {
	t.Helper()
	harness.Eventually(t, time.Minute, func() error {
		code, body, err := e.Get(t.Context(), "/api/v1/report")
		if err != nil || code != http.StatusOK {
			return fmt.Errorf("status %d: %w", code, err)
		}
		var report health.Report
		if err := json.Unmarshal(body, &report); err != nil {
			return err
		}
		i := slices.IndexFunc(report.Findings, func(f health.Finding) bool { return f.Rule == rule && f.RootCause == "" })
		if i < 0 {
			return fmt.Errorf("%d findings, none of %s", len(report.Findings), rule)
		}
		found = report.Findings[i]
		return nil
	})
	return found
}
