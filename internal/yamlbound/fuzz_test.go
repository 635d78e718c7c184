// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package yamlbound_test

import (
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/yamlbound"
)

// FuzzCheck decodes what passes: it is not larger than the limit, apart from quotes and escapes.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("a: &a {b: c}\nd: *a\ne: {<<: *a}\n---\na: &a [b, *a]"))
	f.Add([]byte("'&': '*'\nx: &x xxxxxxxx\ny: &y [*x, *x]\nz: [*y, *y]"))
	f.Add([]byte(testutil.Aliases(100, 100)))
	f.Fuzz(func(t *testing.T, text []byte) {
		const limit = 4 << 10
		if len(text) > limit || yamlbound.Check(text, limit) != nil {
			return
		}
		if raw, err := yaml.YAMLToJSON(text); err == nil && len(raw) > 8*limit {
			t.Errorf("%d bytes became %d", len(text), len(raw))
		}
	})
}
