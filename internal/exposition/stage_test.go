// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// list imitates a reflector: it adds objects, some of them twice, and removes some again.
type list struct {
	*Stage

	rows *Rows
}

func newList(g *Group) *list { return &list{g.Stage(), g.Rows()} }

func (l *list) add(name string, v float64) { l.Add(name, l.rows, thing(name, v)) }

// replaceRandomly lists up to n objects and returns them.
func replaceRandomly(g *Group, random *rand.Rand, n, limit int) map[string]float64 {
	l, model := newList(g), map[string]float64{}
	for range n {
		name := fmt.Sprintf("n%04d", random.IntN(2*n+1))
		if _, ok := model[name]; !ok && limit > 0 && len(model) == limit {
			continue // a refused object does not return when another object leaves the list
		}
		model[name] = float64(random.IntN(3))
		l.add(name, model[name])
	}
	for name := range model {
		if random.IntN(20) == 0 {
			delete(model, name)
			l.Remove(name)
		}
	}
	l.Replace()
	return model
}

// bodies compares the plain body with the gzip body and returns it.
func bodies(t *testing.T, e *Exposition) string {
	t.Helper()
	families := e.collectRows(e.layout.Load(), formatText, func(Key) bool { return true })
	var plain, zipped bytes.Buffer
	for out, body := range map[*bytes.Buffer]func([]familyRows) (func(io.Writer) error, int){
		&plain:  e.plain,
		&zipped: func(families []familyRows) (func(io.Writer) error, int) { return e.gzip(families, true) },
	} {
		write, size := body(families)
		if err := write(out); err != nil || size != out.Len() {
			t.Fatalf("%d bytes announced, %d written: %v", size, out.Len(), err)
		}
	}
	if !bytes.Equal(plain.Bytes(), gunzip(t, zipped.Bytes())) {
		t.Fatal("the gzip body has another text")
	}
	return plain.String()
}

// TestStageDropped checks that an aborted list has no effect.
func TestStageDropped(t *testing.T) {
	e, g := testGroup(t, Options{})
	rows := g.Rows()
	for i := range 300 {
		g.Set(fmt.Sprint(i), rows, thing(fmt.Sprint(i), 1))
	}
	before := e.text()
	dropped := newList(g)
	for i := range 600 {
		dropped.add(fmt.Sprint(i), 2)
	}
	if diff := cmp.Diff(before, e.text()); diff != "" {
		t.Error(diff)
	}
	g.Set("7", rows, thing("7", 3))
	g.Delete("8")
	want := strings.ReplaceAll(before, `name="7",uid="1"`, `name="7",uid="3"`)
	want = strings.ReplaceAll(want, `name="7"} 1`, `name="7"} 3`)
	want = strings.ReplaceAll(want, "test_info{cluster=\"east\",name=\"8\",uid=\"1\"} 1\n", "")
	want = strings.ReplaceAll(want, "test_value{cluster=\"east\",name=\"8\"} 1\n", "")
	if diff := cmp.Diff(want, e.text()); diff != "" {
		t.Error(diff)
	}
}

// TestStageOfEqualRows checks that a list of the same objects in any order changes no block, and that a list with one change only
// changes the blocks of its page.
func TestStageOfEqualRows(t *testing.T) {
	_, g := testGroup(t, Options{})
	relist := func(changed int) [][]*Block {
		l := newList(g)
		for _, i := range rand.Perm(1000) {
			v := 1.0
			if i == changed {
				v = 2
			}
			l.add(fmt.Sprintf("n%04d", i), v)
		}
		l.Replace()
		return g.blocks()
	}
	first := relist(-1)
	if second := relist(-1); !slices.EqualFunc(first, second, slices.Equal) {
		t.Error("equal rows changed blocks")
	}
	third := relist(500)
	for column, blocks := range first {
		changed := 0
		for i, b := range blocks {
			if third[column][i] != b {
				changed++
			}
		}
		if want := min(1, len(blocks)); changed != want {
			t.Errorf("family %d: %d of %d blocks changed, want %d", column, changed, len(blocks), want)
		}
	}
}

