// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"testing"
)

func TestScan(t *testing.T) {
	for line, want := range map[string]string{
		`a 1`:                     `a | 1`,
		"a:b_2\t 1 1700000000000": `a:b_2 | 1 1700000000000`,
		`a{} 1`:                   `a | 1`,
		`a{x="1",y="2"} NaN`:      `a x=1 y=2 | NaN`,
		`a { x = "1" , } 1`:       `a x=1 | 1`,
		`a{x="q\"b\\n\n"}1`:       "a x=q\"b\\n\n | 1",
		`a{x="}",y=","} 1`:        `a x=} y=, | 1`,
		`a{x=""} 1`:               `a x= | 1`,
		``:                        "error",
		`a`:                       "error",
		`1a 1`:                    "error",
		`# HELP a b`:              "error",
		`a{x="1" 1`:               "error",
		`a{x="1} 1`:               "error",
		`a{x="\q"} 1`:             "error",
		`a{x="\`:                  "error",
		`a{x="\"} 1`:              "error",
		`a{="1"} 1`:               "error",
		`a{x} 1`:                  "error",
		`a{x=1} 1`:                "error",
		`a{x="1"y="2"} 1`:         "error",
		"a{\x01=\"1\"} 1":         "error",
		`a{`:                      "error",
	} {
		var l Line
		got := "error"
		if l.Scan([]byte(line)) == nil && l.ValidNames([]byte(line)) {
			got = line[:l.NameEnd]
			for _, s := range l.Labels {
				got += fmt.Sprintf(" %s=%s", line[s.Name:s.NameEnd], Unescape(line[s.Value:s.ValueEnd]))
			}
			got += " | " + line[l.Value:]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
