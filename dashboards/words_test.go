// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReasonsAreWords: tables show each reason with an underscore that docs/metrics.md lists as words, and states of Flux as their titles.
func TestReasonsAreWords(t *testing.T) {
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	reasons := regexp.MustCompile(`[a-z]+(_[a-z]+)+`)
	known := append(labelWords(), "tls_failing", "check_failing")
	found := 0
	for line := range strings.Lines(string(text)) {
		_, why, ok := strings.Cut(line, "| Why ")
		if !ok {
			continue
		}
		for _, reason := range reasons.FindAllString(why, -1) {
			found++
			if !strings.HasPrefix(reason, "cobaltcore_") && !slices.Contains(known, reason) {
				t.Errorf("%s is not in labelWords: %s", reason, line)
			}
		}
	}
	if found == 0 {
		t.Error("docs/metrics.md has no reason")
	}
	for _, c := range []Column{wordColumn("reason", "Reason"), statusColumn()} {
		for _, m := range c.Mappings {
			if strings.Contains(m.Text, "_") {
				t.Errorf("column %s shows %q", c.Title, m.Text)
			}
		}
	}
	if m := statusColumn().Mappings[2]; m.LabelValue() != "dependency_not_ready" || m.Text != "waiting" {
		t.Errorf("%+v", m)
	}
}
