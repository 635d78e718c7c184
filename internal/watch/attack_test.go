// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestHugeEvents checks that huge events are refused before they are decoded.
func TestHugeEvents(t *testing.T) {
	event := func(kind, list string, size int) string {
		return `{"type":"` + kind + `","object":{"status":` + list + strings.Repeat("{},", size/3) + "{}]}}}\n"
	}
	const entries, causes = `{"entries":[`, `{"details":{"causes":[`
	for name, text := range map[string]string{
		"bytes":            event("ADDED", entries, 60<<20),
		"values":           event("ADDED", entries, fleet.MaxObject-1024),
		"values, reversed": `{"object":{"status":{"entries":[` + strings.Repeat("{},", 1<<20) + "{}]}},\"type\":\"ADDED\"}\n",
		"an error":         event("ERROR", causes, fleet.MaxObject-1024),
	} {
		d, _ := readerOf(text)
		memory := testutil.Allocated(func() {
			if _, o, err := d.next(); failure.Classify(err) != failure.ReasonDecode || o != nil {
				t.Errorf("%s: decoded %v, %v", name, o, err)
			}
		})
		if memory > 64<<20 {
			t.Errorf("%s: %d MiB were allocated", name, memory>>20)
		}
	}
}
