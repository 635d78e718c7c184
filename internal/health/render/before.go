// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// changesBefore returns the changes shortly before the onset of a finding.
func changesBefore(f health.Finding) []string {
	var all []string
	for _, c := range f.ChangedBefore {
		all = append(all, fmt.Sprintf("%s %s before", clean(c.Text), Age(max(0, f.Since.Sub(c.At)))))
	}
	return all
}
