// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEarlierVersions changes objects at random. A reader that reads the changed places only has the rows of all objects.
func TestEarlierVersions(t *testing.T) {
	t.Parallel()
	f := &Family{Name: "a", Type: Gauge, Help: "A test.", Labels: []string{"name"}}
	e, err := New(Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	g := e.Group(Key{}, []*Family{f})
	e.Swap(nil, []*Group{g})
	random, known, updated := rand.New(rand.NewPCG(1, 2)), map[uint64]map[int]string{}, 0
	read := func(b *Block, only *Slots) map[int]string {
		rows := map[int]string{}
		for slot, text := range b.Objects(b.Append(nil), only) {
			rows[slot] = string(text)
		}
		return rows
	}
	for step := range 500 {
		for range random.IntN(6) {
			name := fmt.Sprint("object-", random.IntN(300))
			if random.IntN(3) == 0 {
				g.Delete(name)
				continue
			}
			g.Set(name, g.Rows(), func(r *Rows) {
				for range random.IntN(20) {
					r.Add(f, random.Float64(), fmt.Sprint(name, random.IntN(20)))
				}
			})
		}
		if random.IntN(3) > 0 { // the reader misses some versions
			e.Blocks(f.Name)
			continue
		}
		next := map[uint64]map[int]string{}
		for _, b := range e.Blocks(f.Name)[f.Name] {
			all := read(b, nil)
			next[b.Version()] = all
			for version, changed := range b.Earlier() {
				rows := maps.Clone(known[version])
				if rows == nil {
					continue
				}
				maps.DeleteFunc(rows, func(slot int, _ string) bool { return changed.Has(slot) })
				maps.Copy(rows, read(b, &changed))
				if diff := cmp.Diff(all, rows); diff != "" {
					t.Fatalf("step %d (-all +changed):\n%s", step, diff)
				}
				updated++
			}
		}
		known = next
	}
	if updated < 100 {
		t.Errorf("only %d blocks have a known earlier version", updated)
	}
}

// TestEdits are bounded, and the newest remain.
func TestEdits(t *testing.T) {
	t.Parallel()
	z, b := newPacker(), (*Block)(nil)
	for i := range 3 * maxEdits {
		var changed Slots
		changed.add(i)
		b = rawBlock(nil).follow(z, b, nil, changed)
	}
	versions := slices.Collect(func(yield func(uint64) bool) {
		b.Earlier()(func(v uint64, _ Slots) bool { return yield(v) })
	})
	if len(versions) != maxEdits || versions[0] != b.Version()-1 {
		t.Errorf("%d: %v", b.Version(), versions)
	}
}
