// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQueryValues(t *testing.T) {
	for _, text := range []string{"", "cluster=a%2Cb&kind=K&limit=7&namespace=n&owner=o&sort=-name&state=not_ready&system=s&target=t&text=x+y"} {
		values, _ := url.ParseQuery(text)
		q, err := ParseQuery(values)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(text, q.Values().Encode()); diff != "" {
			t.Error(diff)
		}
	}
}

// TestLongQuery checks that a client cannot have each object compared with thousands of values.
func TestLongQuery(t *testing.T) {
	for name, ok := range map[string]bool{strings.Repeat("a,", MaxParameter/2-4): true, strings.Repeat("a,", MaxParameter/2): false} {
		if _, err := ParseQuery(url.Values{"cluster": {name}}); (err == nil) != ok {
			t.Errorf("%d bytes: %v", len(name), err)
		}
	}
	for _, c := range []struct {
		list, value string
		want        bool
	}{{"", "a", true}, {"a", "a", true}, {"b,a", "a", true}, {"b,aa", "a", false}, {"b", "a", false}, {"a,", "", true}} {
		if got := OneOf(c.list, c.value); got != c.want {
			t.Errorf("%q is one of %q: %t", c.value, c.list, got)
		}
	}
}

// TestUnknownState checks that a misspelt state is not taken for one without objects.
func TestUnknownState(t *testing.T) {
	for state, ok := range map[string]bool{"": true, "failed": true, "failed,not_ready": true, "ready,": true, "Failed": false, "failed,bogus": false} {
		if _, err := ParseQuery(url.Values{"state": {state}}); (err == nil) != ok {
			t.Errorf("%q: %v", state, err)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	f.Add("sort=-since&limit=3&next=eyJuIjoxfQ")
	f.Fuzz(func(t *testing.T, text string) {
		values, _ := url.ParseQuery(text)
		q, err := ParseQuery(values)
		if err == nil && (q.Limit < 1 || q.Limit > MaxLimit) {
			t.Errorf("limit %d", q.Limit)
		}
	})
}

func TestFold(t *testing.T) {
	for _, c := range []struct {
		text, in string
		want     int
	}{
		{"Nova", "my NOVA-compute", 3}, {"nova", "nnovA", 1}, {"1a2", "sha1:01A2", 6}, {"x", "", -1}, {"nova", "nov", -1}, {"-a", "b-A", 1}, {"aB", "AAAb", 2},
	} {
		f := newFold(c.text)
		if got := f.index([]byte(c.in)); got != c.want {
			t.Errorf("%q in %q: %d, want %d", c.text, c.in, got, c.want)
		}
	}
}

func TestTextIsInAValue(t *testing.T) {
	line := []byte(`flux_resource_info{cluster="a",name="x",ready="True",reason="Odd \"name=\" Here",revision="main@1A"} 1`)
	for text, want := range map[string]bool{"1a": true, "name=": true, "suspended": false, "true": false, "revision": false, "flux": false, "here": true, "odd": true} {
		m := matcher{Query: &Query{Text: text}, text: newFold(text)}
		if got := m.inValue(line); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
