// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// widget is a slim struct as collectors have them.
type widget struct {
	Object

	Spec struct {
		Size  int    `json:"size"`
		Color string `json:"color"`
	} `json:"spec"`
	Status struct {
		Entries Count `json:"entries"`
	} `json:"status"`
}

func newWidget() object { return &widget{} }

// readerOf returns a reader of the events in a text, and the number of objects that were decoded leniently.
func readerOf(text string) (*eventReader, *int) {
	partial := 0
	return &eventReader{frames: frameReader{r: strings.NewReader(text)}, create: newWidget, partial: func() { partial++ }}, &partial
}

func TestEventReader(t *testing.T) {
	const text = `{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"n","resourceVersion":"1","annotations":{"k":"v","long":"` + "LONG" + `"}},"spec":{"size":3,"unknown":{"x":[1,2]}},"status":{"entries":[{"a":1},2,"x"]}}}
{"object":{"metadata":{"name":"b"}},"more":true,"type":"MODIFIED"}
{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}

{ "type": "DELETED","object":{"metadata":{"name":"c"},"spec":{"size":"wrong","color":"red"},"status":[]}}`
	d, partial := readerOf(strings.Replace(text, "LONG", strings.Repeat("x", 1<<20), 1))
	type event struct {
		Type    watch.EventType
		Key, RV string
		Size    int
		Color   string
		Entries Count
		Ann     Annotations
	}
	var got []event
	for {
		kind, o, err := d.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		w, ok := o.(*widget)
		if !ok {
			t.Fatalf("%T", o)
		}
		got = append(got, event{kind, w.Metadata.key(), w.Metadata.ResourceVersion, w.Spec.Size, w.Spec.Color, w.Status.Entries,
			w.Metadata.Annotations})
	}
	want := []event{
		{Type: watch.Added, Key: "n/a", RV: "1", Size: 3, Entries: 3, Ann: Annotations{"k": "v"}},
		{Type: watch.Modified, Key: "b"},
		{Type: watch.Bookmark, RV: "9", Ann: Annotations{"k8s.io/initial-events-end": "true"}},
		{Type: watch.Deleted, Key: "c", Color: "red"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if *partial != 1 {
		t.Errorf("%d partial", *partial)
	}
}

func TestEventReaderErrors(t *testing.T) {
	for name, tc := range map[string]struct{ text, reason string }{
		"end":                              {"", ""},
		"HTML":                             {"<html>", "decode"},
		"an array":                         {"[]", "decode"},
		"truncated":                        {`{"type":"ADDED","object":{"metadata":{"name":"a"`, "decode"},
		"unknown type":                     {`{"type":"EXPLODED","object":{}}`, "decode"},
		"no object":                        {`{"type":"ADDED"}`, "decode"},
		"a wrong type in front of no JSON": {`{"type":"ADDED","object":{"metadata":{"name":"a"},"spec":{"size":"x","color":]}}}`, "decode"},
		"a wrong type in front of more":    {`{"type":"ADDED","object":{"metadata":{"name":"a"},"spec":{"size":"x"}}}}`, "decode"},
		"no JSON":                          {`{"type":"ADDED","object":{"spec":{"size":]}}}`, "decode"},
		"gone":                             {`{"type":"ERROR","object":{"status":"Failure","reason":"Expired","code":410}}`, "expired"},
		"without an end":                   {`{"type":"ADDED","object":{"x":"` + strings.Repeat("x", maxEvent), "decode"},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := readerOf(tc.text)
			kind, o, err := d.next()
			if kind != "" || o != nil || err == nil {
				t.Errorf("%q, %v, %v", kind, o, err)
			}
			if tc.reason == "" && err != io.EOF || tc.reason != "" && string(failure.Classify(err)) != tc.reason { //nolint:errorlint // not wrapped
				t.Errorf("%v, want the reason %q", err, tc.reason)
			}
		})
	}
}

func TestOnlyWantedLabelsAreRead(t *testing.T) {
	o := &struct{ Labeled }{}
	partial, err := decode([]byte(`{"metadata":{"name":"a","namespace":"n","annotations":{"k":"v"},"labels":{"x":"y","z":5}}}`), o)
	if err != nil || partial {
		t.Fatal(partial, err)
	}
	if o.meta().key() != "n/a" || o.Metadata.Annotations["k"] != "v" {
		t.Errorf("metadata are %+v", o.Metadata)
	}
	if diff := cmp.Diff(Annotations{"x": "y"}, o.Metadata.Labels); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeList(t *testing.T) {
	for name, tc := range map[string]struct {
		text, rv string
		keys     []string
		fails    bool
	}{
		"items in front":              {text: `{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"},"spec":1}],"metadata":{"resourceVersion":"7"}}`, rv: "7", keys: []string{"a", "b partial"}},
		"no items":                    {text: `{"metadata":{"resourceVersion":"7","continue":"x"},"items":null,"kind":"WidgetList"}`, rv: "7"},
		"no version":                  {text: `{"items":[]}`, fails: true},
		"no JSON behind a wrong type": {text: `{"metadata":{"resourceVersion":"7"},"items":[{"spec":1,"x":]}]}`, fails: true},
		"truncated":                   {text: `{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"}}`, fails: true, keys: []string{"a"}},
		"HTML":                        {text: `<html>`, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			var keys []string
			m, err := decodeList(strings.NewReader(tc.text), newWidget, func(o object, partial bool) error {
				key := o.meta().key()
				if partial {
					key += " partial"
				}
				keys = append(keys, key)
				return nil
			})
			if (err != nil) != tc.fails {
				t.Fatal(err)
			}
			if !tc.fails && m.ResourceVersion != tc.rv {
				t.Errorf("resource version %q", m.ResourceVersion)
			}
			if diff := cmp.Diff(tc.keys, keys); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzEventReader(f *testing.F) {
	f.Add(`{"type":"ADDED","object":{"metadata":{"name":"a","annotations":{"k":"v"}},"status":{"entries":[1]}}}` + "\n")
	f.Add(`{"type":"ERROR","object":{"code":410}}`)
	f.Add(`{"object":[],"type":"MODIFIED"}{}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, _ := readerOf(text)
		for range len(text) + 1 {
			_, o, err := d.next()
			if err != nil {
				return
			}
			if o == nil {
				t.Fatal("an event without object")
			}
		}
		t.Fatal("no end")
	})
}

func FuzzDecodeList(f *testing.F) {
	f.Add(`{"items":[{"metadata":{"name":"a"}}],"metadata":{"resourceVersion":"7"}}`)
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = decodeList(strings.NewReader(text), newWidget, func(o object, _ bool) error { _ = o.meta().key(); return nil })
	})
}
