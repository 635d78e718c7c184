// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Breakage replaces a value by a value of the wrong type. Rows of the families in Gone may be
// missing or change; all others must not change. It is an alias so that tables need no field names.
type Breakage = struct {
	Path  string
	Value any
	Gone  []string
}

// Rules defines the rows that may be missing because of a broken value.
type Rules struct {
	// Gone reports whether the rows of a family are those of a list of a [Breakage].
	Gone func(family string, list []string) bool
	// Info reports whether labels of a family may always change; one row has to stay.
	Info func(family string) bool
	// Anonymous are families whose rows do not name the object.
	Anonymous []string
}

// ByKind returns the rules for names of a prefix, the kind and the word of a [Breakage]; labels of
// info may change.
func ByKind(prefix string) Rules {
	short := func(family string) string {
		_, name, _ := strings.Cut(strings.TrimPrefix(family, prefix), "_")
		return name
	}
	return Rules{
		Gone: func(family string, list []string) bool { return slices.Contains(list, short(family)) },
		Info: func(family string) bool { return short(family) == "info" },
	}
}

// NameOf returns the name of a subtest about an object.
func NameOf(o Object) string { return o.Kind + "/" + o.Metadata.Name }

// WrongTypes breaks one value of one object at a time. name is the one of the tests
// of an object, such as [NameOf].
func (s Suite) WrongTypes(t *testing.T, rules Rules, breakages []Breakage, name func(Object) string, objects ...Object) {
	t.Helper()
	tried := map[string]bool{}
	for _, o := range objects {
		whole := s.Render(t, Management, o)
		for _, b := range breakages {
			broken, ok := o.With(t, b.Path, b.Value)
			if !ok {
				continue // the kind has no such field
			}
			tried[b.Path] = true
			t.Run(fmt.Sprintf("%s/%s=%v", name(o), b.Path, b.Value), func(t *testing.T) {
				rules.CheckKept(t, o, whole, s.Render(t, Management, broken), b.Gone)
			})
		}
	}
	for _, b := range breakages {
		if !tried[b.Path] {
			t.Errorf("no object has the field %s: add it to an object in testdata, or remove the entry from the table", b.Path)
		}
	}
}

// CheckKept compares the rows of an object before and after it was broken.
func (r Rules) CheckKept(tb testing.TB, o Object, whole, broken string, gone []string) {
	tb.Helper()
	MustParse(tb, broken)
	rows, families := Rows(broken), map[string]bool{}
	identity := fmt.Sprintf("name=%q", o.Metadata.Name)
	if o.Metadata.Namespace != "" {
		identity = fmt.Sprintf("namespace=%q,%s", o.Metadata.Namespace, identity)
	}
	for row := range rows {
		family := FamilyOf(row)
		families[family] = true
		if !strings.Contains(row, identity) && !slices.Contains(r.Anonymous, family) {
			tb.Errorf("%s does not have the namespace and name of the object", row)
		}
	}
	for row, value := range Rows(whole) {
		switch family := FamilyOf(row); {
		case r.Gone(family, gone):
		case r.Info != nil && r.Info(family):
			if !families[family] {
				tb.Errorf("%s: the broken value must change labels only, but no row is left", family)
			}
		case rows[row] != value:
			tb.Errorf("%s is %q with the broken value (empty: no row), was %q; if the row is read from the broken field, "+
				"add its family to the entry of this field in types_test.go", row, rows[row], value)
		}
	}
}

// CheckBroken truncates the JSON of an object at a given text and elsewhere, and checks that a
// truncated object is an error.
func (s Suite) CheckBroken(tb testing.TB, o Object, at string) {
	tb.Helper()
	k, whole := s.Rig(tb, Management).Of(tb, o.Kind), string(o.Raw)
	before, after, found := strings.Cut(whole, at)
	if !found {
		tb.Fatalf("%s has no %s", NameOf(o), at)
	}
	for name, raw := range map[string]string{
		"empty":        "",
		"cut off":      whole[:len(whole)/2],
		"before " + at: before,
		"HTML":         "<html>502 Bad Gateway</html>",
		"trailer":      whole + "}",
		"comma":        before + at + strings.Replace(after, "{", "{,", 1),
	} {
		if _, _, err := k.Render([]byte(raw)); err == nil {
			tb.Errorf("%s: no error", name)
		}
	}
}