// TestStageSorts checks that the first list is sorted by key.
func TestStageSorts(t *testing.T) {
	e, g := testGroup(t, Options{MaxLabelValue: 16})
	l, cut := newList(g), 0
	for _, i := range rand.Perm(1000) {
		name := fmt.Sprintf("n%04d", i)
		l.Add(name, l.rows, thing("other", 1))
		l.Add(name, l.rows, func(r *Rows) {
			r.Add(testInfo, 1, name)
			if i%3 == 0 {
				r.Add(testValue, 2, name+strings.Repeat("x", i%6*4))
			}
		})
	}
	l.Remove("n0007")
	l.Replace()
	var infos, values strings.Builder
	for i := range 1000 {
		if i == 7 {
			continue
		}
		_, _ = fmt.Fprintf(&infos, "test_info{cluster=\"east\",name=\"n%04d\",uid=\"\"} 1\n", i)
		switch i % 6 {
		case 0:
			_, _ = fmt.Fprintf(&values, "test_value{cluster=\"east\",name=\"n%04d\"} 2\n", i)
		case 3:
			cut++
		}
	}
	text, _, _ := strings.Cut(e.text(), "test_value")
	if diff := cmp.Diff(infos.String(), text); diff != "" {
		t.Error(diff)
	}
	rest := slices.DeleteFunc(slices.Collect(strings.Lines(strings.TrimPrefix(e.text(), text))),
		func(line string) bool { return strings.Contains(line, "…") })
	if diff := cmp.Diff(values.String(), strings.Join(rest, "")); diff != "" {
		t.Error(diff)
	}
	if objects, _, n := g.Size(); objects != 999 || n != cut {
		t.Errorf("%d objects, %d cut, want 999 and %d", objects, n, cut)
	}
}

// TestStageAfterClear checks that rows that are withdrawn while a list is received return with it.
func TestStageAfterClear(t *testing.T) {
	e, g := testGroup(t, Options{})
	g.Set("a", g.Rows(), thing("a", 1))
	want, changed := e.text(), e.Changed()
	l := newList(g)
	l.add("a", 1)
	g.Clear()
	if text := e.text(); text != "" {
		t.Error(text)
	}
	l.Replace()
	if diff := cmp.Diff(want, e.text()); diff != "" {
		t.Error(diff)
	}
	select {
	case <-changed:
	default:
		t.Error("no signal")
	}
}

// TestStageRefuses checks that objects beyond the limit are refused, and that only listed ones are counted.
func TestStageRefuses(t *testing.T) {
	_, g := testGroup(t, Options{MaxObjects: 2})
	g.Set("old", g.Rows(), thing("old", 1))
	l := newList(g)
	for _, name := range []string{"a", "b", "c", "old", "a", "c"} {
		l.add(name, 1)
	}
	l.Remove("old")
	l.Replace()
	if objects, over, _ := g.Size(); objects != 2 || over != 1 {
		t.Errorf("%d objects and %d too many, want 2 and 1", objects, over)
	}
	for name, want := range map[string]bool{"a": true, "b": true, "c": true, "old": false} {
		if g.Has(name) != want {
			t.Errorf("%s: has is %t, want %t", name, !want, want)
		}
	}
}

// TestRemovedFromStage checks that objects which are added and removed while a list is received leave nothing behind.
func TestRemovedFromStage(t *testing.T) {
	_, g := testGroup(t, Options{})
	l := newList(g)
	for i := range 1000 {
		name := fmt.Sprintf("n%04d", i)
		l.add(name, 1)
		l.Remove(name)
		l.Remove(name)
	}
	if l.bytes != 0 || l.table.bytes != 0 || l.table.len() != 0 || len(l.table.pages) > 1 {
		t.Errorf("%d bytes, %d in the table of %d objects and %d pages", l.bytes, l.table.bytes, l.table.len(), len(l.table.pages))
	}
}

// TestChangesWithoutReader checks the bound of pending text.
func TestChangesWithoutReader(t *testing.T) {
	_, g := testGroup(t, Options{})
	l, rows := newList(g), g.Rows()
	for i := range 1000 {
		l.add(fmt.Sprintf("n%04d", i), 1)
	}
	l.Replace()
	g.blocks()
	for i := range 20_000 {
		name := fmt.Sprintf("n%04d", i%7*100)
		g.Set(name, rows, thing(name, float64(i)))
	}
	for _, p := range g.table.pages {
		for i, c := range p.columns {
			if c != nil && c.buffer != nil && len(*c.buffer) > max(minBuffer, c.block.size/4) {
				t.Errorf("family %d: %d bytes wait beside %d", i, len(*c.buffer), c.block.size)
			}
		}
	}
}
