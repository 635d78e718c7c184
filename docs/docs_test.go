// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package docs_test checks the pages of the repository: their links, commands and examples.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// root is the directory of the repository.
const root = ".."

// walk calls do with the path, relative to the root, of each file that can be committed.
func walk(t *testing.T, do func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		switch {
		case path == ".git" && !entry.IsDir(): // of a work tree
		case entry.IsDir() && (path == ".git" || path == "bin" || path == "dist" || path == "site" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.Type().IsRegular() && !strings.HasSuffix(path, ".test") && !strings.HasSuffix(path, ".prof"):
			do(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pages returns the texts of all Markdown files by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	walk(t, func(path string) {
		if strings.HasSuffix(path, ".md") && !strings.HasPrefix(path, "cmd/generate/") { // sources of generated pages
			all[path] = read(t, path)
		}
	})
	if len(all) < 100 {
		t.Fatalf("only %d pages", len(all))
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	fence      = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	codeSpan   = regexp.MustCompile("`[^`\n]*`")
	headings   = regexp.MustCompile(`(?m)^#{1,6} +(.*)$`)
	inlineLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	definition = regexp.MustCompile(`(?m)^\[[^\]]+\]: +(\S+)$`)
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// TestSite checks that the navigation of the site has each page of docs once.
func TestSite(t *testing.T) {
	nav := regexp.MustCompile(`[\w/]+\.md`).FindAllString(read(t, "mkdocs.yml"), -1)
	slices.Sort(nav)
	var want []string
	for path := range pages(t) {
		if page, ok := strings.CutPrefix(path, "docs/"); ok {
			want = append(want, page)
		}
	}
	slices.Sort(want)
	if !slices.Equal(nav, want) {
		t.Errorf("the site has %v, want %v", nav, want)
	}
}

// TestLinks checks that links between files lead to a file and to a heading in it.
func TestLinks(t *testing.T) {
	all := pages(t)
	checked := 0
	for page, text := range all {
		text = codeSpan.ReplaceAllString(fence.ReplaceAllString(text, ""), "")
		for _, m := range append(inlineLink.FindAllStringSubmatch(text, -1), definition.FindAllStringSubmatch(text, -1)...) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			checked++
			if problem := brokenLink(all, page, m[1]); problem != "" {
				t.Errorf("%s: link %s %s", page, m[1], problem)
			}
		}
	}
	if checked < 300 {
		t.Errorf("only %d links were checked", checked)
	}
}

// brokenLink returns the problem of a link in a page, or nothing.
func brokenLink(all map[string]string, page, link string) string {
	path, anchor, hasAnchor := strings.Cut(link, "#")
	target := page
	if path != "" {
		target = filepath.ToSlash(filepath.Join(filepath.Dir(page), path))
		if _, err := os.Stat(filepath.Join(root, target)); err != nil {
			return "leads to no file"
		}
	}
	if !hasAnchor {
		return ""
	}
	text, ok := all[target]
	if !ok {
		return "has an anchor in a file that is no page"
	}
	if !anchors(text)[anchor] {
		return "leads to no heading"
	}
	return ""
}

// anchors returns the anchors that GitHub gives to the headings of a page.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range headings.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		title := strings.ToLower(linkText.ReplaceAllString(strings.TrimSpace(m[1]), "$1"))
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return r
			}
			return -1
		}, title)
		unique := slug
		for n := 1; out[unique]; n++ {
			unique = slug + "-" + strconv.Itoa(n)
		}
		out[unique] = true
	}
	return out
}

// TestAnchors checks how headings become anchors.
func TestAnchors(t *testing.T) {
	got := anchors("# The `report` of [a](b)\n\n## Same\n\n## Same\n\n```sh\n# none\n```\n\n## A, b: c_d-e\n")
	for _, want := range []string{"the-report-of-a", "same", "same-1", "a-b-c_d-e"} {
		if !got[want] {
			t.Errorf("no anchor %s in %v", want, got)
		}
	}
	if len(got) != 4 {
		t.Errorf("anchors are %v", got)
	}
}

// TestReadme checks that the two commands to begin with are on the first screen.
func TestReadme(t *testing.T) {
	lines := strings.SplitN(read(t, "README.md"), "\n", 41)
	first := strings.Join(lines[:40], "\n")
	for _, command := range []string{"make run", "make test", "cobaltcore-exporter report"} {
		if !strings.Contains(first, "    "+command) {
			t.Errorf("the first 40 lines have no %q", command)
		}
	}
}

// TestIndex checks that the index links to each page in docs.
func TestIndex(t *testing.T) {
	index := read(t, "docs/README.md")
	for page := range pages(t) {
		name, ok := strings.CutPrefix(page, "docs/")
		if ok && name != "README.md" && !strings.Contains(index, "]("+name) && !strings.Contains(index, "]("+strings.TrimSuffix(name, "/README.md")+")") {
			t.Errorf("docs/README.md has no link to %s", name)
		}
	}
}
