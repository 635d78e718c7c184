// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build testbed

package testbed

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestCertManagerCRDs checks that the real CRDs serve the watched version and have all fields of status that are exported.
func TestCertManagerCRDs(t *testing.T) {
	crds, err := CertManagerCRDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string][]string{
		"Certificate":        {"conditions", "notAfter", "renewalTime", "revision", "lastFailureTime", "failedIssuanceAttempts"},
		"CertificateRequest": {"conditions", "failureTime"},
		"Issuer":             {"conditions"},
		"ClusterIssuer":      {"conditions"},
	}
	for _, crd := range crds {
		kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
		versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
		i := slices.IndexFunc(versions, func(v any) bool { return v.(map[string]any)["name"] == "v1" })
		if i < 0 {
			t.Errorf("%s is not served as v1", kind)
			continue
		}
		status, _, _ := unstructured.NestedMap(versions[i].(map[string]any), "schema", "openAPIV3Schema", "properties", "status", "properties")
		for _, field := range fields[kind] {
			if status[field] == nil {
				t.Errorf("%s has no status.%s", kind, field)
			}
		}
		delete(fields, kind)
	}
	if len(fields) > 0 {
		t.Errorf("no CRD for %v", fields)
	}
}
