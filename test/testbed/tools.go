// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// fluxModule has the command line of Flux, for the commands of playbooks.
const fluxModule = "github.com/fluxcd/flux2/v2"

// cacheEnv names the environment variable that overrides the directory of the built servers.
const cacheEnv = "COBALTCORE_TESTBED_CACHE"

// tool describes the build of one server. All fields are part of the cache key.
type tool struct {
	Module  string   // directory under test/tools whose go.mod and go.sum pin the server
	Package string   // main package to build
	Flags   []string // build flags beyond those that all tools share
	Env     []string // environment of the go command, KEY=value
	Patch   *patch   // files that the server's module lacks
}

// patch adds files to a writable copy of a module, which then replaces the module.
type patch struct {
	Module string            // module path
	Files  map[string]string // path inside the module: content
}

// tools is the table of servers. To add one, add a directory under test/tools and a line here.
func tools() map[string]tool {
	prometheusFlags := []string{
		// Nomad's discovery module cannot be resolved, so go mod tidy fails. Therefore, go.mod is not
		// complete enough for -mod=readonly, and the build excludes the plug-in for Nomad.
		"-mod=mod", "-tags=remove_all_sd,enable_dns_sd,enable_kubernetes_sd",
	}
	return map[string]tool{
		"alertmanager":       {Module: "alertmanager", Package: "github.com/prometheus/alertmanager/cmd/alertmanager"},
		"etcd":               {Module: "kube-apiserver", Package: "go.etcd.io/etcd/server/v3"},
		"helm":               {Module: "helm", Package: "helm.sh/helm/v3/cmd/helm"},
		"kube-apiserver":     {Module: "kube-apiserver", Package: "k8s.io/kubernetes/cmd/kube-apiserver"},
		"kubectl":            {Module: "kubectl", Package: "k8s.io/kubernetes/cmd/kubectl"},
		"kube-state-metrics": {Module: "kube-state-metrics", Package: "k8s.io/kube-state-metrics/v2"},
		"prometheus":         {Module: "prometheus", Package: "github.com/prometheus/prometheus/cmd/prometheus", Flags: prometheusFlags},
		"promtool":           {Module: "prometheus", Package: "github.com/prometheus/prometheus/cmd/promtool", Flags: prometheusFlags},
		"pint":               {Module: "pint", Package: "github.com/cloudflare/pint/cmd/pint"},
		"percli":             {Module: "dashboards", Package: "github.com/perses/perses/cmd/percli"},
		"openbao": {
			Module:  "openbao",
			Package: openBaoModule,
			// Only the last -ldflags has an effect, so this one repeats that of commonFlags.
			Flags: []string{"-ldflags=-s -w -X " + openBaoModule + "/version.fullVersion=" + OpenBaoVersion},
		},
		"external-secrets": {Module: "external-secrets", Package: esoModule},
		"flux": {
			Module:  "flux",
			Package: fluxModule + "/cmd/flux",
			// Its build writes the manifests of the controllers, which only flux install needs.
			Patch: &patch{Module: fluxModule, Files: map[string]string{"cmd/flux/manifests/none.yaml": "# not built\n"}},
		},
		"flux-operator": {
			Module:  "flux-operator",
			Package: fluxOperatorModule + "/cmd/operator",
			Env:     []string{"GOTOOLCHAIN=go1.27.0"},
			// The module proxy has the sources of the web UI only; it is not used here.
			Patch: &patch{Module: fluxOperatorModule, Files: map[string]string{"web/dist/index.html": "<!doctype html><title>not built</title>\n"}},
		},
	}
}

// ToolNames returns the names of all tools, sorted.
func ToolNames() []string { return slices.Sorted(maps.Keys(tools())) }

