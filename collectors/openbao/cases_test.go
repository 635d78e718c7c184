// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// caseFile is case.yaml in the directory of a case. The directory has the differences from the base; the snapshot is
// composed of both.
type caseFile struct {
	// Base is another case. Its files are used unless the case replaces them.
	Base string `yaml:"base"`
	// Files maps nodes of the case to nodes of the base from which they are copied.
	Files map[string]string `yaml:"take"`
	// Drop lists files of the base that are removed, as <node>/<file>.
	Drop []string `yaml:"drop"`

	AutoUnseal *bool             `yaml:"autoUnseal"`
	Mounts     map[string]string `yaml:"mounts"`
	Auth       map[string]string `yaml:"auth"`
	KV         *struct {
		Mounts     []string `yaml:"mounts"`
		MaxAgeDays int      `yaml:"maxAgeDays"`
		MaxSecrets int      `yaml:"maxSecrets"`
	} `yaml:"kv"`
}

// loadCases returns the directories of testdata that have a case.yaml.
func loadCases(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*/case.yaml")
	if err != nil || len(files) == 0 {
		tb.Fatalf("testdata has no cases: %v", err)
	}
	for i, f := range files {
		files[i] = filepath.Base(filepath.Dir(f))
	}
	return files
}

// buildCase writes the snapshot of a case to dir, and returns its configuration.
func buildCase(tb testing.TB, name, dir string) config.OpenBao {
	tb.Helper()
	c := readCase(tb, name)
	nodes := filepath.Join(dir, "openbao", "main")
	if c.Base != "" {
		buildCase(tb, c.Base, dir)
		base := tb.TempDir()
		copyDir(tb, base, nodes)
		for to, from := range c.Files {
			remove(tb, filepath.Join(nodes, to))
			copyDir(tb, filepath.Join(nodes, to), filepath.Join(base, from))
		}
		for _, pattern := range c.Drop {
			files, err := filepath.Glob(filepath.Join(nodes, pattern))
			if err != nil || len(files) == 0 {
				tb.Fatalf("%s: nothing is dropped by %s: %v", name, pattern, err)
			}
			for _, f := range files {
				remove(tb, f)
			}
		}
	}
	overlay(tb, dir, filepath.Join("testdata", name))
	dropEmpty(tb, nodes)
	return c.config()
}

func readCase(tb testing.TB, name string) caseFile {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name, "case.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	var c caseFile
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return c
}

func (c caseFile) config() config.OpenBao {
	o := newConfig()
	if c.Mounts != nil {
		o.Expect.Mounts = c.Mounts
	}
	if c.Auth != nil {
		o.Expect.Auth = c.Auth
	}
	if c.AutoUnseal != nil {
		o.Expect.AutoUnseal = *c.AutoUnseal
	}
	if c.KV != nil {
		o.KV = &config.OpenBaoKV{
			Mounts: c.KV.Mounts, Interval: config.Duration(15 * time.Minute),
			MaxAge:     config.Duration(time.Duration(cmp.Or(c.KV.MaxAgeDays, 90)) * 24 * time.Hour),
			MaxSecrets: cmp.Or(c.KV.MaxSecrets, 1000),
		}
	}
	return o
}

func copyDir(tb testing.TB, to, from string) {
	tb.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		tb.Fatal(err)
	}
}

// overlay copies files and replaces existing ones.
func overlay(tb testing.TB, to, from string) {
	tb.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "case.yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o644)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func remove(tb testing.TB, path string) {
	tb.Helper()
	if err := os.RemoveAll(path); err != nil {
		tb.Fatal(err)
	}
}

// dropEmpty removes nodes without files.
func dropEmpty(tb testing.TB, nodes string) {
	tb.Helper()
	entries, err := os.ReadDir(nodes)
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		_ = os.Remove(filepath.Join(nodes, e.Name())) // fails unless it is empty
	}
}

func number(tb testing.TB, text string) float64 {
	tb.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}
