// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestToolTable(t *testing.T) {
	root, err := RepoRoot()
	if err != nil {
		t.Fatal(err)
	}
	for name, tool := range tools() {
		for _, file := range []string{"go.mod", "go.sum"} {
			if path := filepath.Join(root, "test", "tools", tool.Module, file); !exists(path) {
				t.Errorf("tool %s: %s does not exist", name, path)
			}
		}
	}
	if _, err := Tool(t.Context(), "nonesuch"); err == nil {
		t.Error("no error for a tool that does not exist")
	}
}

func TestRepoRootOutside(t *testing.T) {
	t.Chdir(t.TempDir())
	if root, err := RepoRoot(); err == nil {
		t.Errorf("outside of the repository, its root is %s", root)
	}
}

// TestToolBuild builds a tiny program, and one that does not compile.
func TestToolBuild(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":  "module example.org/tool\n\ngo 1.26\n",
		"go.sum":  "",
		"main.go": "package main\n\nfunc main() {}\n",
		"bad.go":  "//go:build bad\n\npackage main\n\nvar x = undefinedName\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	good := tool{Package: "example.org/tool"}
	path := filepath.Join(dir, "cache", "tool-1", "tool")
	if err := good.build(t.Context(), dir, path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("no program: %v", err)
	}
	bad := tool{Package: "example.org/tool", Flags: []string{"-tags=bad"}}
	if err := bad.build(t.Context(), dir, filepath.Join(dir, "cache", "tool-2", "tool")); err == nil || !strings.Contains(err.Error(), "undefinedName") {
		t.Errorf("a failed build yields %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "cache", "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("the cache has %v, not only the finished build", left)
	}
}

func TestToolKey(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	key := func(server tool) string {
		t.Helper()
		key, err := server.key(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	write("go.mod", "module example.org/tool\n\ngo 1.26\n")
	write("go.sum", "")
	server := tool{Package: "example.org/tool"}
	before := key(server)
	if key(server) != before {
		t.Error("the key of the same build differs")
	}
	if key(tool{Package: "example.org/tool", Flags: []string{"-tags=a"}}) == before {
		t.Error("the key does not depend on the flags")
	}
	write("go.sum", "\n")
	if key(server) == before {
		t.Error("the key does not depend on go.sum")
	}
}

func TestLastLines(t *testing.T) {
	for text, want := range map[string]string{"": "", "a": "a", "a\nb\nc\n\n": "b\nc"} {
		if got := lastLines(text, 2); got != want {
			t.Errorf("lastLines(%q) is %q, not %q", text, got, want)
		}
	}
}
