// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// TestObjectRows checks that objects of any kind can disable alerts and have an owner, even if the
// kind reads labels itself, and also in a snapshot.
func TestObjectRows(t *testing.T) {
	t.Parallel()
	type plain struct{ Object }
	type labeled struct{ Labeled }
	kinds := map[string]Resource{
		"plain":   NewResource(Resource{Group: "g", Kind: "K"}, func(*plain, fleet.View, *exposition.Rows) {}),
		"labeled": NewResource(Resource{Group: "g", Kind: "K", Labels: []string{"x"}}, func(*labeled, fleet.View, *exposition.Rows) {}),
	}
	owners := Owners{Owner: []string{"team", "o"}, SupportGroup: []string{"s"}}
	const (
		disabled = `cobaltcore_object_alerts_disabled{cluster="c",group="g",kind="K",namespace="n",name="a"} 1`
		owner    = `cobaltcore_object_owner_info{cluster="c",group="g",kind="K",namespace="n",name="a",`
	)
	for _, c := range []struct {
		name, metadata string
		owners         Owners
		want           []string
	}{
		{"nothing", `"labels":{"y":"z"},"annotations":{"k":"v"}`, owners, nil},
		{"disabled", `"annotations":{"cobaltcore.dev/alerts":"Disabled"}`, owners, []string{disabled}},
		{"another value", `"annotations":{"cobaltcore.dev/alerts":"enabled"}`, owners, nil},
		{"owner", `"labels":{"y":"z","o":"me"}`, owners, []string{owner + `owner="me",support_group=""} 1`}},
		{"the first", `"labels":{"s":"we","o":"me","team":"us"}`, owners, []string{owner + `owner="us",support_group="we"} 1`}},
		{"the first is empty", `"labels":{"o":"me","team":""}`, owners, []string{owner + `owner="me",support_group=""} 1`}},
		{"not configured", `"labels":{"o":"me","team":"us"}`, Owners{}, nil},
		{"not a label", `"labels":{"o":5}`, owners, nil},
		{"no labels", `"labels":7`, owners, nil},
	} {
		for kind, r := range kinds {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				r := r.WithOwners(c.owners)
				raw := []byte(`{"metadata":{"name":"a","namespace":"n",` + c.metadata + `}}`)
				kept, err := r.Keep("v1", raw)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(kept), `"y"`) {
					t.Errorf("the snapshot has a label that is not configured: %s", kept)
				}
				for _, text := range [][]byte{raw, kept} {
					if diff := cmp.Diff(c.want, renderOne(t, r, text)); diff != "" {
						t.Errorf("rows of %s (-want +got):\n%s", text, diff)
					}
				}
			})
		}
	}
}

// renderOne returns the rows of one object.
func renderOne(t *testing.T, r Resource, raw []byte) []string {
	t.Helper()
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	g := e.Group(exposition.Key{Cluster: "c", Kind: r.Kind}, r.Families)
	e.Swap(nil, []*exposition.Group{g})
	rendered, err := r.Render(fleet.View{}, raw, lifecycle.Observation{}, g.Rows())
	if err != nil {
		t.Fatal(err)
	}
	g.Replace([]*exposition.Entry{rendered.Entry})
	return scrape(e, "cobaltcore_object_")
}

// TestOwnLabelsKeepsWantedStrings checks that names may contain escapes, and that only short strings are kept.
func TestOwnLabelsKeepsWantedStrings(t *testing.T) {
	l := OwnLabels{wanted: []string{"app", "tier", "count", "long"}}
	text := `{"\u0061pp":"a\"b","other":"x","tier":"\u0062","count":1,"long":"` + strings.Repeat("x", maxAnnotation) + `"}`
	if err := json.Unmarshal([]byte(text), &l, jsonOptions); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"app": `a"b`, "tier": "b", "other": "", "count": "", "long": ""} {
		if got := l.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
