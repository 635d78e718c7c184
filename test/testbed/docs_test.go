// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

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
	if err := ReplaceSection(file, "objects 5", "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != strings.Replace(before, "old\n", "\nnew\n\n", 1) {
		t.Errorf("%s", got)
	}
	if err := ReplaceSection(file, "objects 6", "new"); err == nil || !strings.Contains(err.Error(), "<!-- begin: objects 6 -->") {
		t.Errorf("a section that is not there: %v", err)
	}
}
