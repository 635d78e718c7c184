// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
)

type innerStruct struct {
	Deep string `json:"deep"`
}

type testStruct struct {
	innerStruct

	Skipped  func()                 `json:"-"`
	Text     string                 `json:"text"`
	URL      redact.URL             `json:"url"`
	Number   int                    `json:"number"`
	Flag     bool                   `json:"flag"`
	When     time.Time              `json:"when"`
	List     []innerStruct          `json:"list"`
	Table    map[string]innerStruct `json:"table"`
	Nameless nameless               `json:"nameless"`
	Keyed    keyed                  `json:"keyed"`
	Filtered filteredType           `json:"filtered"`
	Next     *testStruct            `json:"next"` // it holds itself
	Renamed  string                 `json:"renamed" kept:"other"`
	Other    string                 `json:"other"`
	NoTag    string
}

type nameless map[string]innerStruct

func (nameless) KeptNameless() {}

type keyed struct{}

func (*keyed) UnmarshalJSON([]byte) error { return nil }

func (*keyed) KeptKey(key string) any {
	if key == "known" {
		return innerStruct{}
	}
	return nil
}

type filteredType struct{}

type selfDecoded struct{}

func (*selfDecoded) UnmarshalText([]byte) error { return nil }

func testShape(t testing.TB) *Shape {
	t.Helper()
	s, err := NewShapes(map[reflect.Type]Filter{
		reflect.TypeFor[filteredType](): func(jsontext.Value) (jsontext.Value, error) { return jsontext.Value(`"filtered"`), nil },
	}).ForType(reflect.TypeFor[*testStruct]())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKeepDropsUnreadFields(t *testing.T) {
	s := testShape(t)
	for _, tc := range []struct{ name, in, want string }{
		{"unknown members", `{"a":1,"text":"x","b":{"text":"y"}}`, `{"text":"x"}`},
		{"embedded", `{"deep":"x","inner":{"deep":"y"}}`, `{"deep":"x"}`},
		{"without a tag", `{"NoTag":"x","notag":"y","Skipped":1,"-":2}`, `{"NoTag":"x"}`},
		{"under another name", `{"renamed":"x","other":"y"}`, `{"other":"x","other":"y"}`},
		{"in itself", `{"next":{"next":{"text":"x","y":1},"y":1}}`, `{"next":{"next":{"text":"x"}}}`},
		{"the same name twice", `{"text":"x","text":"y"}`, `{"text":"x","text":"y"}`},
		{"list", `{"list":[{"deep":"x","y":1},null,{}]}`, `{"list":[{"deep":"x"},null,{}]}`},
		{"table", `{"table":{"a":{"deep":"x","y":1},"b":7}}`, `{"table":{"a":{"deep":"x"},"b":0}}`},
		{"nameless", `{"nameless":{"hunter2":{"deep":"x","y":1},"b":7,"hunter2":null}}`, `{"nameless":{"0":{"deep":"x"},"1":0,"0":null}}`},
		{"no map", `{"nameless":["hunter2"]}`, `{"nameless":[]}`},
		{"keyed", `{"keyed":{"known":{"deep":"x","y":1},"other":{"deep":"z"}}}`, `{"keyed":{"known":{"deep":"x"},"other":null}}`},
		{"filtered", `{"filtered":{"a":1}}`, `{"filtered":"filtered"}`},
		{"null", `{"text":null,"list":null,"when":null,"keyed":null}`, `{"text":null,"list":null,"when":null,"keyed":null}`},
		{"URL", `{"url":"user:hunter2@host/x"}`, `{"url":"host/x"}`},
		{"URL where none is meant", `{"text":"https://user:hunter2@host/x?y"}`, `{"text":"https://host/x"}`},
		{"text in the place of others", `{"number":"x","flag":"x","list":"x","table":"x","next":"x","keyed":"x"}`, `{"number":"","flag":"","list":"","table":"","next":"","keyed":""}`},
		{"objects in the place of others", `{"number":{"x":1},"flag":{"x":1},"list":{"x":1},"text":{"x":1},"when":{"x":1}}`, `{"number":{},"flag":{},"list":{},"text":{},"when":{}}`},
		{"lists in the place of others", `{"text":["x"],"next":["x"],"table":["x"]}`, `{"text":[],"next":[],"table":[]}`},
		{"numbers in the place of others", `{"text":7,"flag":7,"when":7,"list":7}`, `{"text":0,"flag":0,"when":0,"list":0}`},
		{"numbers", `{"number":1.5e3,"flag":true}`, `{"number":1.5e3,"flag":true}`},
		{"time", `{"when":"2026-11-20T09:00:00.5+01:00"}`, `{"when":"2026-11-20T09:00:00.5+01:00"}`},
		{"no time", `{"when":"hunter2"}`, `{"when":""}`},
		{"no object", `["hunter2"]`, `[]`},
		{"spaces", " { \"text\" : \"x\" , \"a\" : [ ] } ", `{"text":"x"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := s.Keep([]byte(tc.in))
			if err != nil || string(got) != tc.want {
				t.Errorf("kept %s, want %s; %v", got, tc.want, err)
			}
			if again, err := s.Keep(got); err != nil || string(again) != tc.want {
				t.Errorf("kept again: %s; %v", again, err)
			}
		})
	}
}

func TestKeepRefusesInvalidJSON(t *testing.T) {
	s := testShape(t)
	for _, in := range []string{"", "{", `{"text":"x"`, `{"a":}`, `{"text":"x"}}`, `{"text":"x"} {}`, "<html>", `{"keyed":{"x":`, `{"filtered":`} {
		if got, err := s.Keep([]byte(in)); err == nil {
			t.Errorf("%q: %s", in, got)
		}
	}
}

func TestForTypeRefusesUnknownTypes(t *testing.T) {
	types := []any{
		struct{ X any }{}, struct{ X selfDecoded }{}, struct{ X []selfDecoded }{}, struct{ X map[string]chan int }{}, selfDecoded{},
	}
	for _, of := range types {
		shapes := NewShapes(nil)
		for range 2 { // an error is not cached
			if _, err := shapes.ForType(reflect.TypeOf(of)); err == nil {
				t.Errorf("%T: no error", of)
			}
		}
	}
}

// FuzzKeep checks that the result is valid, does not change when kept again, and has no text of
// dropped fields.
func FuzzKeep(f *testing.F) {
	f.Add(`{"text":"x","url":"https://a:b@c","number":1,"flag":true,"when":"2026-11-20T09:00:00Z","list":[{"deep":"x"}],"keyed":{"known":{}},"next":{"text":null}}`)
	f.Add(`{"text":"\ud800","text":"` + "\xff" + `"}`)
	f.Add(`[1,"x"]`)
	s := testShape(f)
	f.Fuzz(func(t *testing.T, in string) {
		got, err := s.Keep([]byte(in))
		if err != nil {
			if json.Valid([]byte(in)) {
				t.Fatalf("%q: %v", in, err)
			}
			return
		}
		if again, err := s.Keep(got); err != nil || string(again) != string(got) || !json.Valid(got) {
			t.Fatalf("%q is kept as %q and then as %q: %v", in, got, again, err)
		}
	})
}
