// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// changingWorld changes objects of some pages in two clusters at random.
type changingWorld struct {
	*world
	*rand.Rand
}

const changingObjects = 300

func (w *changingWorld) group() *exposition.Group { return w.groups[[]string{"a", "b"}[w.IntN(2)]] }

// fill adds the rows of an object: none, or one of each family, or several.
func (w *changingWorld) fill(name string) func(*exposition.Rows) {
	kind, states := []string{"Kustomization", "HelmRelease"}[w.IntN(2)], []string{"failed", "suspended", "ready", "stalled"}
	return func(r *exposition.Rows) {
		for range w.IntN(3) {
			r.Add(testFlux, float64(w.IntN(2)), "t", kind, "flux-system", name, states[w.IntN(len(states))])
		}
		if w.IntN(3) > 0 {
			r.Add(testSince, float64(w.now.Add(time.Duration(w.IntN(600))*-time.Second).Unix()), "t", kind, "flux-system", name)
		}
	}
}

func (w *changingWorld) name() string { return fmt.Sprintf("app-%d", w.IntN(changingObjects)) }

// change changes some objects, or a whole list.
func (w *changingWorld) change() {
	g := w.group()
	switch w.IntN(20) {
	case 0:
		g.Clear()
	case 1: // the kind is withdrawn
		w.e.Swap([]*exposition.Group{g}, nil)
	case 2:
		w.e.Swap([]*exposition.Group{g}, []*exposition.Group{g})
	case 3, 4:
		var list []*exposition.Entry
		for i := range changingObjects {
			if name := fmt.Sprintf("app-%d", i); w.IntN(20) > 0 {
				list = append(list, g.Rows().Render(name, w.fill(name)))
			}
		}
		g.Replace(list)
	case 5:
		for range 40 {
			g.Delete(w.name())
		}
	case 6:
		w.e.Blocks(testFlux.Name) // like a scrape
	case 7:
		w.now = w.now.Add(time.Minute)
	default:
		for range 1 + w.IntN(4) {
			name := w.name()
			g.Set(name, g.Rows(), w.fill(name))
		}
	}
}

// selected returns the rows of each selection, by object. Of rows with the same labels, any number may be selected.
func selected(s *store) []map[uint64][]string {
	out := make([]map[uint64][]string, len(s.selections))
	for i, sel := range s.selections {
		out[i] = map[uint64][]string{}
		for _, row := range slices.Concat(sel.parts...) {
			text := fmt.Sprint(row.labels, " ", row.value)
			if sel.narrowing.by != nil { // the value is that of any object
				text = row.labels.String()
			}
			if sel.narrowing.by == nil || !slices.Contains(out[i][row.object], text) {
				out[i][row.object] = append(out[i][row.object], text)
			}
		}
		if sel.narrowing.by != nil { // the order is that of the first objects
			for _, rows := range out[i] {
				slices.Sort(rows)
			}
		}
	}
	return out
}

// TestChangedRows compares what an evaluator selects that reads the rows of changed objects only with what one
// selects that reads all rows, and checks that the journals have all changed objects.
func TestChangedRows(t *testing.T) {
	t.Parallel()
	var rules []alerts.Rule
	for i, expr := range []string{
		`cobaltcore_flux_resource_status{status="failed"} == 1`, `cobaltcore_flux_resource_status{kind!="HelmRelease"}`,
		`group by (cluster, kind, status) (cobaltcore_flux_resource_status)`, `group by (cluster, name) (cobaltcore_flux_resource_status)`,
		`time() - ` + testSince.Name + ` > 300`, testSince.Name + ` > time() - 120`,
	} {
		rules = append(rules, alerts.Rule{Name: fmt.Sprint("Rule", i), System: alerts.Flux, Severity: alerts.Info, Expr: expr, Summary: "{{ $labels.name }}"})
	}
	for seed := range uint64(4) {
		w := &changingWorld{newWorld(t, exposition.Options{}), rand.New(rand.NewPCG(seed, 0))}
		w.show(all(cluster("a"), cluster("b"))...)
		evaluator := func() *Evaluator { return w.evaluator(Rules{Groups: []alerts.Group{{Name: "test", Rules: rules}}}) }
		kept := evaluator().store
		used := make([]int, len(kept.selections))
		for i := range used {
			used[i] = i
		}
		var before []map[uint64][]string
		for step := range 150 {
			for range 1 + w.IntN(3) {
				w.change()
			}
			versions, fresh := kept.versions(used), evaluator().store
			for _, s := range []*store{kept, fresh} {
				if err := s.refresh(t.Context(), w.now, true); err != nil {
					t.Fatal(err)
				}
			}
			got := selected(kept)
			if diff := cmp.Diff(selected(fresh), got); diff != "" {
				t.Fatalf("seed %d, step %d (-all rows +changed rows):\n%s", seed, step, diff)
			}
			for i := range before {
				checkJournal(t, kept, i, versions[i], before[i], got[i])
			}
			before = got
		}
	}
}

// checkJournal compares the changes of a selection since a version with its rows.
func checkJournal(t *testing.T, s *store, i int, version uint64, before, now map[uint64][]string) {
	t.Helper()
	changed, ok := s.changedSince([]int{i}, []uint64{version})
	if !ok { // too many
		return
	}
	objects := maps.Clone(before)
	maps.Copy(objects, now)
	for object := range objects {
		if !changed[object] && !slices.Equal(slices.Sorted(slices.Values(before[object])), slices.Sorted(slices.Values(now[object]))) {
			t.Errorf("%s: a change from %v to %v is not noted", s.selections[i].metric, before[object], now[object])
		}
	}
}
