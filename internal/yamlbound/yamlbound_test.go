// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package yamlbound_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/yamlbound"
)

func TestCheck(t *testing.T) {
	const limit = 64 << 10
	levels := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		from, to := string(rune('0'+i)), string(rune('1'+i))
		levels += "a" + to + ": &a" + to + " [" + strings.Repeat("*a"+from+", ", 10) + "x]\n"
	}
	for name, tc := range map[string]struct {
		text string
		want error // another error than nil; yamlbound.ErrAliases or any
	}{
		"no alias":                    {text: strings.Repeat("a", 2*limit)},
		"an alias":                    {text: "a: &a {b: c}\nd: *a\ne: {<<: *a}\n"},
		"characters that are none":    {text: "cron: '*/5 * * * *'\nurl: https://a/?b&c\n"},
		"two documents":               {text: "a: &a b\nc: *a\n---\na: &a b\nc: *a\n"},
		"a long string, many times":   {text: "a: &a " + strings.Repeat("x", 1000) + "\nb: [" + strings.Repeat("*a, ", 100) + "]", want: yamlbound.ErrAliases},
		"… in the second document":    {text: "a: b\n---\na: &a " + strings.Repeat("x", 1000) + "\nb: [" + strings.Repeat("*a, ", 100) + "]", want: yamlbound.ErrAliases},
		"ten of ten of ten …":         {text: levels, want: yamlbound.ErrAliases},
		"an alias of what it is in":   {text: "a: &a [b, *a]", want: yamlbound.ErrAliases},
		"an alias of nothing":         {text: "a: *b\nc: &d e", want: errors.ErrUnsupported},
		"long without an alias of it": {text: "a: &a b\nc: *a\nd: " + strings.Repeat("x", limit), want: yamlbound.ErrAliases},
	} {
		err := yamlbound.Check([]byte(tc.text), limit)
		if (err != nil) != (tc.want != nil) || errors.Is(tc.want, yamlbound.ErrAliases) && !errors.Is(err, yamlbound.ErrAliases) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}
