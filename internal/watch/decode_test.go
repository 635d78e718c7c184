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

func stream(text string) (*streamDecoder, *[]string, *int) {
	var failures []string
	partial := 0
	d := newStreamDecoder(io.NopCloser(strings.NewReader(text)), newWidget,
		func() { partial++ }, func(err error) {
			if err != nil {
				failures = append(failures, string(failure.Classify(err)))
			}
		})
	return d, &failures, &partial
}

func TestStreamDecoder(t *testing.T) {
	const text = `{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"n","resourceVersion":"1","annotations":{"k":"v","long":"` + "LONG" + `"}},"spec":{"size":3,"unknown":{"x":[1,2]}},"status":{"entries":[{"a":1},2,"x"]}}}
{"object":{"metadata":{"name":"b"}},"more":true,"type":"MODIFIED"}
{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}

{ "type": "DELETED","object":{"metadata":{"name":"c"},"spec":{"size":"wrong","color":"red"},"status":[]}}`
	d, failures, partial := stream(strings.Replace(text, "LONG", strings.Repeat("x", 1<<20), 1))
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
		kind, o, err := d.Decode()
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
	if *partial != 1 || len(*failures) > 0 {
		t.Errorf("%d partial, failures %v", *partial, *failures)
	}
}

func TestStreamDecoderErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		text     string
		failures []string
		event    watch.EventType
	}{
		"end":                              {text: ""},
		"HTML":                             {text: "<html>", failures: []string{"decode"}},
		"an array":                         {text: "[]", failures: []string{"decode"}},
		"truncated":                        {text: `{"type":"ADDED","object":{"metadata":{"name":"a"`, failures: []string{"decode"}},
		"unknown type":                     {text: `{"type":"EXPLODED","object":{}}`, failures: []string{"decode"}},
		"no object":                        {text: `{"type":"ADDED"}`, failures: []string{"decode"}},
		"a wrong type in front of no JSON": {text: `{"type":"ADDED","object":{"metadata":{"name":"a"},"spec":{"size":"x","color":]}}}`, failures: []string{"decode"}},
		"a wrong type in front of more":    {text: `{"type":"ADDED","object":{"metadata":{"name":"a"},"spec":{"size":"x"}}}}`, failures: []string{"decode"}},
		"no JSON":                          {text: `{"type":"ADDED","object":{"spec":{"size":]}}}`, failures: []string{"decode"}},
		"gone":                             {text: `{"type":"ERROR","object":{"status":"Failure","reason":"Expired","code":410}}`, failures: []string{"expired"}, event: watch.Error},
		"without an end":                   {text: `{"type":"ADDED","object":{"x":"` + strings.Repeat("x", maxEvent), failures: []string{"decode"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, failures, _ := stream(tc.text)
			kind, _, err := d.Decode()
			if kind != tc.event || (err == nil) != (tc.event != "") {
				t.Errorf("%q, %v", kind, err)
			}
			if diff := cmp.Diff(tc.failures, *failures); diff != "" {
				t.Error(diff)
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
	if o.meta().key() != "n/a" || o.GetObjectMeta().GetAnnotations()["k"] != "v" {
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
			m, err := decodeList(strings.NewReader(tc.text), newWidget, func(o object, partial bool) {
				key := o.meta().key()
				if partial {
					key += " partial"
				}
				keys = append(keys, key)
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

func FuzzStreamDecoder(f *testing.F) {
	f.Add(`{"type":"ADDED","object":{"metadata":{"name":"a","annotations":{"k":"v"}},"status":{"entries":[1]}}}` + "\n")
	f.Add(`{"type":"ERROR","object":{"code":410}}`)
	f.Add(`{"object":[],"type":"MODIFIED"}{}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, _, _ := stream(text)
		for range len(text) + 1 {
			_, o, err := d.Decode()
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
		_, _ = decodeList(strings.NewReader(text), newWidget, func(o object, _ bool) { _ = o.meta().key() })
	})
}
