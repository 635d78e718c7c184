// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parse decodes data into out, a pointer to a struct as described in shape.go, and then calls
// check. The error is an [Errors], unless the struct itself is wrong.
func parse(data []byte, filename string, out any, check func(*report)) error {
	v := reflect.ValueOf(out).Elem()
	shape, err := newShape(v.Type())
	if err != nil {
		return fmt.Errorf("%s: %w", filename, err)
	}
	r := &report{file: filename, lines: map[string]int{"": 1}, paths: map[string]bool{}}
	dir, err := filepath.Abs(filepath.Dir(filename))
	if err != nil {
		r.errorAt(1, "", "cannot find the directory of the file: %v", err)
	}
	if root := decodeDocument(data, r); root != nil {
		r.recordLine("", root.Line)
		d := &decoder{report: r, dir: dir}
		d.decodeValue(root, shape, constraints{}, v, "")
		check(r)
	}
	return r.err()
}

// decodeDocument returns the only document of data, or reports why there is none.
func decodeDocument(data []byte, r *report) *yaml.Node {
	if len(data) > maxFileSize {
		r.errorAt(1, "", "the file is larger than %d MiB: is it the right one?", maxFileSize>>20)
		return nil
	}
	first, second, err := decodeDocuments(data)
	switch {
	case err != nil:
		reportSyntax(err, data, r)
		return nil
	case second != nil:
		r.errorAt(second.Line, "", "a second document begins here: keep one, and remove the line ---")
	}
	if first == nil || len(first.Content) != 1 || isNull(first.Content[0]) {
		reportEmpty(r)
		return nil
	}
	return first.Content[0]
}

// decodeDocuments returns the first two documents of data; a missing document is nil.
func decodeDocuments(data []byte) (first, second *yaml.Node, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for _, doc := range []**yaml.Node{&first, &second} {
		node := new(yaml.Node)
		switch err := dec.Decode(node); {
		case errors.Is(err, io.EOF):
			return first, second, nil
		case err != nil:
			return nil, nil, err
		}
		*doc = node
	}
	return first, second, nil
}

func reportEmpty(r *report) {
	r.errorAt(1, "", `the file is empty: it needs the key "clusters", such as clusters: [{name: here, inCluster: true}]`)
}

// reportSyntax translates an error of the YAML parser. The line in its message
// is not used: it is missing, one too small, or the one where the surrounding
// mapping begins.
func reportSyntax(err error, data []byte, r *report) {
	message := regexp.MustCompile(`^yaml: (line \d+: )?`).ReplaceAllString(err.Error(), "")
	switch {
	case strings.Contains(message, "cannot start any token"):
		message += " (indent with spaces, not with tabs, and put text that begins with a sign in quotes)"
	case strings.Contains(message, "expected"):
		message += " (check the indentation, quotes and brackets)"
	}
	r.errorAt(syntaxLine(err, data), "", "not valid YAML: %s", oneLine(message))
}

// syntaxLine returns the first line after which the parser fails with the same error as on all of
// data: the parser does not look ahead, so the lines after it do not matter. For an unclosed
// bracket or quote, it returns the line of the opening one.
func syntaxLine(err error, data []byte) int {
	var ends []int // of the lines
	for i, c := range data {
		if c == '\n' {
			ends = append(ends, i+1)
		}
	}
	return 1 + sort.Search(len(ends), func(i int) bool {
		_, _, other := decodeDocuments(data[:ends[i]])
		return other != nil && other.Error() == err.Error()
	})
}

// isNull reports whether n has no value: nothing, ~ or null.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}
