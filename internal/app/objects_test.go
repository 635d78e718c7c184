// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// TestRulesAreAboutWatchedKinds checks that rules refer to kinds that have rows.
func TestRulesAreAboutWatchedKinds(t *testing.T) {
	c := config.Default()
	_, sets := enabledCollectors(c, registeredCollectors(&c.Collectors))
	var kinds []string
	for _, s := range sets {
		for _, r := range s.Resources {
			kinds = append(kinds, r.Kind)
		}
	}
	about := 0
	for _, r := range alerts.Rules() {
		if !r.AboutObject() {
			continue
		}
		about++
		if r.Object.Kind[0] != '{' && !slices.Contains(kinds, r.Object.Kind) {
			t.Errorf("%s: no collector watches %s", r.Name, r.Object.Kind)
		}
	}
	if about < 40 {
		t.Errorf("%d rules are about objects", about)
	}
}
