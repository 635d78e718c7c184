// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
)

// TestEvaluationsMatchANewEvaluator changes objects and the time at random. An evaluator that has processed all
// changes must have the same findings as a new evaluator.
func TestEvaluationsMatchANewEvaluator(t *testing.T) {
	t.Parallel()
	const objects, rounds, changes = 150, 25, 12
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	f, now := newLoadFleet(t), time.Now()
	for i := range objects {
		f.add(i, loadobject.Flux(i), now)
		f.add(i, loadobject.ExternalSecret(i), now)
	}
	f.serve()
	evaluator := func() *health.Evaluator {
		e, err := health.New(health.Options{
			Exposition: f.handler.Exposition, Rules: f.rules, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	findings := func(e *health.Evaluator) (all []health.Finding) {
		if err := e.Evaluate(t.Context()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		r, err := e.Report(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range r.Findings {
			if finding.ResolvedAt == nil {
				all = append(all, finding)
			}
		}
		return all
	}
	experienced := evaluator()
	least, most := len(findings(experienced)), 0
	for round := range rounds {
		for range random.IntN(changes) {
			i := random.IntN(objects)
			o := loadobject.Flux(i)
			if random.IntN(2) == 0 {
				o = loadobject.ExternalSecret(i)
			}
			setReady(o, random.IntN(3) > 0)
			where, entry := f.render(i, o, now.Add(-time.Duration(random.IntN(7200))*time.Second))
			if random.IntN(6) == 0 {
				f.groups[where].Delete(entry.Key)
			} else {
				f.groups[where].Put(entry)
			}
		}
		now = now.Add([]time.Duration{0, time.Second, time.Minute, 20 * time.Minute, 2 * time.Hour}[random.IntN(5)])
		want, got := findings(evaluator()), findings(experienced)
		if diff := cmp.Diff(want, got, cmpopts.SortSlices(func(a, b health.Finding) bool { return a.ID < b.ID }),
			cmpopts.IgnoreFields(health.Finding{}, "State", "Since", "SinceAtLeast", "RootCause")); diff != "" {
			t.Fatalf("seed %d, round %d (-new +experienced):\n%s", seed, round, diff)
		}
		least, most = min(least, len(got)), max(most, len(got))
	}
	if most-least < 10 {
		t.Errorf("seed %d: between %d and %d findings", seed, least, most)
	}
}
