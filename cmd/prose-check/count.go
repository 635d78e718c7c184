// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

const lineLength = 140

// A count is how often a pattern was found in texts of one sort.
type count struct {
	what    string // name of the words
	where   string // such as "comments"
	unit    string // of size
	pattern *regexp.Regexp
	limit   float64 // per 1,000 of size
	size    int
	places  []string
}

// A text is a piece of prose and the place at which it begins.
type text struct {
	path string
	line int
	text string
}

func patterns() (says, somebody, whatIs *regexp.Regexp) {
	return regexp.MustCompile(`(?i)\b(say|says|said|saying|tell|tells|told|telling)\b`),
		regexp.MustCompile(`(?i)\b(nobody|somebody|anybody|everybody|whoever|whomever)\b`),
		regexp.MustCompile(`(?i)\bwhat\s+(is|are|was|were|has|have|had)\b`)
}

// add finds the pattern in a text.
func (c *count) add(t text, size int) {
	c.size += size
	for _, at := range c.pattern.FindAllStringIndex(t.text, -1) {
		line := t.line + strings.Count(t.text[:at[0]], "\n")
		c.places = append(c.places, fmt.Sprintf("%s:%d: %s", t.path, line, lineAt(t.text, at[0])))
	}
}

// lineAt returns the line that contains an offset of a text.
func lineAt(s string, offset int) string {
	start := strings.LastIndexByte(s[:offset], '\n') + 1
	line, _, _ := strings.Cut(s[start:], "\n")
	return strings.TrimSpace(line)
}

// rate returns the finds per 1,000 of the size, or their number if there is no size.
func (c *count) rate() float64 {
	if c.unit == "" {
		return float64(len(c.places))
	}
	return 1000 * float64(len(c.places)) / float64(max(c.size, 1))
}

func (c *count) title() string { return fmt.Sprintf("%s in %s", c.what, c.where) }

func (c *count) print(out io.Writer, list bool) error {
	if list {
		for _, place := range c.places {
			if _, err := fmt.Fprintf(out, "%s [%s]\n", place, c.title()); err != nil {
				return err
			}
		}
	}
	if c.unit == "" {
		_, err := fmt.Fprintf(out, "%-60s %5d\n", c.title(), len(c.places))
		return err
	}
	_, err := fmt.Fprintf(out, "%-60s %5d in %6d %s: %5.1f per 1,000 (limit %g)\n", c.title(), len(c.places), c.size, c.unit, c.rate(), c.limit)
	return err
}

// addLongLines adds the lines that are too long.
func (c *count) addLongLines(path string, lines []string) {
	for i, line := range lines {
		if n := utf8.RuneCountInString(line); n > lineLength {
			c.places = append(c.places, fmt.Sprintf("%s:%d: %d columns", path, i+1, n))
		}
	}
}
