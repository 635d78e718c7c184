// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// describedRoute is a route of the OpenAPI document.
type describedRoute struct {
	Get *struct {
		Parameters []struct{ Name, In string }
		Responses  map[string]struct {
			Content map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				}
			}
		}
	}
}

// schema returns the reference to the schema of the JSON that the route returns.
func (r describedRoute) schema() string {
	return r.Get.Responses["200"].Content["application/json"].Schema.Ref
}

// TestAnswersAreAsDescribed validates real answers of all routes against the OpenAPI document.
func TestAnswersAreAsDescribed(t *testing.T) {
	t.Parallel()
	e := exporterOf(t, "../../test/fleet/fleet.yaml")
	e.wantReport(func(r health.Report) bool { return len(r.Findings) > 10 })
	_, text := e.ask(http.MethodGet, "/api/v1/openapi.json")
	var described struct{ Paths map[string]describedRoute }
	if err := json.Unmarshal([]byte(text), &described); err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	for path, route := range described.Paths {
		if route.Get == nil {
			continue
		}
		path = strings.ReplaceAll(path, "{cluster}/{kind}/{namespace}/{name}", "storage/ClusterSecretStore/-/openbao-cluster-store")
		code, text := e.ask(http.MethodGet, path)
		if code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, text)
		}
		if ref := route.schema(); ref != "" {
			checkSchema(t, compiler, ref, text)
		}
		e.checkRefusals(path, route)
	}
	_, page := e.ask(http.MethodGet, "/")
	_, footer, _ := strings.Cut(page, "<footer>")
	links := regexp.MustCompile(`href="\./([^"]+)"`).FindAllStringSubmatch(footer, -1)
	for _, link := range links {
		if _, ok := described.Paths["/"+link[1]]; !ok {
			t.Errorf("the route /%s is not described", link[1])
		}
	}
	if len(links) < 5 {
		t.Errorf("%d links", len(links))
	}
}

// checkRefusals sends a request with an invalid value for each parameter, and a request for an object that does not
// exist.
func (e *exporter) checkRefusals(path string, route describedRoute) {
	e.t.Helper()
	invalid := map[string]string{
		"limit": "none", "next": "!", "sort": "none", "format": "xml", "state": "none", "type": "none", "since": "none",
	}
	for _, p := range route.Get.Parameters {
		want := http.StatusOK
		query := path + "?" + p.Name + "=none"
		if value := invalid[p.Name]; value != "" {
			want, query = http.StatusBadRequest, path+"?"+p.Name+"="+value
		} else if p.In == "path" {
			want, query = http.StatusNotFound, path+"-none"
		}
		code, text := e.ask(http.MethodGet, query)
		var refusal struct{ Error string }
		if err := json.Unmarshal([]byte(text), &refusal); want != http.StatusOK && (err != nil || refusal.Error == "") {
			e.t.Errorf("%s: %s: %v", query, text, err)
		}
		if _, ok := route.Get.Responses[strconv.Itoa(code)]; code != want || !ok {
			e.t.Errorf("%s: %d, described %t: %s", query, code, ok, text)
		}
	}
}

// checkSchema validates an answer, and that the schema does not allow other fields.
func checkSchema(t *testing.T, compiler *jsonschema.Compiler, ref, text string) {
	t.Helper()
	schema, err := compiler.Compile("openapi.json" + ref)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(answer); err != nil {
		t.Errorf("%s: %v", ref, err)
	}
	if object, ok := answer.(map[string]any); ok {
		object["surprise"] = true
		if schema.Validate(object) == nil {
			t.Errorf("%s: the schema takes anything", ref)
		}
	}
}
