// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package perses_test

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards/perses"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/dashboardtest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestWrite(t *testing.T) {
	t.Parallel()
	all := dashboardtest.Pages()
	for _, label := range []string{"cluster", "clusterName"} {
		got, err := perses.Write(all[0], all, label)
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
	if _, err := perses.Write(broken[0], broken, "cluster"); err == nil || !strings.Contains(err.Error(), "everything: panel Number") {
		t.Errorf("%v", err)
	}
}

// TestPages: every panel has a place, no data source is named, and what CUE asks for
// is there.
func TestPages(t *testing.T) {
	t.Parallel()
	pages := slices.Concat(dashboards.Catalogue(), dashboardtest.Pages())
	for _, d := range pages {
		text, err := perses.Write(d, pages, "cluster")
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Metadata struct{ Name, Project string }
			Spec     struct {
				Panels  map[string]any
				Layouts []struct {
					Spec struct {
						Items []struct {
							X, Width int
							Content  map[string]string
						}
					}
				}
			}
		}
		if err := json.Unmarshal(text, &page); err != nil {
			t.Fatal(err)
		}
		if page.Metadata.Name != d.ID || page.Metadata.Project != perses.Project {
			t.Errorf("%s: %+v", d.ID, page.Metadata)
		}
		placed := map[string]bool{}
		for _, l := range page.Spec.Layouts {
			for _, i := range l.Spec.Items {
				key := strings.TrimPrefix(i.Content["$ref"], "#/spec/panels/")
				if _, ok := page.Spec.Panels[key]; !ok || placed[key] || i.X+i.Width > 24 {
					t.Errorf("%s: panel %q at %d+%d", d.ID, key, i.X, i.Width)
				}
				placed[key] = true
			}
		}
		if len(placed) != len(page.Spec.Panels) {
			t.Errorf("%s: %d panels, %d of them placed", d.ID, len(page.Spec.Panels), len(placed))
		}
		for key := range page.Spec.Panels {
			if !regexp.MustCompile(`^[a-zA-Z0-9_-]+$`).MatchString(key) || len(key) > 75 {
				t.Errorf("%s: the key %q is none for Perses", d.ID, key)
			}
		}
		for what, pattern := range map[string]string{"a data source": `"datasource"`, "an empty value": `"(kind|unit|color|query|name|position|mode)": ""`} {
			if m := regexp.MustCompile(pattern).FindString(string(text)); m != "" {
				t.Errorf("%s has %s: %s", d.ID, what, m)
			}
		}
		for _, m := range regexp.MustCompile(`"(?:\w*[cC]olor)": "([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
			if !regexp.MustCompile(`^#[0-9A-F]{6}$`).MatchString(m[1]) {
				t.Errorf("%s: %q is no colour", d.ID, m[1])
			}
		}
	}
}
