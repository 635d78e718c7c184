// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// Axe returns the script of axe-core, which looks for what people with disabilities
// cannot use.
func Axe(ctx context.Context) (string, error) {
	home, err := nodeTool(ctx, nodeProject{name: "axe", files: pins()})
	if err != nil {
		return "", err
	}
	script, err := os.ReadFile(filepath.Join(home, "node_modules", "axe-core", "axe.min.js"))
	return string(script), err
}

// PersesUI returns the directory of a web page that shows a dashboard with the components of Perses;
// test/tools/perses-ui describes its use. The build takes the modules of all packages: with those for
// require() beside them, as some plugins ask for, there would be two of each React context.
func PersesUI(ctx context.Context) (string, error) {
	return nodeTool(ctx, nodeProject{name: "perses-ui", files: append(pins(), "main.jsx", "page.html"), built: "dist"})
}

// GrafanaData returns a directory with @grafana/data in its node_modules.
func GrafanaData(ctx context.Context) (string, error) {
	return nodeTool(ctx, nodeProject{name: "grafana-data", files: pins()})
}

// nodeProject is a directory under test/tools for npm.
type nodeProject struct {
	name  string
	files []string // all that it takes; the cache has one for each content
	built string   // what its script build makes, the only thing that is kept; empty: there is none
}

func pins() []string { return []string{"package.json", "package-lock.json"} }

// nodeTool returns the directory of an installed project in the cache. The checkout is not changed.
func nodeTool(ctx context.Context, p nodeProject) (string, error) {
	dir, unlock, err := lockTool(ctx, p.name)
	if err != nil {
		return "", err
	}
	defer unlock()
	cache, err := cacheDirectory()
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "."+p.name+"-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	sum := sha256.New()
	for _, name := range p.files {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", fmt.Errorf("testbed: %w", err)
		}
		_, _ = fmt.Fprintf(sum, "%d\n%s", len(content), content)
		if err := os.WriteFile(filepath.Join(work, name), content, 0o600); err != nil {
			return "", err
		}
	}
	home := filepath.Join(cache, p.name+"-"+hex.EncodeToString(sum.Sum(nil)[:8]))
	if exists(home) {
		return home, nil
	}
	if _, err := runProgram(ctx, work, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return "", fmt.Errorf("testbed: install test/tools/%s, which needs Node.js and a registry of npm packages: %w", p.name, err)
	}
	if p.built == "" {
		return home, os.Rename(work, home)
	}
	if _, err := runProgram(ctx, work, "npm", "run", "build"); err != nil {
		return "", fmt.Errorf("testbed: build test/tools/%s: %w", p.name, err)
	}
	return home, os.Rename(filepath.Join(work, p.built), home)
}
