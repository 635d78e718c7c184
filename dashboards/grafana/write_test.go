// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package grafana_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards/grafana"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/dashboardtest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestWrite(t *testing.T) {
	t.Parallel()
	all := dashboardtest.Pages()
	for _, label := range []string{"cluster", "clusterName"} {
		got, err := grafana.Write(all[0], all, label)
		if err != nil {
			t.Fatal(err)
		}
		file := "testdata/" + label + ".json"
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Error(diff)
		}
	}
	broken := dashboardtest.Pages()
	broken[0].Sections[0].Panels[0].Kind = "pie"
	if _, err := grafana.Write(broken[0], broken, "cluster"); err == nil || !strings.Contains(err.Error(), "everything: panel Number") {
		t.Errorf("%v", err)
	}
}

// node is an object of JSON.
type node = map[string]any

// list are the objects of a field.
func list(n node, key string) []node {
	var all []node
	items, _ := n[key].([]any)
	for _, i := range items {
		all = append(all, i.(node))
	}
	return all
}

// TestPages reads the written pages as Grafana does.
func TestPages(t *testing.T) {
	t.Parallel()
	pages := slices.Concat(dashboards.Catalogue(), dashboardtest.Pages())
	for _, d := range pages {
		text, err := grafana.Write(d, pages, "clusterName")
		if err != nil {
			t.Fatal(err)
		}
		var page node
		if err := json.Unmarshal(text, &page); err != nil {
			t.Fatal(err)
		}
		check(t, d.ID, page)
	}
}

func check(t *testing.T, id string, page node) {
	t.Helper()
	if page["uid"] != id || page["schemaVersion"] != 42.0 || !slices.Equal(page["tags"].([]any), []any{"cobaltcore"}) {
		t.Errorf("%s: %v, schema %v, tags %v", id, page["uid"], page["schemaVersion"], page["tags"])
	}
	walk(page, id, func(where string, n node) {
		for key, v := range n {
			// Keys whose values are texts; all others are enumerations, and an empty one
			// is none (github.com/grafana/grafana-foundation-sdk issue 1302).
			if v == "" && !slices.Contains([]string{"tooltip", "icon", "regex", "fields", "title", "description"}, key) {
				t.Errorf("%s.%s is empty", where, key)
			}
			if key == "placement" && v == "inControlsMenu" {
				t.Errorf("%s: hidden in a menu", where)
			}
			if key == "datasource" {
				if ref := v.(node); ref["type"] != "prometheus" || ref["uid"] != "${datasource}" {
					t.Errorf("%s.datasource is %v", where, v)
				}
			}
		}
	})
	variables := list(page["templating"].(node), "list")
	if variables[0]["type"] != "datasource" || variables[0]["name"] != "datasource" {
		t.Errorf("%s: the first variable is %v", id, variables[0])
	}
	for _, v := range variables[1:] {
		if v["type"] == "textbox" && v["query"] != "" {
			continue
		}
		if v["type"] != "query" || v["datasource"] == nil || v["refresh"] != 2.0 {
			t.Errorf("%s: variable %v", id, v["name"])
		}
	}
	ids := map[any]bool{}
	panels := list(page, "panels")
	for _, p := range panels {
		checkPanel(t, id, p, ids)
		for _, inner := range list(p, "panels") {
			checkPanel(t, id, inner, ids)
		}
		overlap(t, id, list(p, "panels"))
	}
	overlap(t, id, panels)
}

func walk(n node, where string, f func(where string, n node)) {
	f(where, n)
	for key, v := range n {
		switch v := v.(type) {
		case node:
			walk(v, where+"."+key, f)
		case []any:
			for i, item := range v {
				if o, ok := item.(node); ok {
					walk(o, fmt.Sprintf("%s.%s[%d]", where, key, i), f)
				}
			}
		}
	}
}

func checkPanel(t *testing.T, id string, p node, ids map[any]bool) {
	t.Helper()
	where := fmt.Sprintf("%s: %v", id, p["title"])
	n, ok := p["id"].(float64)
	if !ok || n < 1 || ids[n] {
		t.Errorf("%s: id %v", where, p["id"])
	}
	ids[n] = true
	if p["type"] == "row" || p["type"] == "text" {
		return
	}
	targets, refs := list(p, "targets"), map[any]bool{}
	for _, target := range targets {
		if ref := target["refId"]; ref == nil || refs[ref] || target["datasource"] == nil || target["instant"] == target["range"] {
			t.Errorf("%s: query %v", where, target)
		}
		refs[target["refId"]] = true
	}
	defaults := p["fieldConfig"].(node)["defaults"].(node)
	if len(targets) == 0 || p["datasource"] == nil || defaults["unit"] == nil || len(list(defaults["thresholds"].(node), "steps")) == 0 {
		t.Errorf("%s: no query, no data source, no unit or the thresholds of Grafana", where)
	}
	if p["type"] == "table" {
		checkTable(t, where, p, targets)
	}
}

// checkTable: overrides and the order are about columns that there are, and a table
// of several queries is one table.
func checkTable(t *testing.T, where string, p node, targets []node) {
	t.Helper()
	transformations := list(p, "transformations")
	if (len(targets) > 1) != (transformations[0]["id"] == "merge") || transformations[len(transformations)-1]["id"] != "organize" {
		t.Errorf("%s: %v", where, transformations)
	}
	organize := transformations[len(transformations)-1]["options"].(node)
	var names []any
	for _, name := range organize["renameByName"].(node) {
		names = append(names, name)
	}
	for hidden := range organize["indexByName"].(node) {
		names = append(names, hidden)
	}
	for _, o := range list(p["fieldConfig"].(node), "overrides") {
		if m := o["matcher"].(node); m["id"] != "byName" || !slices.Contains(names, m["options"]) {
			t.Errorf("%s: override of %v", where, m)
		}
	}
	for _, s := range list(p["options"].(node), "sortBy") {
		if !slices.Contains(names, s["displayName"]) {
			t.Errorf("%s: sorted by %v", where, s)
		}
	}
}

// overlap: panels lie beside each other in 24 columns.
func overlap(t *testing.T, id string, panels []node) {
	t.Helper()
	taken := map[[2]int]any{}
	for _, p := range panels {
		pos, ok := p["gridPos"].(node)
		if !ok {
			t.Errorf("%s: %v has no place", id, p["title"])
			continue
		}
		at := func(key string) int { return int(pos[key].(float64)) }
		if at("x")+at("w") > 24 || at("w") < 1 || at("h") < 1 {
			t.Errorf("%s: %v is at %v", id, p["title"], pos)
		}
		for x := at("x"); x < at("x")+at("w"); x++ {
			for y := at("y"); y < at("y")+at("h"); y++ {
				if other, ok := taken[[2]int{x, y}]; ok {
					t.Fatalf("%s: %v lies on %v", id, p["title"], other)
				}
				taken[[2]int{x, y}] = p["title"]
			}
		}
	}
}
