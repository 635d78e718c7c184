// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"regexp"
	"strings"
	"testing"
)

// TestDescriptionsHaveTheNumber checks that a number in a summary is also in the description, or is
// compared there with its limit. An HTTP status is part of the reason.
func TestDescriptionsHaveTheNumber(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(`\$value|\$threshold|\d`)
	for _, r := range Rules() {
		summary := strings.ReplaceAll(r.Summary, status, "")
		if strings.Contains(summary, "$value") && !number.MatchString(r.Description) {
			t.Errorf("%s: the description %q has no number", r.Name, r.Description)
		}
	}
}
