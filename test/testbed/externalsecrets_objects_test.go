// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestSecretFiles checks that the files are complete: all objects of External Secrets Operator have an
// expectation, and no placeholder is left.
func TestSecretFiles(t *testing.T) {
	b := &OpenBao{Nodes: []*OpenBaoNode{{Address: "http://openbao.example.com"}}}
	for _, cluster := range openBaoClusters {
		objs, err := SecretObjects(b, cluster)
		if err != nil {
			t.Fatal(err)
		}
		checkSecretFiles(t, objs)
	}
	objs, err := SecretVariants(b, "storage")
	if err != nil {
		t.Fatal(err)
	}
	checkSecretFiles(t, objs)
	if _, err := SecretObjects(b, "nonesuch"); err == nil {
		t.Error("no error for a cluster that the reference does not have")
	}
}

func checkSecretFiles(t *testing.T, objs []*unstructured.Unstructured) {
	t.Helper()
	seen := map[string]bool{}
	for _, obj := range objs {
		name := describe(obj)
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if text := fmt.Sprint(obj.Object); strings.Contains(text, "${") {
			t.Errorf("%s: not everything was filled in: %s", name, text)
		}
		if strings.HasPrefix(obj.GetAPIVersion(), "external-secrets.io/") && obj.GetAnnotations()[expectAnnotation] == "" {
			t.Errorf("%s does not say what becomes of it", name)
		}
	}
}
