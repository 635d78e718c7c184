// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

var (
	silence     = regexp.MustCompile("`(alertname=[^`]*)`")
	matcherName = regexp.MustCompile(`(\w+)=`)
)

// TestSilencesMatch checks that playbooks silence by labels that their alerts have, because a
// matcher for another label has no effect.
func TestSilencesMatch(t *testing.T) {
	t.Parallel()
	labels := map[string]map[string]bool{} // of the alerts of a playbook
	for _, f := range allFixtures(t) {
		for _, a := range evaluate(t, f, "cluster", f.Rows) {
			page := a.Rule.PlaybookFile()
			if labels[page] == nil {
				labels[page] = map[string]bool{}
			}
			for name := range a.Labels.Map() {
				labels[page][name] = true
			}
		}
	}
	for _, r := range alerts.Rules() {
		if r.Severity == alerts.Info {
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", "playbooks", r.PlaybookFile()))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range silence.FindAllSubmatch(text, -1) {
			for _, m := range matcherName.FindAllSubmatch(s[1], -1) {
				if !labels[r.PlaybookFile()][string(m[1])] {
					t.Errorf("%s: %s has no label %s", r.PlaybookFile(), r.Name, m[1])
				}
			}
		}
	}
}
