// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// A panel leads to playbooks that are there, of alerts that are there.
func TestPanelsLinkToPlaybooks(t *testing.T) {
	t.Parallel()
	rules := alerts.Names()
	for _, d := range Catalogue() {
		for _, s := range d.Sections {
			for _, p := range s.Panels {
				for _, l := range p.Links {
					if !strings.HasPrefix(l.Title, "Playbook ") {
						continue
					}
					if name := strings.TrimPrefix(l.Title, "Playbook "); !slices.Contains(rules, name) {
						t.Errorf("%s: panel %q links to alert %s, which is not there", d.ID, p.Title, name)
					}
					if _, err := os.Stat(path.Join("../alerts/playbooks", path.Base(l.URL))); err != nil {
						t.Errorf("%s: panel %q links to a playbook that is not there: %v", d.ID, p.Title, err)
					}
				}
			}
		}
	}
}
