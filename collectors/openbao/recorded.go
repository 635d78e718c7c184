// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// recorded is a node whose answers are files: DIR/<endpoint with - for />.json,
// each the body with the status added as "_status"; 0 is no answer, for the reason
// in "_reason". Where two endpoints would have the same file, one is in
// [ownFile]. tls.json has the expiry of the listener's certificate as "not_after".
type recorded struct{ dir string }

func (n recorded) ask(_ context.Context, r request) (answer, error) {
	name := ownFile(r.path)
	body, err := os.ReadFile(filepath.Join(n.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		name = recordedFile(r.path)
		body, err = os.ReadFile(filepath.Join(n.dir, name))
	}
	if shorter, ok := strings.CutSuffix(name, "-.json"); ok && errors.Is(err, fs.ErrNotExist) {
		body, err = os.ReadFile(filepath.Join(n.dir, shorter+".json"))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return answer{}, fmt.Errorf("%s: %w", r.path, probe.ErrNotRecorded)
	}
	if err != nil {
		return answer{}, err
	}
	head, err := probe.Decode[struct {
		Status int          `json:"_status"`
		Reason probe.Reason `json:"_reason"`
	}](body)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", name, err)
	}
	if head.Status == 0 {
		if !slices.Contains(reasons(), head.Reason) {
			head.Reason = probe.ReasonHTTP
		}
		return answer{}, &probe.Failure{Reason: head.Reason, Err: errors.New("there was no answer"), NoAnswer: true}
	}
	return answer{status: head.Status, body: body}, nil
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
	body, err := os.ReadFile(filepath.Join(n.dir, "tls.json"))
	if err != nil {
		return nil
	}
	var listener struct {
		NotAfter time.Time `json:"not_after"`
	}
	if json.Unmarshal(body, &listener) != nil || listener.NotAfter.IsZero() {
		return nil
	}
	return &x509.Certificate{NotAfter: listener.NotAfter}
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
		if isDirectory(filepath.Join(dir, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
