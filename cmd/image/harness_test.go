// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

const epoch = "1764000000" // 2025-11-24T16:00:00Z

// compile makes a program of one module that depends on nothing.
func compile(t *testing.T, env ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.com/thing\n\ngo 1.26.0\n",
		"main.go": "package main\n\nfunc main() {}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", "program", ".")
	cmd.Dir = dir
	cmd.Env = append(append(cmd.Environ(), "GOFLAGS=", "GOOS=linux", "CGO_ENABLED=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "program")
}

// buildImage runs the command and returns the directory of the layout.
func buildImage(t *testing.T, binaries ...string) string {
	t.Helper()
	t.Setenv("SOURCE_DATE_EPOCH", epoch)
	dir := filepath.Join(t.TempDir(), "image")
	args := []string{"build", "-out", dir, "-version", "1.2.3", "-revision", "abc", "-licence", "../../LICENSE"}
	if err := run(t.Context(), append(args, binaries...), io.Discard); err != nil {
		t.Fatal(err)
	}
	return dir
}

// contents returns the contents of the layout: the image, and the artifacts that refer to it.
func contents(t *testing.T, dir string) (v1.ImageIndex, []v1.Image) {
	t.Helper()
	root, err := layout.ImageIndexFromPath(dir)
	must(t, err)
	manifest, err := root.IndexManifest()
	must(t, err)
	index, err := root.ImageIndex(manifest.Manifests[0].Digest)
	must(t, err)
	if tag := manifest.Manifests[0].Annotations["org.opencontainers.image.ref.name"]; tag != "1.2.3" {
		t.Errorf("the layout calls the image %q", tag)
	}
	var referrers []v1.Image
	for _, d := range manifest.Manifests[1:] {
		image, err := root.Image(d.Digest)
		must(t, err)
		referrers = append(referrers, image)
	}
	return index, referrers
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// extract returns the content of files, and the modes of everything.
func extract(t *testing.T, image v1.Image) (files map[string][]byte, modes map[string]string) {
	t.Helper()
	files, modes = map[string][]byte{}, map[string]string{}
	content := mutate.Extract(image)
	defer content.Close()
	for r := tar.NewReader(content); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, modes
		}
		must(t, err)
		if h.Uid != 0 || h.Gid != 0 || h.ModTime.Unix() != 1764000000 {
			t.Errorf("%s belongs to %d:%d and is from %s", h.Name, h.Uid, h.Gid, h.ModTime)
		}
		modes[h.Name] = h.FileInfo().Mode().String()
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}
