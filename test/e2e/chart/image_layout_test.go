//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// makeImage builds the image into dir and returns its digest.
func makeImage(t *testing.T, dir string) string {
	t.Helper()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	cmd := exec.CommandContext(t.Context(), "make", "--silent", "image", "DIST="+dir)
	cmd.Dir = root
	cmd.Env = append(cmd.Environ(), "MAKEFLAGS=", "MAKELEVEL=")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("make image: %v\n%s%s", err, out, stderr.String())
	}
	lines := strings.Fields(string(out))
	return lines[len(lines)-1]
}

// ociDescriptor refers to a blob of a layout.
type ociDescriptor struct {
	Digest   string
	Platform struct{ OS, Architecture string }
}

// ociImage is the image of this machine's platform. It is read without the library that
// wrote it.
type ociImage struct {
	layout string
	layers []ociDescriptor
	Config struct {
		User       string
		Entrypoint []string
		Labels     map[string]string
	}
}

func readImage(t *testing.T, layout, digest string) *ociImage {
	t.Helper()
	var index struct{ Manifests []ociDescriptor }
	readBlob(t, layout, digest, &index)
	for _, d := range index.Manifests {
		if d.Platform.OS != runtime.GOOS || d.Platform.Architecture != runtime.GOARCH {
			continue
		}
		var manifest struct {
			Config ociDescriptor
			Layers []ociDescriptor
		}
		readBlob(t, layout, d.Digest, &manifest)
		image := &ociImage{layout: layout, layers: manifest.Layers}
		readBlob(t, layout, manifest.Config.Digest, image)
		return image
	}
	t.Fatalf("there is no image for %s/%s among %+v", runtime.GOOS, runtime.GOARCH, index.Manifests)
	return nil
}

func (i *ociImage) label(name string) string {
	return i.Config.Labels["org.opencontainers.image."+name]
}

// unpack writes the files of the image, as a container runtime does.
func (i *ociImage) unpack(t *testing.T, root string) {
	t.Helper()
	harness.Must(t, os.MkdirAll(root, 0o755))
	for _, d := range i.layers {
		f, err := os.Open(blobPath(i.layout, d.Digest))
		harness.Must(t, err)
		defer f.Close()
		z, err := gzip.NewReader(f)
		harness.Must(t, err)
		for r := tar.NewReader(z); ; {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			harness.Must(t, err)
			harness.Must(t, unpackFile(filepath.Join(root, filepath.FromSlash(h.Name)), h, r))
		}
	}
}

func unpackFile(path string, h *tar.Header, r io.Reader) error {
	if h.Typeflag == tar.TypeDir {
		return os.MkdirAll(path, h.FileInfo().Mode().Perm())
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, h.FileInfo().Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// readBlob decodes a JSON blob, and compares its content with its name.
func readBlob(t *testing.T, layout, digest string, into any) {
	t.Helper()
	content, err := os.ReadFile(blobPath(layout, digest))
	harness.Must(t, err)
	if sum := sha256.Sum256(content); "sha256:"+hex.EncodeToString(sum[:]) != digest {
		t.Fatalf("blob %s has other content", digest)
	}
	harness.Must(t, json.Unmarshal(content, into))
}

func blobPath(layout, digest string) string {
	return filepath.Join(layout, "blobs", filepath.FromSlash(strings.ReplaceAll(digest, ":", "/")))
}
