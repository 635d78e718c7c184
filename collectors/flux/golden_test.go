// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"encoding/json"
	"flag"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

var update = flag.Bool("update", false, "write the golden files")

// TestAnObjectBecomesTheRowsOfItsGoldenFile renders each object of testdata and
// compares the whole exposition with the file beside it.
func TestAnObjectBecomesTheRowsOfItsGoldenFile(t *testing.T) {
	for _, name := range cases(t) {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			resource := resourceOf(t, path.Dir(name))
			raw := object(t, name)
			checkIdentity(t, raw, resource.Group, resource.Kind, resource.Versions)
			got := render(t, resource, raw)

			golden := filepath.Join("testdata", strings.TrimSuffix(name, ".yaml")+".prom")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("rows (-want +got, -update accepts them):\n%s", diff)
			}

			all := resource
			all.Families = Families()
			if diff := cmp.Diff(got, render(t, all, raw)); diff != "" {
				t.Errorf("%s adds to families that it does not declare:\n%s", resource.Kind, diff)
			}
			checkSecrets(t, raw, got)
		})
	}
}

// checkIdentity makes sure that a file is where it belongs.
func checkIdentity(t *testing.T, raw []byte, group, kind string, versions []string) {
	t.Helper()
	var o struct{ APIVersion, Kind string }
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	g, version, _ := strings.Cut(o.APIVersion, "/")
	known := false
	for _, v := range versions {
		known = known || v == version
	}
	if g != group || o.Kind != kind || !known {
		t.Errorf("the object is a %s %s, not one of %s/%v %s", o.APIVersion, o.Kind, group, versions, kind)
	}
}

// checkSecrets looks for the secrets that the objects of testdata contain, for
// the paths of webhooks and for the messages of conditions.
func checkSecrets(t *testing.T, raw []byte, got string) {
	t.Helper()
	var o struct {
		Status struct {
			WebhookPath string
			Conditions  []struct{ Message string }
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"s3cr3t", "t0k3n", "/hook/"}
	if p := o.Status.WebhookPath; p != "" {
		secrets = append(secrets, p, path.Base(p))
	}
	for _, c := range o.Status.Conditions {
		if strings.Contains(c.Message, " ") {
			secrets = append(secrets, c.Message)
		}
	}
	for _, s := range secrets {
		if strings.Contains(got, s) {
			t.Errorf("%q must not leave the exporter:\n%s", s, got)
		}
	}
}

// TestEveryKindAndEveryFamilyHasAGoldenFile keeps testdata complete.
func TestEveryKindAndEveryFamilyHasAGoldenFile(t *testing.T) {
	kinds, families := map[string]bool{}, map[string]bool{}
	for _, name := range cases(t) {
		kinds[path.Dir(name)] = true
		for line := range strings.Lines(readGolden(t, name)) {
			if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
				family, _, _ := strings.Cut(rest, " ")
				families[family] = true
			}
		}
	}
	resources := (Collector{}).Resources()
	if len(resources) != 19 {
		t.Errorf("the collector watches %d kinds, not the 19 of Flux and Flux Operator", len(resources))
	}
	for _, r := range resources {
		if !kinds[strings.ToLower(r.Kind)] {
			t.Errorf("no golden file for %s", r.Kind)
		}
	}
	for _, f := range (Collector{}).Families() {
		if !families[f.Name] {
			t.Errorf("no golden file has a row of %s", f.Name)
		}
	}
}

func TestPromlintFindsNothingInTheGoldenFiles(t *testing.T) {
	for _, name := range cases(t) {
		problems, err := promlint.New(strings.NewReader(readGolden(t, name))).Lint()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s: %s", name, p.Metric, p.Text)
		}
	}
}

// TestEveryGoldenFileHasAnObject finds what a renamed case left behind.
func TestEveryGoldenFileHasAnObject(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.prom")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, err := os.Stat(strings.TrimSuffix(f, ".prom") + ".yaml"); err != nil {
			t.Error(err)
		}
	}
}

func readGolden(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", strings.TrimSuffix(name, ".yaml")+".prom"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
