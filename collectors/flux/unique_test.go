// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"encoding/json"
	"path"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Two objects that differ in namespace or name only never give the same series.
func TestObjectsNeverShareASeries(t *testing.T) {
	for _, name := range cases(t) {
		h := newHarness(t, resourceOf(t, path.Dir(name)))
		var entries []*exposition.Entry
		for _, id := range [][2]string{{"a", "x"}, {"a", "y"}, {"b", "x"}} {
			var o map[string]any
			if err := json.Unmarshal(object(t, name), &o); err != nil {
				t.Fatal(err)
			}
			metadata, ok := o["metadata"].(map[string]any)
			if !ok {
				t.Fatalf("%s has no metadata", name)
			}
			metadata["namespace"], metadata["name"] = id[0], id[1]
			raw, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			entry, _, err := h.resource.Render(management(), raw, h.rows)
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, entry)
		}
		h.group.Replace(entries)
		seen := map[string]bool{}
		for line := range strings.Lines(h.get(t)) {
			series := line[:strings.LastIndexByte(line, ' ')]
			if seen[series] && line[0] != '#' {
				t.Errorf("%s: twice: %s", name, series)
			}
			seen[series] = true
		}
	}
}
