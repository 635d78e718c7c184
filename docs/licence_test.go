// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLicences checks that each file has its copyright and its licence: in a header, or by an annotation of REUSE.toml.
func TestLicences(t *testing.T) {
	annotated := annotations(t)
	exempt := []string{"LICENSE", "LICENSES/Apache-2.0.txt"} // texts of licences have none in REUSE
	files := 0
	walk(t, func(file string) {
		files++
		if slices.Contains(exempt, file) || slices.ContainsFunc(annotated, func(p *regexp.Regexp) bool { return p.MatchString(file) }) {
			return
		}
		head := read(t, file)
		head = head[:min(len(head), 1000)]
		for _, tag := range []string{"SPDX-FileCopyrightText: ", "SPDX-License-Identifier: Apache-2.0"} {
			if !strings.Contains(head, tag) {
				t.Errorf("%s: no %q at its beginning, and REUSE.toml does not cover it", file, tag)
			}
		}
	})
	if files < 1000 {
		t.Errorf("only %d files were checked", files)
	}
	for _, p := range annotated {
		if p.MatchString("internal/cli/cli.go") || p.MatchString("Makefile") {
			t.Errorf("REUSE.toml covers code: %s", p)
		}
	}
}

// annotations returns the paths in REUSE.toml.
func annotations(t *testing.T) []*regexp.Regexp {
	t.Helper()
	list := regexp.MustCompile(`(?s)\npath = \[(.*?)\]`).FindStringSubmatch(read(t, "REUSE.toml"))
	if list == nil {
		t.Fatal("REUSE.toml has no list of paths")
	}
	var out []*regexp.Regexp
	for _, m := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(list[1], -1) {
		out = append(out, glob(m[1]))
	}
	return out
}

// glob returns a pattern of REUSE as a regular expression: ** matches any path, * anything but a slash.
func glob(pattern string) *regexp.Regexp {
	text := regexp.QuoteMeta(pattern)
	text = strings.ReplaceAll(text, `\*\*/`, `(.*/)?`)
	text = strings.ReplaceAll(text, `\*\*`, `.*`)
	return regexp.MustCompile("^" + strings.ReplaceAll(text, `\*`, `[^/]*`) + "$")
}

// TestGlob checks patterns of REUSE.
func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, path string
		want          bool
	}{
		{"**/*.md", "README.md", true},
		{"**/*.md", "docs/a/b.md", true},
		{"**/*.md", "docs/a.mdx", false},
		{"**/testdata/**", "a/testdata/b/c.yaml", true},
		{"**/testdata/**", "a/mytestdata/c.yaml", false},
		{"*.md", "docs/a.md", false},
	} {
		if got := glob(tt.pattern).MatchString(tt.path); got != tt.want {
			t.Errorf("%s matches %s: %v, want %v", tt.pattern, path.Clean(tt.path), got, tt.want)
		}
	}
}
