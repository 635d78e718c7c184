// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io/fs"
	"path"
	"strings"
)

// A checker counts in the files of a repository.
type checker struct {
	comments  []*count
	texts     []*count
	longLines *count
}

// check returns all counts of a repository.
func check(repository fs.FS) ([]*count, error) {
	c := newChecker()
	err := fs.WalkDir(repository, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(name):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		return c.file(repository, name)
	})
	return append(append(c.comments, c.texts...), c.longLines), err
}

func newChecker() *checker {
	says, somebody, whatIs := patterns()
	c := &checker{longLines: &count{what: "lines above 140 columns", where: "code and pages"}}
	for _, p := range []count{
		{what: "says/tells", pattern: says, limit: 3},
		{what: "nobody/somebody", pattern: somebody, limit: 2},
		{what: "what is/was/has", pattern: whatIs, limit: 6},
	} {
		inComments, inTexts := p, p
		inComments.where, inComments.unit = "comments", "lines"
		inTexts.where, inTexts.unit, inTexts.limit = "user-facing texts", "words", 1
		c.comments = append(c.comments, &inComments)
		c.texts = append(c.texts, &inTexts)
	}
	return c
}

// skipped reports whether the files of a directory are left out: build outputs and test data.
func skipped(name string) bool {
	switch path.Base(name) {
	case ".git", "node_modules", "testdata":
		return true
	}
	return name == "bin" || name == "dist" || name == "site" || name == "LICENSES"
}

// file counts in a file by its kind. Of a generated file, only the words count.
func (c *checker) file(repository fs.FS, name string) error {
	switch path.Ext(name) {
	case ".go", ".md", ".yaml", ".yml", ".html", ".txt", ".tpl", "":
	default:
		return nil
	}
	raw, err := fs.ReadFile(repository, name)
	if err != nil {
		return err
	}
	content := string(raw)
	start, _, _ := strings.Cut(content, "\n# ")
	generated := strings.Contains(start[:min(len(start), 400)], "Generated ")
	switch path.Ext(name) {
	case ".go":
		comments, literals := goTexts(name, raw)
		addAll(c.comments, comments, lines)
		if !isTest(name) {
			addAll(c.texts, literals, words)
		}
		c.longLines.addLongLines(name, withoutLiterals(raw))
	case ".md":
		addAll(c.texts, []text{{name, 1, prose(content)}}, words)
		if !generated {
			c.longLines.addLongLines(name, strings.Split(wrappable(content), "\n"))
		}
	case ".html", ".txt", ".tpl":
		addAll(c.texts, []text{{name, 1, content}}, words)
	default:
		counts, size := c.comments, lines
		if strings.HasPrefix(name, "charts/") || strings.HasPrefix(name, "docs/") || strings.HasPrefix(name, "plugin/") {
			counts, size = c.texts, words
		}
		addAll(counts, hashComments(name, content), size)
	}
	return nil
}

// isTest reports whether a Go file is no part of the product.
func isTest(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "test/") || strings.HasPrefix(name, "internal/testing/")
}

func addAll(counts []*count, texts []text, size func(string) int) {
	for _, t := range texts {
		if strings.TrimSpace(t.text) == "" {
			continue
		}
		for _, c := range counts {
			c.add(t, size(t.text))
		}
	}
}
