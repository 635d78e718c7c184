// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// TestNoConfidentialValueIsPublished searches the rows for confidential fields, which have the value s3cr3t in testdata:
// messages, options, people, URLs.
func TestNoConfidentialValueIsPublished(t *testing.T) {
	for _, c := range suite().Cases(t) {
		found := false
		for _, o := range c.Objects {
			found = found || strings.Contains(string(o.Raw), "s3cr3t")
		}
		if !found {
			t.Errorf("%s: there is nothing to leak", c.File)
		}
		for line := range strings.Lines(collectortest.ReadFile(t, c.Golden)) {
			for _, secret := range []string{"s3cr3t", "node001", "example.com", "foo"} {
				if strings.Contains(line, secret) {
					t.Errorf("%s: %q must not leave the exporter, but there is %s", c.File, secret, line)
				}
			}
		}
	}
}
