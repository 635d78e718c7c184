// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"unicode"
)

// suggestion returns the end of a message about an unknown key: the key that was probably meant, or
// all keys.
func suggestion(key string, known []string) string {
	if s := DidYouMean(key, known); s != "" {
		return s
	}
	return ": the known keys here are " + strings.Join(known, ", ")
}

// DidYouMean continues the report of an unknown word with the word that was probably
// meant, or with nothing.
func DidYouMean(word string, known []string) string {
	if s := nearest(word, known); s != "" {
		return ", did you mean " + quote(s) + "?"
	}
	return ""
}

// nearest returns the word that was probably meant, or an empty string.
func nearest(word string, known []string) string {
	const longest = 64 // no known word is similar to a longer one
	if len(word) > longest {
		return ""
	}
	best, distance := "", 0
	for _, k := range known {
		if d := editDistance(normalizeWord(word), normalizeWord(k)); d <= len(k)/3 && (best == "" || d < distance) {
			best, distance = k, d
		}
	}
	return best
}

// normalizeWord removes differences of spelling, such as stale_after and stale-after.
func normalizeWord(word string) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c == '-' {
			return -1
		}
		return unicode.ToLower(c)
	}, word)
}

// editDistance counts the letters to insert, remove or replace to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := min(row[j]+1, row[j+1]+1)
			if a[i] == b[j] {
				next = min(next, diagonal)
			} else {
				next = min(next, diagonal+1)
			}
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
