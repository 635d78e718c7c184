// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
)

// introduction is the page with the common part of all playbooks.
const introduction = "README.md"

// pages returns the files in playbooks.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("playbooks/*")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(f)] = string(text)
	}
	return all
}

// TestEveryAlertHasAPlaybook checks that the label of each alert names an existing playbook, and that each playbook has
// an alert.
func TestEveryAlertHasAPlaybook(t *testing.T) {
	all := pages(t)
	orphans := maps.Clone(all)
	delete(orphans, introduction)
	for _, r := range alerts.Rules() {
		if r.Severity == alerts.Info {
			continue
		}
		if _, ok := all[r.PlaybookFile()]; !ok {
			t.Errorf("%s: severity %s needs the playbook alerts/playbooks/%s", r.Name, r.Severity, r.PlaybookFile())
		}
		delete(orphans, r.PlaybookFile())
	}
	for name := range orphans {
		t.Errorf("playbooks/%s: no alert of severity warning or critical has this name; remove it", name)
	}
}

var (
	frontMatter = regexp.MustCompile(`\A---\ntitle: ([A-Za-z]+)\n---\n\n<!--\nSPDX-FileCopyrightText: [^\n]+\nSPDX-License-Identifier: Apache-2.0\n-->\n`)
	heading     = regexp.MustCompile(`(?m)^#+ .*$`)
	sections    = []string{"## Problem", "## Impact", "## Diagnosis", "## Solution", "## Silence"}
)

// TestPlaybooksHaveTheirForm checks that playbooks have the form that Greenhouse reads, with a section about silences.
func TestPlaybooksHaveTheirForm(t *testing.T) {
	for name, text := range pages(t) {
		if name == introduction {
			continue
		}
		m := frontMatter.FindStringSubmatch(text)
		if m == nil || m[1] != strings.TrimSuffix(name, ".md") {
			t.Errorf("%s: the front matter has the name of the alert as title, then comes the licence", name)
		}
		if got := heading.FindAllString(withoutCode(text), -1); !slices.Equal(got, sections) {
			t.Errorf("%s: sections are %q, want %q", name, got, sections)
		}
		for i, part := range heading.Split(withoutCode(text), -1) {
			if strings.TrimSpace(part) == "" {
				t.Errorf("%s: nothing after heading %d", name, i)
			}
		}
		for _, part := range []string{"](README.md)", "```sh\n", "`alertname=" + strings.TrimSuffix(name, ".md")} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: there is no %q", name, part)
			}
		}
	}
}

// withoutCode returns a text with empty code blocks, because a comment in code is not a heading.
func withoutCode(text string) string {
	return codeBlock.ReplaceAllString(text, "```$1\n```")
}

var (
	codeBlock  = regexp.MustCompile("(?ms)^```(\\w*)[^\n]*\n(.*?)^```$")
	metricName = regexp.MustCompile(`\b(?:cobaltcore|flux)(?:_[a-z0-9]+)+\b|\bcobaltcore(?::[a-z_]+)+\b`)
	link       = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
	// Playbooks must not contain registries of images or paths on a developer's machine.
	local = regexp.MustCompile(`\b(?:ghcr|gcr|quay|docker)\.io\b|registry\.[a-z]|(?:^|[\s'"=@(])/(?:home|root|work|tmp|Users)/`)
)

// alertNames returns the words that look like names of alerts, because they begin with the prefix of a system.
func alertNames() *regexp.Regexp {
	var prefixes []string
	for _, d := range alerts.Descriptions() {
		prefixes = append(prefixes, d.Prefixes...)
	}
	return regexp.MustCompile(`\b(?:` + strings.Join(prefixes, "|") + `)[A-Z][A-Za-z]+\b`)
}

// noAlerts lists words that only look like names of alerts: kinds, and a reason of Greenhouse.
var noAlerts = []string{"FluxInstance", "FluxReport", "FluxHelmReleaseStalled"}

// TestPlaybooksNameWhatExists checks that the metrics, labels, alerts and files that playbooks name exist.
func TestPlaybooksNameWhatExists(t *testing.T) {
	known := exported(t)
	names, alertName := alerts.Names(), alertNames()
	for name, text := range pages(t) {
		for _, m := range metricName.FindAllString(text, -1) {
			if _, ok := known[m]; !ok {
				t.Errorf("%s: no collector exports %s", name, m)
			}
		}
		for _, m := range alertName.FindAllString(text, -1) {
			if !slices.Contains(names, m) && !slices.Contains(noAlerts, m) {
				t.Errorf("%s: there is no alert %s", name, m)
			}
		}
		for _, m := range local.FindAllString(text, -1) {
			t.Errorf("%s: %q holds in one place only", name, m)
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join("playbooks", filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s: the link leads nowhere: %v", name, err)
			}
		}
		for _, block := range codeBlock.FindAllStringSubmatch(text, -1) {
			if block[1] != "promql" {
				continue
			}
			for query := range strings.SplitSeq(strings.TrimSpace(block[2]), "\n\n") {
				checkQuery(t, name, query, known)
			}
		}
	}
}

func checkQuery(t *testing.T, where, query string, known map[string][]string) {
	t.Helper()
	e, err := alerts.Parse(query)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		s, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		declared, ok := known[s.Name]
		if !ok {
			t.Errorf("%s: no collector exports %s", where, s.Name)
		}
		for _, m := range s.LabelMatchers {
			if m.Name != "__name__" && declared != nil && !slices.Contains(declared, m.Name) {
				t.Errorf("%s: %s has no label %s", where, s.Name, m.Name)
			}
		}
		return nil
	})
}

// exported returns the existing metrics with their declared labels. Recordings and metrics of other
// exporters have no declared labels.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	known := map[string][]string{}
	everyExpression(t, func(_ string, e parser.Expr, only bool) {
		for _, m := range alerts.Metrics(e) {
			if only {
				known[m] = nil
			}
		}
	})
	for _, g := range alerts.Catalogue() {
		for _, r := range g.Recordings {
			known[r.Name] = nil
		}
	}
	self, err := app.SelfMetrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range self {
		known[f.GetName()] = nil
	}
	for _, f := range app.Families() {
		if known[f.Name] = f.Labels; f.Open {
			known[f.Name] = nil // additional labels come from the controllers
		}
	}
	return known
}
