// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ask

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// Recorded is a node whose answers are files: DIR/<endpoint with - for />.json,
// each the body with the status added as "_status"; 0 is no answer, for the reason
// in "_reason". Where two endpoints would have the same file, one is in
// [ownFile]. tls.json has the expiry of the listener's certificate as "not_after".
type Recorded struct{ Dir string }

// Ask reads the answer to a request from its file.
func (n Recorded) Ask(_ context.Context, r Request) (Answer, error) {
	names := []string{OwnFile(r.Path), RecordedFile(r.Path)}
	if shorter, ok := strings.CutSuffix(names[1], "-.json"); ok {
		names = append(names, shorter+".json")
	}
	var (
		status int
		body   []byte
		err    error
	)
	for _, name := range names {
		if status, body, err = probe.ReadRecorded(filepath.Join(n.Dir, name), Reasons()); !errors.Is(err, probe.ErrNotRecorded) {
			break
		}
	}
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: status, Body: body}, nil
}

// maxFileName leaves room for what is added to a name; file systems take 255 bytes.
const maxFileName = 200

// RecordedFile is the file of an endpoint.
func RecordedFile(path string) string {
	if len(path) > maxFileName {
		return OwnFile(path)
	}
	return strings.ReplaceAll(path, "/", "-") + ".json"
}

// OwnFile is the file of an endpoint whose name no other one has: a-b and a/b are
// two secrets.
func OwnFile(path string) string {
	sum := sha256.Sum256([]byte(path))
	name := strings.ReplaceAll(path, "/", "-")
	return name[:min(len(name), maxFileName)] + "." + hex.EncodeToString(sum[:8]) + ".json"
}

// Presented returns a certificate that has nothing but its expiry.
func (n Recorded) Presented() *x509.Certificate {
	notAfter := probe.RecordedExpiry(filepath.Join(n.Dir, "tls.json"))
	if notAfter.IsZero() {
		return nil
	}
	return &x509.Certificate{NotAfter: notAfter}
}

// Close does nothing.
func (Recorded) Close() {}

// RecordedNodes are the nodes of a snapshot. With no directory there are none.
func RecordedNodes(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if probe.IsDirectory(filepath.Join(dir, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names, err
}
