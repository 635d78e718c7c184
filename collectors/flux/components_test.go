// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"testing"

	"github.com/fluxcd/flux2/v2/pkg/manifestgen/install"
	"github.com/google/go-cmp/cmp"
)

// TestDefaultComponentsMatchFlux compares the table with the one of Flux. The exporter does not import that
// package, because it depends on kustomize, which is half of the size of the exporter.
func TestDefaultComponentsMatchFlux(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(install.MakeDefaultOptions().Components, defaultComponents()); diff != "" {
		t.Errorf("-Flux +ours:\n%s", diff)
	}
}
