// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package loadobject

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestFlux(t *testing.T) {
	const n = 1000
	kinds := map[string]int{}
	names := map[string]bool{}
	notReady, size := 0, 0
	for i := range n {
		obj := Flux(i)
		if !reflect.DeepEqual(obj, Flux(i)) {
			t.Fatalf("object %d differs from itself", i)
		}
		obj.DeepCopy() // panics on types that JSON does not have
		kinds[obj.GetKind()]++
		names[obj.GetNamespace()+"/"+obj.GetName()] = true
		body, err := json.Marshal(obj)
		if err != nil {
			t.Fatal(err)
		}
		size += len(body)
		conditions, _, err := unstructured.NestedSlice(obj.Object, "status", "conditions")
		if err != nil || len(conditions) != 3 || conditions[0].(map[string]any)["type"] != "Ready" {
			t.Errorf("object %d: conditions %v, %v", i, conditions, err)
		}
		if conditions[0].(map[string]any)["status"] == "False" {
			notReady++
		}
	}
	if diff := cmp.Diff(map[string]int{
		"Kustomization": 400, "HelmRelease": 300, "GitRepository": 75, "OCIRepository": 75, "HelmRepository": 75, "HelmChart": 75,
	}, kinds); diff != "" {
		t.Error(diff)
	}
	if len(names) != n || notReady != n/50 {
		t.Errorf("%d names, %d objects are not ready", len(names), notReady)
	}
	if mean := size / n; mean < 4000 || mean > 6000 { // without what the server adds
		t.Errorf("objects have %d bytes on average", mean)
	}
}

func TestValuesSize(t *testing.T) {
	for i := range 100 {
		values, found, err := unstructured.NestedMap(Flux(10*i+4).Object, "spec", "values")
		if !found || err != nil {
			t.Fatal(found, err)
		}
		body, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		if len(body) < 2000 || len(body) > 10_000 || !strings.Contains(string(body), "config00") {
			t.Errorf("values of %d bytes", len(body))
		}
	}
}
