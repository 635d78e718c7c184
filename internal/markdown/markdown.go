// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package markdown lays out the text of generated pages.
package markdown

import (
	"strings"
	"unicode/utf8"
)

const (
	lineLength = 140
	cellLength = 240 // longest meaning in a cell of a table
)

// Cell returns the text of a cell and the part that does not fit into it: all but the first sentence.
func Cell(text string) (cell, rest string) {
	if utf8.RuneCountInString(text) <= cellLength {
		return text, ""
	}
	first, rest, ok := strings.Cut(text, ". ")
	if !ok {
		return text, ""
	}
	return first + ".", rest
}

// Wrap breaks a paragraph into lines; those after the first begin with the indentation.
func Wrap(text, indentation string) string {
	var out strings.Builder
	length := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case length+1+n > lineLength:
			out.WriteString("\n" + indentation)
			length = len(indentation)
		default:
			out.WriteString(" ")
			length++
		}
		out.WriteString(word)
		length += n
	}
	return out.String()
}
