// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Command generate writes everything that is generated from the code. It is run
// from the root of the repository, by make generate.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := generate(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// writeChanged writes a file only if its content differs, because tests may read the files concurrently.
func writeChanged(name string, content []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}

func generate() error {
	generated, err := files()
	if err != nil {
		return err
	}
	for name, content := range generated {
		name = filepath.FromSlash(name)
		if err := writeChanged(name, content); err != nil {
			return err
		}
	}
	for from, to := range links(generated) {
		if err := writeLink(from, to); err != nil {
			return err
		}
	}
	return nil
}
