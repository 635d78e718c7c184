// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Error is one mistake in a configuration file and what to do about it.
type Error struct {
	File string // as given to Load or Parse
	Line int    // from 1
	// Path is the path in the document, such as clusters[1].name. It is empty for the document
	// itself.
	Path    string
	Message string
}

// Error returns "file:line: path: message" in one line.
func (e Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
	}
	return fmt.Sprintf("%s:%d: %s: %s", e.File, e.Line, e.Path, e.Message)
}

// Errors has all mistakes in a configuration file, ordered by line. It is never empty when it is returned as an error.
type Errors []Error

// Error returns one line per mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find an [Error].
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

// report collects the mistakes of one file and the line of each path in the document.
type report struct {
	file   string
	lines  map[string]int
	errors Errors
	paths  map[string]bool // of the errors
}

// recordLine records the line of a path.
func (r *report) recordLine(path string, line int) { r.lines[path] = line }

// line returns the line of path or, if the file does not have path, the line of its longest parent
// that the file has.
func (r *report) line(path string) int {
	for {
		if line, ok := r.lines[path]; ok {
			return line
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return max(1, r.lines[""])
		}
		path = path[:i]
	}
}

// errorf adds a mistake at a path of the document.
func (r *report) errorf(path, format string, args ...any) {
	r.errorAt(r.line(path), path, format, args...)
}

// errorAt adds a mistake at a path, but at another line.
func (r *report) errorAt(line int, path, format string, args ...any) {
	r.paths[path] = true
	r.errors = append(r.errors, Error{File: r.file, Line: line, Path: path, Message: fmt.Sprintf(format, args...)})
}

// hasError reports whether there is an error at one of the paths, not below them. Callers use it to suppress errors that are
// consequences of another error.
func (r *report) hasError(paths ...string) bool {
	return slices.ContainsFunc(paths, func(path string) bool { return r.paths[path] })
}

// hasErrorBelow reports whether there is an error at the path or below it.
func (r *report) hasErrorBelow(path string) bool {
	for p := range r.paths {
		if rest, ok := strings.CutPrefix(p, path); ok && (rest == "" || strings.ContainsAny(rest[:1], ".[")) {
			return true
		}
	}
	return false
}

// err returns the collected errors, or nil.
func (r *report) err() error {
	if len(r.errors) == 0 {
		return nil
	}
	slices.SortStableFunc(r.errors, func(a, b Error) int { return cmp.Compare(a.Line, b.Line) })
	return r.errors
}

// joinPath appends a key to a path of the document.
func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// quote quotes a value of the file for a message: on one line, with a limited length, and without a
// possible password.
func quote(s string) string { return fmt.Sprintf("%q", truncate(redactURL(s))) }

// redactURL removes the user info, the query and the fragment from a value that may be a URL. The
// URL may be invalid, for example because of a slash in the password.
func redactURL(s string) string {
	s = userInfo.ReplaceAllString(s, "${1}…@")
	return query.ReplaceAllString(s, "${1}…")
}

var (
	userInfo = regexp.MustCompile(`(?s)^([A-Za-z]+://)?.*@`)
	query    = regexp.MustCompile(`(?s)(://[^?#]*[?#]).+`)
)

// oneLine joins the lines of a message that may quote parts of the file.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, s)
}

// truncate shortens text of the file for a message.
func truncate(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
