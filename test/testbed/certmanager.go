// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"fmt"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const certManagerModule = "github.com/cert-manager/cert-manager"

// CertManagerCRDs returns the CustomResourceDefinitions of cert-manager from the module pinned in test/tools/cert-manager. They need
// no conversion webhook.
func CertManagerCRDs(ctx context.Context) ([]*unstructured.Unstructured, error) {
	dir, err := moduleDirectory("cert-manager")
	if err != nil {
		return nil, err
	}
	source, err := tool{}.moduleSource(ctx, dir, certManagerModule)
	if err != nil {
		return nil, fmt.Errorf("testbed: sources of %s: %w", certManagerModule, err)
	}
	return loadCRDs(filepath.Join(source, "deploy", "crds"), false)
}
