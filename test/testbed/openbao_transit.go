// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

const transitKey = "unseal"

// OpenBaoTransit is an in-memory server whose transit engine has the key of the transit seal. Without it, running nodes continue, but
// nodes cannot start: a starting node tries for some seconds without listening, and then ends. While the server is frozen (SIGSTOP), a
// starting node hangs without listening. See DisableKey for a node that stays sealed.
type OpenBaoTransit struct {
	*Process

	url    string
	token  string
	client *http.Client
}

func startOpenBaoTransit(ctx context.Context, program, dir string) (*OpenBaoTransit, error) {
	port, err := freePortPair() // in development mode, the next port is the cluster port
	if err != nil {
		return nil, err
	}
	t := &OpenBaoTransit{url: "http://" + loopback(port), token: rand.Text(), client: plainClient()}
	dir = filepath.Join(dir, "transit")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	t.Process, err = Start(ctx, dir, Command{
		Name: "transit", Path: program,
		Args: []string{"server", "-dev", "-dev-no-store-token", "-dev-listen-address=" + loopback(port)},
		Env:  []string{"BAO_DEV_ROOT_TOKEN_ID=" + t.token},
	})
	if err != nil {
		return nil, err
	}
	if err := t.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		return httpOK(ctx, t.client, t.url+"/v1/sys/health")
	}); err != nil {
		return nil, stopAfter(err, t.Process)
	}
	for _, request := range []struct {
		path string
		body map[string]any
	}{
		{"sys/mounts/transit", map[string]any{"type": "transit"}},
		{"transit/keys/" + transitKey, map[string]any{}},
	} {
		if err := t.post(ctx, request.path, request.body); err != nil {
			return nil, stopAfter(err, t.Process)
		}
	}
	return t, nil
}

// seal returns the seal stanza for nodes that use this server.
func (t *OpenBaoTransit) seal() map[string]any {
	return map[string]any{"address": t.url, "token": t.token, "mount_path": "transit/", "key_name": transitKey, "disable_renewal": "true"}
}

// DisableKey makes the server refuse to decrypt. Nodes that start stay sealed and retry every few seconds.
func (t *OpenBaoTransit) DisableKey(ctx context.Context) error {
	if err := t.post(ctx, "transit/keys/"+transitKey+"/rotate", nil); err != nil {
		return err
	}
	return t.post(ctx, "transit/keys/"+transitKey+"/config", map[string]any{"min_decryption_version": 2})
}

// EnableKey reverts DisableKey.
func (t *OpenBaoTransit) EnableKey(ctx context.Context) error {
	return t.post(ctx, "transit/keys/"+transitKey+"/config", map[string]any{"min_decryption_version": 1})
}

func (t *OpenBaoTransit) post(ctx context.Context, path string, body any) error {
	if err := openBaoCall(ctx, t.client, http.MethodPost, t.url+"/v1/"+path, body, t.token, nil); err != nil {
		return fmt.Errorf("testbed: transit: %w", err)
	}
	return nil
}

func (t *OpenBaoTransit) stop() error {
	if t == nil {
		return nil
	}
	return t.Stop()
}
