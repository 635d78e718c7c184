// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReplaceSection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "performance.md")
	const before = "# A\n<!-- begin: objects 5 -->\nold\n<!-- end: objects 5 -->\nrest\n"
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replaceSection(file, "objects 5", "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != strings.Replace(before, "old\n", "\nnew\n\n", 1) {
		t.Errorf("%s", got)
	}
	if err := replaceSection(file, "objects 6", "new"); err == nil || !strings.Contains(err.Error(), "<!-- begin: objects 6 -->") {
		t.Errorf("a section that is not there: %v", err)
	}
}

func TestHasFinding(t *testing.T) {
	report := []byte(`{"findings": [
		{"object": {"kind": "K", "namespace": "n", "name": "over"}, "resolvedAt": "2026-11-29T10:00:00Z"},
		{"object": {"kind": "K", "namespace": "n", "name": "broken"}}]}`)
	for name, want := range map[string]bool{"over": false, "broken": true, "other": false} {
		if got, err := hasFinding(report, object{"K", "n", name}); got != want || err != nil {
			t.Errorf("%s: %t, %v", name, got, err)
		}
	}
	if _, err := hasFinding([]byte("no JSON"), object{}); err == nil {
		t.Error("no error")
	}
}
