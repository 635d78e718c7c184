// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dependencies

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// TestNotesAreBounded checks that a note is limited like the rows of its object, and that an object that exceeds the
// limit counts as cut.
func TestNotesAreBounded(t *testing.T) {
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 10_001)
	var waits []Wait
	for i := range 10_000 {
		waits = append(waits, Wait{Ref: Ref{Kind: "Kustomization", Namespace: "n", Name: fmt.Sprint(i)}})
	}
	for name, tc := range map[string]struct {
		fill func(*exposition.Rows) int
		want int
	}{
		"few":    {func(r *exposition.Rows) int { return len(KeepWaits(r, waits[:2])) }, 2},
		"many":   {func(r *exposition.Rows) int { return len(KeepWaits(r, waits)) }, 36},
		"origin": {func(r *exposition.Rows) int { return count((&Node{Origin: &Origin{URL: long}}).Bounded(r).Origin) }, 0},
		"demand": {func(r *exposition.Rows) int {
			return count((&Node{Demand: &Demand{Images: []Image{{Name: long}}}}).Bounded(r).Demand)
		}, 0},
		"policies": {func(r *exposition.Rows) int {
			return count((&Node{Demand: &Demand{Policies: []string{long}}}).Bounded(r).Demand)
		}, 0},
		"report": {func(r *exposition.Rows) int {
			return count((&Node{Report: &Report{Images: []Image{{Component: long}}}}).Bounded(r).Report)
		}, 0},
		"small": {func(r *exposition.Rows) int { return count((&Node{Report: &Report{}}).Bounded(r).Report) }, 1},
	} {
		g := e.Group(exposition.Key{Cluster: "c", Kind: name}, Families())
		rows, got := g.Rows(), 0
		rows.Bound(10_000)
		g.Set("a", rows, func(r *exposition.Rows) { got = tc.fill(r) })
		_, _, cut := g.Size()
		if got != tc.want || (cut == 0) != (name == "few" || name == "small") {
			t.Errorf("%s: %d are kept, want %d; %d objects are cut", name, got, tc.want, cut)
		}
	}
}

func count[T any](p *T) int {
	if p == nil {
		return 0
	}
	return 1
}
