// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build testbed

package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

// TestRun runs the whole benchmark with few objects. It checks that all figures exist and that no scrape of the exporter was incomplete,
// not their values.
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
			value, ok := s.Figures[f.key]
			ofReport := f.key == findingP50 || f.key == findingMax
			if wanted := !ofReport || s.Name == nameShipped; ok != wanted || math.IsNaN(value) || value < 0 {
				t.Errorf("%s: %s is %v, %t", s.Name, f.title, value, ok)
			}
		}
		if s.Name != nameReference && s.Figures[emptyResponses]+s.Figures[partResponses] > 0 {
			t.Errorf("%s: %v empty and %v incomplete responses", s.Name, s.Figures[emptyResponses], s.Figures[partResponses])
		}
	}
}

// TestRunFleet measures a small fleet.
func TestRunFleet(t *testing.T) {
	report, err := RunFleet(t.Context(), FleetOptions{Clusters: 3, Steady: time.Second, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 clusters, kinds absent | 1 cluster, kinds served | 3 clusters, kinds served | each further cluster |", "open watches | 9 |"} {
		if !strings.Contains(report, want) {
			t.Errorf("no %q in\n%s", want, report)
		}
	}
}
