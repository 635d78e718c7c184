// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"strings"
	"testing"
)

// TestNothingLeaks looks for what must not be in a row. In testdata, s3cr3t is in all
// that is nobody's business: messages, options, people, URLs.
func TestNothingLeaks(t *testing.T) {
	for _, file := range cases(t) {
		found := false
		for _, o := range objects(t, file) {
			found = found || strings.Contains(string(o.raw), "s3cr3t")
		}
		if !found {
			t.Errorf("%s: there is nothing to leak", file)
		}
		for line := range strings.Lines(readGolden(t, file)) {
			for _, secret := range []string{"s3cr3t", "node001", "example.com", "foo"} {
				if strings.Contains(line, secret) {
					t.Errorf("%s: %q must not leave the exporter, but there is %s", file, secret, line)
				}
			}
		}
	}
}
