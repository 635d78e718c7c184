// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package markdown

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCell(t *testing.T) {
	long := strings.Repeat("word ", 60) + "end"
	for _, tt := range []struct{ text, cell, rest string }{
		{"One. Two.", "One. Two.", ""},
		{"One. " + long + ".", "One.", long + "."},
		{long, long, ""},
	} {
		if cell, rest := Cell(tt.text); cell != tt.cell || rest != tt.rest {
			t.Errorf("Cell(%q) is %q and %q", tt.text, cell, rest)
		}
	}
}

func TestWrap(t *testing.T) {
	text := strings.Repeat("wörd ", 100)
	lines := strings.Split(Wrap(text, "  "), "\n")
	for i, line := range lines {
		if utf8.RuneCountInString(line) > lineLength || i > 0 && !strings.HasPrefix(line, "  w") {
			t.Errorf("line %d is %q", i, line)
		}
	}
	if got := strings.Fields(strings.Join(lines, " ")); len(got) != 100 || len(lines) != 4 {
		t.Errorf("%d words in %d lines", len(got), len(lines))
	}
}
