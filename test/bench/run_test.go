// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build testbed

package main

import (
	"encoding/json"
	"math"
	"testing"
)

// TestRun runs the whole benchmark in small. Its figures mean nothing, but that all are
// there and that no scrape of ours was incomplete does.
func TestRun(t *testing.T) {
	r, err := Run(t.Context(), Options{Objects: 100, Runs: 2, Scrapes: 10, Updates: 20, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	for _, s := range r.Subjects {
		for _, f := range figures() {
			if value, ok := s.Figures[f.key]; !ok || math.IsNaN(value) || value < 0 {
				t.Errorf("%s: %s is %v", s.Name, f.title, value)
			}
		}
		if s.Name != nameRival && s.Figures[emptyResponses]+s.Figures[partResponses] > 0 {
			t.Errorf("%s: %v empty and %v incomplete responses", s.Name, s.Figures[emptyResponses], s.Figures[partResponses])
		}
	}
}
