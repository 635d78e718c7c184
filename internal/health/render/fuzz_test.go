// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// FuzzReport reads a report from any file, as report diff does. A terminal gets no control characters, and a report
// does not differ from itself.
func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"verdict":"degraded","clusters":[{"name":"a","verdict":"broken"}],"findings":[{"alert":"A","cluster":"a","severity":"critical","summary":"s"}]}`))
	f.Add([]byte(`{"verdict":"\u001b[2J","clusters":[{"name":"\u001b]0;","verdict":"\u0007"}],"findings":[{"alert":"\r","severity":"\u009b"}]}`))
	f.Add([]byte(`{"findings":[{"since":"9999-12-31T23:59:59Z","labels":{"a":"\u202e"}},null]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r health.Report
		if json.Unmarshal(text, &r) != nil || hasClusterTwice(r) {
			return
		}
		var out strings.Builder
		if differs, err := Diff(&out, r, r); err != nil || differs {
			t.Errorf("differs from itself: %v, %v:\n%s", differs, err, out.String())
		}
		for _, reports := range [][2]health.Report{{{}, r}, {r, {}}} {
			if _, err := Diff(&out, reports[0], reports[1]); err != nil {
				t.Error(err)
			}
		}
		if at := strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && unicode.IsControl(r) }); at >= 0 {
			t.Errorf("a control character: %q", out.String())
		}
	})
}

func hasClusterTwice(r health.Report) bool {
	names := map[string]bool{}
	for _, c := range r.Clusters {
		names[c.Name] = true
	}
	return len(names) < len(r.Clusters)
}
