// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"bytes"
	"encoding/json"
	"testing"
)

// bodySize is the typical size of an object as JSON. All collectors use the same size, so that
// their results can be compared.
const bodySize = 6 << 10

// Bench decodes an object and renders its rows, which is the cost of an event before it is stored.
func (s Suite) Bench(b *testing.B, o Object) {
	b.Helper()
	k := s.Rig(b, Management).Of(b, o.Kind)
	b.ReportAllocs()
	b.SetBytes(int64(len(o.Raw)))
	for b.Loop() {
		if _, _, err := k.Render(o.Raw); err != nil {
			b.Fatal(err)
		}
	}
}

// Compact returns the object without white space.
func (o Object) Compact(tb testing.TB) Object {
	tb.Helper()
	var to bytes.Buffer
	if err := json.Compact(&to, o.Raw); err != nil {
		tb.Fatal(err)
	}
	o.Raw = to.Bytes()
	return o
}

// Grown enlarges an object to bodySize with typical fields of real objects.
func (o Object) Grown(tb testing.TB, grow func(o map[string]any, n int)) Object {
	tb.Helper()
	var all map[string]any
	o.Into(tb, &all)
	o = o.Compact(tb)
	for n := 0; len(o.Raw) < bodySize; n++ {
		grow(all, n)
		var err error
		if o.Raw, err = json.Marshal(all); err != nil {
			tb.Fatal(err)
		}
	}
	return o
}

// In returns the value at a path, which must exist.
func In(o map[string]any, path ...string) map[string]any {
	for _, name := range path {
		o, _ = o[name].(map[string]any)
	}
	return o
}
