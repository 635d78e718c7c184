// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// recorded is a node whose answers are files: DIR/<endpoint with - for />.json,
// each the body with the status added as "_status"; 0 is no answer, for the reason
// in "_reason". tls.json has the expiry of
// the listener's certificate as "not_after".
type recorded struct{ dir string }

func (n recorded) ask(_ context.Context, r request) (answer, error) {
	name := strings.ReplaceAll(r.path, "/", "-") + ".json"
	status, body, err := probe.ReadRecorded(filepath.Join(n.dir, name), reasons())
	if shorter, ok := strings.CutSuffix(name, "-.json"); ok && errors.Is(err, probe.ErrNotRecorded) {
		status, body, err = probe.ReadRecorded(filepath.Join(n.dir, shorter+".json"), reasons())
	}
	if err != nil {
		return answer{}, err
	}
	return answer{status: status, body: body}, nil
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
