// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// schema has the fields of a structural schema that the test uses.
type schema struct {
	Type       string            `json:"type"`
	Format     string            `json:"format"`
	Properties map[string]schema `json:"properties"`
	Additional *schema           `json:"additionalProperties"`
	Items      *schema           `json:"items"`
}

// TestSchemasHaveAllReadFields compares the slim structs with the CustomResourceDefinitions of the testbed, which
// have the same types as the real ones.
func TestSchemasHaveAllReadFields(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "test", "testbed", "greenhouse", "crds.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]any{
		"Cluster": clusterObject{}, "Plugin": pluginObject{}, "PluginPreset": presetObject{},
		"PluginDefinition": definitionObject{}, "ClusterPluginDefinition": definitionObject{}, "Catalog": catalogObject{},
		"Organization": organizationObject{}, "Team": teamObject{}, "TeamRoleBinding": bindingObject{},
	}
	versions := map[string]string{}
	for _, r := range (Collector{}).Resources() {
		versions[r.Kind] = r.Versions[0]
	}
	for _, doc := range collectortest.Documents(data) {
		var crd struct {
			Spec struct {
				Names    struct{ Kind string }
				Versions []struct {
					Name   string
					Schema struct {
						OpenAPIV3Schema schema
					}
				}
			}
		}
		if err := yaml.Unmarshal([]byte(doc), &crd); err != nil {
			t.Fatal(err)
		}
		kind := crd.Spec.Names.Kind
		if kind == "" {
			continue // the comment at the top
		}
		if crd.Spec.Versions[0].Name != versions[kind] {
			t.Errorf("%s is served as %s, and watched as %s", kind, crd.Spec.Versions[0].Name, versions[kind])
		}
		for name, s := range crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties {
			if field, ok := lookupField(reflect.TypeOf(objects[kind]), name); ok {
				checkSchema(t, kind+"."+name, field, s)
			}
		}
		delete(objects, kind)
	}
	if len(objects) > 0 {
		t.Errorf("there is no schema for %v", objects)
	}
}

// lookupField finds the type of a field by its name in JSON.
func lookupField(in reflect.Type, name string) (reflect.Type, bool) {
	for _, f := range reflect.VisibleFields(in) {
		if !f.Anonymous && f.Tag.Get("json") == name {
			return f.Type, true
		}
	}
	return nil, false
}

func checkSchema(t *testing.T, path string, in reflect.Type, s schema) {
	t.Helper()
	if in.Kind() == reflect.Pointer {
		in = in.Elem()
	}
	want := map[reflect.Kind]string{reflect.String: "string", reflect.Int64: "integer", reflect.Struct: "object", reflect.Map: "object", reflect.Slice: "array"}[in.Kind()]
	switch in {
	case reflect.TypeFor[watch.Count]():
		if s.Type != "array" && s.Additional == nil {
			t.Errorf("%s is counted, and has no elements but is %s", path, s.Type)
		}
		return
	case reflect.TypeFor[time.Time]():
		if s.Type != "string" || s.Format != "date-time" {
			t.Errorf("%s is read as a time, and is %s %s", path, s.Type, s.Format)
		}
		return
	}
	if s.Type != want {
		t.Errorf("%s is read as %s, and is %q", path, want, s.Type)
		return
	}
	switch in.Kind() { //nolint:exhaustive // other kinds have no fields
	case reflect.Slice:
		checkSchema(t, path+"[]", in.Elem(), *s.Items)
	case reflect.Map:
		checkSchema(t, path+"{}", in.Elem(), *s.Additional)
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(in) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous || in == reflect.TypeFor[lifecycle.Condition]() && name == "observedGeneration" {
				continue // VisibleFields includes its fields; Greenhouse has no generations
			}
			inner, ok := s.Properties[name]
			if !ok {
				t.Errorf("%s.%s is read, and is in no schema", path, name)
				continue
			}
			checkSchema(t, path+"."+name, f.Type, inner)
		}
	}
}