// Tool returns the path of the named server. It builds the server if this version is not in the cache.
// A build without Go's build cache takes minutes; concurrent callers, also in other processes, wait for
// one build. The cache is $COBALTCORE_TESTBED_CACHE, or cobaltcore-exporter/testbed in the user's cache
// directory.
func Tool(ctx context.Context, name string) (string, error) {
	t, ok := tools()[name]
	if !ok {
		return "", fmt.Errorf("testbed: no tool is called %q", name)
	}
	dir, err := moduleDirectory(t.Module)
	if err != nil {
		return "", err
	}
	cache, err := cacheDirectory()
	if err != nil {
		return "", err
	}
	key, err := toolKeys()[name]()
	if err != nil {
		return "", fmt.Errorf("testbed: tool %s: %w", name, err)
	}
	path := filepath.Join(cache, name+"-"+key, name)
	if exists(path) {
		return path, nil
	}
	unlock, err := lockFile(ctx, filepath.Join(cache, name+".lock"))
	if err != nil {
		return "", fmt.Errorf("testbed: tool %s: %w", name, err)
	}
	defer unlock()
	if exists(path) { // another process built it meanwhile
		return path, nil
	}
	if err := t.build(ctx, dir, path); err != nil {
		return "", fmt.Errorf("testbed: build %s from test/tools/%s: %w", name, t.Module, err)
	}
	return path, nil
}

// build builds the binary path. It uses copies of go.mod and go.sum, so that no go
// command can change the committed files.
func (t tool) build(ctx context.Context, dir, path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(filepath.Dir(path)), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(filepath.Dir(path)), ".build-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(work, name)); err != nil {
			return err
		}
	}
	if err := t.applyPatch(ctx, dir, work); err != nil {
		return err
	}
	out := filepath.Join(work, "bin", filepath.Base(path))
	args := slices.Concat([]string{"build", "-modfile=" + filepath.Join(work, "go.mod"), "-o", out}, commonFlags(), t.Flags, []string{t.Package})
	if _, err := t.goCommand(ctx, dir, args...); err != nil {
		return err
	}
	// The directory is renamed after the build, so its binary is always complete.
	if err := os.Rename(filepath.Dir(out), filepath.Dir(path)); err != nil && !exists(path) {
		return err
	}
	return nil
}

// applyPatch edits the go.mod in work so that a copy with the additional files replaces the module.
func (t tool) applyPatch(ctx context.Context, dir, work string) error {
	if t.Patch == nil {
		return nil
	}
	source, err := t.moduleSource(ctx, dir, t.Patch.Module)
	if err != nil {
		return err
	}
	patched := filepath.Join(work, "src")
	if err := copyTree(source, patched); err != nil {
		return fmt.Errorf("copy module %s: %w", t.Patch.Module, err)
	}
	for name, content := range t.Patch.Files {
		file := filepath.Join(patched, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			return err
		}
	}
	_, err = t.goCommand(ctx, dir, "mod", "edit", "-replace="+t.Patch.Module+"="+patched, filepath.Join(work, "go.mod"))
	return err
}

// ModuleDir returns the read-only directory with the sources of a module, in the version from which
// the named tool is built.
func ModuleDir(ctx context.Context, name, module string) (string, error) {
	t, ok := tools()[name]
	if !ok {
		return "", fmt.Errorf("testbed: no tool is called %q", name)
	}
	dir, err := moduleDirectory(t.Module)
	if err != nil {
		return "", err
	}
	source, err := t.moduleSource(ctx, dir, module)
	if err != nil {
		return "", fmt.Errorf("testbed: sources of %s: %w", module, err)
	}
	return source, nil
}

func (t tool) moduleSource(ctx context.Context, dir, module string) (string, error) {
	out, err := t.goCommand(ctx, dir, "mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	var m struct{ Dir, Error string }
	if err := json.Unmarshal(out, &m); err != nil {
		return "", fmt.Errorf("go mod download %s: %w", module, err)
	}
	if m.Dir == "" {
		return "", fmt.Errorf("go mod download %s: no directory: %s", module, m.Error)
	}
	return m.Dir, nil
}

// goCommand runs the go command in dir with the tool's environment and returns its standard output.
func (t tool) goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "GOFLAGS=")
	cmd.Env = append(cmd.Env, t.Env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, lastLines(stderr.String()+stdout.String(), 30))
	}
	return stdout.Bytes(), nil
}

// RepoRoot returns the directory of the repository.
func RepoRoot() (string, error) {
	root, err := testutil.RepoRoot()
	if err != nil {
		return "", fmt.Errorf("testbed: %w", err)
	}
	return root, nil
}

func moduleDirectory(name string) (string, error) {
	root, err := RepoRoot()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "test", "tools", name), nil
}

func cacheDirectory() (string, error) {
	if dir := os.Getenv(cacheEnv); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("testbed: no cache directory, set %s: %w", cacheEnv, err)
	}
	return filepath.Join(dir, "cobaltcore-exporter", "testbed"), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
