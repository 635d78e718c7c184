// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// file is a file of a layer. All files belong to root, so that the user of the exporter cannot change them.
type file struct {
	name    string
	mode    os.FileMode
	content []byte
}

// baseFiles returns the system files that a program expects, and the licences of the binaries.
func baseFiles(licence string, binaries ...string) ([]file, error) {
	files := []file{
		{"etc/group", 0o644, fmt.Appendf(nil, "root:x:0:\nnonroot:x:%d:\n", user)},
		{"etc/passwd", 0o644, fmt.Appendf(nil, "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:%d:%d:nonroot:/:/sbin/nologin\n", user, user)},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, certificates()},
	}
	if licence != "" {
		text, err := os.ReadFile(licence)
		if err != nil {
			return nil, err
		}
		files = append(files, file{"usr/share/licenses/" + program + "/LICENSE", 0o644, text})
	}
	others, err := licences(binaries...)
	return append(files, others...), err
}

// writeFiles writes the files to a directory, for builds of an image from that directory.
func writeFiles(dir string, files []file) error {
	for _, f := range files {
		target := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, f.content, f.mode); err != nil {
			return err
		}
	}
	return nil
}

func binaryLayer(o options, binary string) (v1.Layer, error) {
	content, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	return layer(o.Time, file{program, 0o755, content})
}

// certificates returns the certificates of Mozilla without a date of distrust, because a PEM file
// cannot express such a date.
func certificates() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes everything
		}
	}
	return b.Bytes()
}

// layer returns a layer with the files and their parent directories, all with the same time.
func layer(created time.Time, files ...file) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	known := map[string]bool{".": true}
	for _, f := range files {
		if err := directories(w, created, known, path.Dir(f.name)); err != nil {
			return nil, err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: int64(f.mode), Size: int64(len(f.content)), ModTime: created,
			Format: tar.FormatPAX}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("layer: %s: %w", f.name, err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("layer: %s: %w", f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("layer: %w", err)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

func directories(w *tar.Writer, created time.Time, known map[string]bool, dir string) error {
	if known[dir] {
		return nil
	}
	if err := directories(w, created, known, path.Dir(dir)); err != nil {
		return err
	}
	known[dir] = true
	return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: created, Format: tar.FormatPAX})
}
