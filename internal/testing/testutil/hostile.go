// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package testutil

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// HostileFiles returns paths by description that cannot be read safely: a naive reader blocks, does
// not end or runs out of memory.
func HostileFiles(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	paths := map[string]string{
		"a pipe": filepath.Join(dir, "pipe.yaml"), "a device": filepath.Join(dir, "zero.yaml"), "1 GiB": filepath.Join(dir, "large.yaml"),
		"a directory": filepath.Join(dir, "directory.yaml"), "a missing file": filepath.Join(dir, "missing.yaml"),
	}
	large, err := os.Create(paths["1 GiB"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = large.Close() }()
	for _, err := range []error{
		syscall.Mkfifo(paths["a pipe"], 0o600), os.Symlink("/dev/zero", paths["a device"]), large.Truncate(1 << 30), os.Mkdir(paths["a directory"], 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// ManyAliases returns the end of a YAML text of 1 MiB whose aliases stand for 75 GB.
func ManyAliases() string { return Aliases(300<<10, 250_000) }

// Aliases returns the end of a YAML text with n aliases of a string of this size. They are few enough
// for the YAML library.
func Aliases(size, n int) string {
	return "x: &x " + strings.Repeat("x", size) + "\ny: [" + strings.Repeat("*x,", n) + strings.Repeat("0,", n/50) + "]"
}
