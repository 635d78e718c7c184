// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSettingsAreReadOnce changes the files after they were loaded, and checks that the settings
// keep the validated content and that their hashes differ from the hashes of the files.
func TestSettingsAreReadOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rule := func(name string) string { return "groups: [{name: x, rules: [{alert: " + name + ", expr: up}]}]" }
	load := func() *settings {
		t.Helper()
		s.write("rules.yaml", rule("First"))
		s.configure("rules: {files: [rules.yaml]}\n", "a")
		loaded, err := loadSettings(t.Context(), s.file("fleet.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{s.file("fleet.yaml"), s.file("rules.yaml")}, loaded.files); diff != "" {
			t.Error(diff)
		}
		if loaded.hashes != hashFiles(t.Context(), loaded.files...) {
			t.Error("hashes of files that have not changed differ")
		}
		return loaded
	}
	for name, change := range map[string]func(){
		"configuration": func() { s.configure("rules: {files: [rules.yaml]}\n", "b") },
		"rules":         func() { s.write("rules.yaml", rule("Second")) },
		"removed rules": func() { _ = os.Remove(s.file("rules.yaml")) },
	} {
		loaded := load()
		change()
		if loaded.hashes == hashFiles(t.Context(), loaded.files...) {
			t.Errorf("%s: the change is not seen", name)
		}
		if got := loaded.rules.User[0].Rules[0].Alert; got != "First" {
			t.Errorf("%s: the rule is %s", name, got)
		}
	}
}
