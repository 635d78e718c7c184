// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/scanner"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// goTexts returns the comments of a Go file and its string literals of two words and more.
func goTexts(path string, content []byte) (comments, literals []text) {
	file := token.NewFileSet().AddFile(path, -1, len(content))
	var s scanner.Scanner
	s.Init(file, content, nil, scanner.ScanComments)
	for {
		pos, tok, literal := s.Scan()
		line := file.Position(pos).Line
		switch tok {
		case token.EOF:
			return comments, literals
		case token.COMMENT:
			if last := len(comments) - 1; last >= 0 && line == comments[last].line+lines(comments[last].text) {
				comments[last].text += "\n" + commentText(literal)
				continue
			}
			comments = append(comments, text{path, line, commentText(literal)})
		case token.STRING:
			if value, err := strconv.Unquote(literal); err == nil && words(value) > 1 {
				literals = append(literals, text{path, line, value})
			}
		}
	}
}

// withoutLiterals returns the lines of a Go file without the contents of its string literals, which
// are not split over lines: they stay in one piece for a search.
func withoutLiterals(content []byte) []string {
	file := token.NewFileSet().AddFile("", -1, len(content))
	var s scanner.Scanner
	s.Init(file, content, nil, 0)
	var out strings.Builder
	end := 0
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			out.Write(content[end:])
			return strings.Split(out.String(), "\n")
		}
		if tok == token.STRING {
			start := file.Offset(pos)
			out.Write(content[end:start])
			out.WriteString(strings.Repeat("\n", strings.Count(literal, "\n")))
			end = start + len(literal)
		}
	}
}

// commentText returns a comment without its markers, and nothing for licences and directives.
func commentText(comment string) string {
	body, isLine := strings.CutPrefix(comment, "//")
	switch {
	case isLine && !strings.HasPrefix(body, " "), strings.HasPrefix(body, " SPDX-"):
		return ""
	case isLine:
		return body
	}
	return strings.TrimSuffix(strings.TrimPrefix(comment, "/*"), "*/")
}

// hashComments returns the comments of a file in which they begin with #, as in YAML and Make.
func hashComments(path, content string) []text {
	var out []text
	for i, line := range strings.Split(content, "\n") {
		body, isComment := strings.CutPrefix(strings.TrimSpace(line), "#")
		if !isComment || strings.HasPrefix(body, " SPDX-") || strings.HasPrefix(body, "!") {
			continue
		}
		if last := len(out) - 1; last >= 0 && i+1 == out[last].line+lines(out[last].text) {
			out[last].text += "\n" + body
			continue
		}
		out = append(out, text{path, i + 1, body})
	}
	return out
}

// prose returns Markdown without code, each line in its place.
func prose(markdown string) string {
	var out strings.Builder
	code := false
	for line := range strings.Lines(markdown) {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			code = !code
			out.WriteString("\n")
		case code, strings.HasPrefix(line, "    ") && !strings.HasPrefix(strings.TrimSpace(line), "*"):
			out.WriteString("\n")
		default:
			out.WriteString(line)
		}
	}
	return codeSpan.ReplaceAllString(out.String(), "")
}

// wrappable returns Markdown without the lines that cannot be broken: code, tables and the targets of links.
func wrappable(markdown string) string {
	var out strings.Builder
	for line := range strings.Lines(prose(markdown)) {
		if strings.HasPrefix(strings.TrimSpace(line), "|") || linkTarget.MatchString(line) {
			line = "\n"
		}
		out.WriteString(line)
	}
	return out.String()
}

var (
	codeSpan   = regexp.MustCompile("`[^`\n]*`")
	linkTarget = regexp.MustCompile(`^\[[^\]]+\]: `)
	word       = regexp.MustCompile(`\b[A-Za-z][a-z]+\b`)
)

func words(s string) int { return len(word.FindAllStringIndex(s, -1)) }

func lines(s string) int { return strings.Count(s, "\n") + 1 }
