// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// OpenBaoNode is one server of an OpenBao.
type OpenBaoNode struct {
	Name       string // also its node id in Raft
	Address    string // URL, not changed by restarts
	ServerName string // name in its certificate, which also has 127.0.0.1

	cluster *OpenBao
	dir     string
	command Command
	process *Process // nil if it is not running
	frozen  bool
}

// Start starts a stopped or killed node with the same data and port, and waits until it answers. Whether it unseals itself depends on
// the seal: see WaitStatus. It runs until Stop or the end of ctx.
func (n *OpenBaoNode) Start(ctx context.Context) error {
	p, err := Start(ctx, n.dir, n.command)
	if err != nil {
		return fmt.Errorf("testbed: %w", err)
	}
	if err := p.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		_, err := n.Health(ctx)
		return err
	}); err != nil {
		return stopAfter(err, p)
	}
	n.process, n.frozen = p, false
	return nil
}

// Stop ends the node with SIGTERM. It does nothing if the node is not running.
func (n *OpenBaoNode) Stop() error {
	err := n.process.Stop()
	n.process, n.frozen = nil, false
	return err
}

// Kill ends the node with SIGKILL.
func (n *OpenBaoNode) Kill() error {
	if err := n.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-n.process.Done()
	_ = n.process.Stop() // returns an error only if the process had already ended
	n.process, n.frozen = nil, false
	return nil
}

// Freeze stops the node with SIGSTOP: it accepts connections, but never answers.
func (n *OpenBaoNode) Freeze() error {
	n.frozen = true
	return n.signal(syscall.SIGSTOP)
}

// Thaw continues a frozen node.
func (n *OpenBaoNode) Thaw() error {
	n.frozen = false
	return n.signal(syscall.SIGCONT)
}

func (n *OpenBaoNode) signal(s syscall.Signal) error {
	if n.process == nil {
		return fmt.Errorf("testbed: %s is not running", n.Name)
	}
	if err := n.process.Signal(s); err != nil {
		return fmt.Errorf("testbed: %w", err)
	}
	return nil
}

// Process returns the process of the node, which changes with each start; nil if it is not running.
func (n *OpenBaoNode) Process() *Process { return n.process }

// Seal seals the active node. It stays sealed until Unseal or, if it unseals itself, until the next start.
func (n *OpenBaoNode) Seal(ctx context.Context) error {
	return n.call(ctx, http.MethodPut, "sys/seal", nil, nil)
}

// Unseal sends the required shares of the key to the node and waits until it is unsealed. Initialize must have been called. Other
// nodes than the first also join the cluster, for which the first node must be active.
func (n *OpenBaoNode) Unseal(ctx context.Context) error {
	err := Poll(ctx, startDeadline, func(ctx context.Context) error {
		for _, key := range n.cluster.shares() {
			status, answer, err := n.Do(ctx, http.MethodPut, "sys/unseal", map[string]any{"key": key}, "")
			if err != nil {
				return err
			}
			if status != http.StatusOK { // it has not joined the cluster yet
				return answerError(status, answer)
			}
		}
		return n.checkStatus(ctx, http.StatusOK, http.StatusTooManyRequests)
	})
	if err != nil {
		return fmt.Errorf("testbed: unseal %s: %w", n.Name, err)
	}
	return nil
}

// Health returns the status code of sys/health: 200 active, 429 standby, 501 not initialized, 503 sealed.
func (n *OpenBaoNode) Health(ctx context.Context) (int, error) {
	status, _, err := n.Do(ctx, http.MethodGet, "sys/health", nil, "")
	return status, err
}

// WaitStatus waits until the status code of sys/health is one of those given.
func (n *OpenBaoNode) WaitStatus(ctx context.Context, statuses ...int) error {
	if n.process == nil {
		return fmt.Errorf("testbed: %s is not running", n.Name)
	}
	if err := n.process.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		return n.checkStatus(ctx, statuses...)
	}); err != nil {
		return fmt.Errorf("testbed: %w", err)
	}
	return nil
}

func (n *OpenBaoNode) checkStatus(ctx context.Context, want ...int) error {
	status, err := n.Health(ctx)
	if err == nil && !slices.Contains(want, status) {
		err = fmt.Errorf("sys/health of %s has status %d, not %d", n.Name, status, want)
	}
	return err
}

// Do sends a request to this node. path is the part of the URL after /v1/. body is sent as
// JSON if it is not nil. token may be empty. Redirects are not followed. The node may
// forward the request to the active node.
func (n *OpenBaoNode) Do(ctx context.Context, method, path string, body any, token string) (status int, answer []byte, err error) {
	return openBaoRequest(ctx, n.cluster.client, method, n.Address+"/v1/"+path, body, token)
}

// call sends a request as administrator, and decodes the answer if into is not nil.
func (n *OpenBaoNode) call(ctx context.Context, method, path string, body, into any) error {
	token, err := n.cluster.Token(ctx)
	if err != nil {
		return err
	}
	if err := openBaoCall(ctx, n.cluster.client, method, n.Address+"/v1/"+path, body, token, into); err != nil {
		return fmt.Errorf("testbed: %s: %w", n.Name, err)
	}
	return nil
}

// openBaoCall sends a request and decodes the answer if into is not nil. It fails if the status is not a
// success.
func openBaoCall(ctx context.Context, client *http.Client, method, url string, body any, token string, into any) error {
	status, answer, err := openBaoRequest(ctx, client, method, url, body, token)
	if err != nil {
		return err
	}
	if status/100 != 2 {
		return fmt.Errorf("%s %s: %w", method, url, answerError(status, answer))
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	return nil
}

func openBaoRequest(ctx context.Context, client *http.Client, method, url string, body any, token string) (status int, answer []byte,
	err error) {
	var reader io.Reader
	if body != nil {
		content, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		reader = bytes.NewReader(content)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return 0, nil, err
	}
	if token != "" {
		req.Header.Set("X-Vault-Token", token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

func answerError(status int, answer []byte) error {
	return fmt.Errorf("status %d: %s", status, strings.TrimSpace(lastLines(string(answer), 3)))
}

// certFiles returns the paths of the certificate and key of the node's listener.
func (n *OpenBaoNode) certFiles() (cert, key string) {
	return filepath.Join(n.dir, "tls.crt"), filepath.Join(n.dir, "tls.key")
}
