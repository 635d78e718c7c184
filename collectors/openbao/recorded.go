// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

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

// recorded is a node whose answers are files: DIR/<endpoint with - for />.json,
// each the body with the status added as "_status"; 0 is no answer, for the reason
// in "_reason". Where two endpoints would have the same file, one is in
// [ownFile]. tls.json has the expiry of the listener's certificate as "not_after".
type recorded struct{ dir string }

func (n recorded) ask(_ context.Context, r request) (answer, error) {
	names := []string{ownFile(r.path), recordedFile(r.path)}
	if shorter, ok := strings.CutSuffix(names[1], "-.json"); ok {
		names = append(names, shorter+".json")
	}
	var (
		status int
		body   []byte
		err    error
	)
	for _, name := range names {
		if status, body, err = probe.ReadRecorded(filepath.Join(n.dir, name), reasons()); !errors.Is(err, probe.ErrNotRecorded) {
			break
		}
	}
	if err != nil {
		return answer{}, err
	}
	return answer{status: status, body: body}, nil
}

// maxFileName leaves room for what is added to a name; file systems take 255 bytes.
const maxFileName = 200

// recordedFile is the file of an endpoint.
func recordedFile(path string) string {
	if len(path) > maxFileName {
		return ownFile(path)
	}
	return strings.ReplaceAll(path, "/", "-") + ".json"
}

// ownFile is the file of an endpoint whose name no other one has: a-b and a/b are
// two secrets.
func ownFile(path string) string {
	sum := sha256.Sum256([]byte(path))
	name := strings.ReplaceAll(path, "/", "-")
	return name[:min(len(name), maxFileName)] + "." + hex.EncodeToString(sum[:8]) + ".json"
}

func (n recorded) presented() *x509.Certificate {
	notAfter := probe.RecordedExpiry(filepath.Join(n.dir, "tls.json"))
	if notAfter.IsZero() {
		return nil
	}
	return &x509.Certificate{NotAfter: notAfter}
}

func (recorded) close() {}

// recordedNodes are the nodes of a snapshot. With no directory there are none.
func recordedNodes(dir string) ([]string, error) {
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
