// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// anything returns invalid objects as seeds, followed by the seeds of a collector.
func anything() []string {
	return []string{`null`, `[]`, `"x"`, `{}`, `{"metadata":null,"spec":null,"status":null}`}
}

// Fuzz passes any input to the given kinds, or to all kinds. Valid JSON is never an error, and the
// output is always a valid exposition. The seeds are large, so use -fuzzminimizetime 1x to limit
// minimisation.
func (s Suite) Fuzz(f *testing.F, objects []Object, seeds []string, kinds ...string) {
	f.Helper()
	for _, o := range objects {
		f.Add(o.Raw)
	}
	for _, raw := range slices.Concat(anything(), seeds) {
		f.Add([]byte(raw))
	}
	r := s.Rig(f, Management)
	if len(kinds) == 0 {
		for kind := range r.Kinds {
			kinds = append(kinds, kind)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, kind := range kinds {
			k := r.Of(t, kind)
			entry, _, err := k.Render(raw)
			switch {
			case err == nil:
			case json.Valid(raw):
				t.Fatalf("%s: %v", kind, err)
			default:
				continue
			}
			var all []*exposition.Entry
			if entry != nil { // no name, no object
				all = append(all, entry)
			}
			k.Group.Replace(all)
		}
		MustParse(t, r.Get(t))
	})
}

// CheckProjection compares a snapshot with its source: the kept part of an object has the same rows,
// and the same note. It returns the kept part.
func (r *Rig) CheckProjection(tb testing.TB, kind string, raw []byte) []byte {
	tb.Helper()
	k := r.Of(tb, kind)
	before, partialBefore, err := k.Render(raw)
	if err != nil {
		tb.Fatalf("%s: %v", kind, err)
	}
	kept, err := k.Keep(k.Versions[0], raw)
	if err != nil {
		tb.Fatalf("%s: %v", kind, err)
	}
	after, partialAfter, err := k.Render(kept)
	if err != nil {
		tb.Fatalf("%s: %v\n%s", kind, err, kept)
	}
	if partialBefore != partialAfter || (before == nil) != (after == nil) {
		tb.Fatalf("%s: partial %v, %v; there %v, %v\n%s\n%s", kind, partialBefore, partialAfter, before != nil, after != nil, raw, kept)
	}
	if before != nil {
		k.Group.Replace([]*exposition.Entry{before})
		want := r.Get(tb)
		k.Group.Replace([]*exposition.Entry{after})
		if diff := cmp.Diff(want, r.Get(tb)) + cmp.Diff(before.Note, after.Note); diff != "" {
			tb.Fatalf("%s: rows (-of the object +of what is kept):\n%s\n%s\n%s", kind, diff, raw, kept)
		}
	}
	if again, err := k.Keep(k.Versions[0], kept); err != nil || !bytes.Equal(kept, again) {
		tb.Fatalf("%s: kept again, it becomes another: %v\n%s\n%s", kind, err, kept, again)
	}
	return kept
}

// CheckBrokenProjections checks the projections of broken variants of an object.
func (r *Rig) CheckBrokenProjections(tb testing.TB, o Object, breakages []Breakage) {
	tb.Helper()
	for _, b := range breakages {
		if broken, ok := o.With(tb, b.Path, b.Value); ok {
			r.CheckProjection(tb, o.Kind, broken.Raw)
		}
	}
}

// FuzzProjection searches for an object whose rows differ in a snapshot. A URL in an unexpected
// field may lose its user info.
func (s Suite) FuzzProjection(f *testing.F, seeds ...string) {
	f.Helper()
	for _, o := range s.Objects(f) {
		f.Add(bytes.ReplaceAll(o.Raw, []byte("://"), []byte(":")))
	}
	for _, raw := range seeds {
		f.Add([]byte(raw))
	}
	r := s.Rig(f, Management)
	escaped := regexp.MustCompile(`://|\\u|\\/`) // may be a URL
	f.Fuzz(func(t *testing.T, raw []byte) {
		for kind, k := range r.Kinds {
			_, err := k.Keep(k.Versions[0], raw)
			switch {
			case err != nil && json.Valid(raw):
				t.Fatalf("%s: %v", kind, err)
			case err == nil && !escaped.Match(raw):
				r.CheckProjection(t, kind, raw)
			}
		}
	})
}
