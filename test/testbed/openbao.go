// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	openBaoModule = "github.com/openbao/openbao"

	// OpenBaoVersion is the version that the servers of StartOpenBao report.
	OpenBaoVersion = "2.4.0"

	openBaoClusterName = "openbao-test"
)

// OpenBaoSeal is the way in which the nodes of an OpenBao obtain their root key.
type OpenBaoSeal string

// With static (the default) and transit, a node unseals itself. With Shamir, the nodes start uninitialized: see Initialize and Unseal.
const (
	StaticSeal  OpenBaoSeal = "static"
	TransitSeal OpenBaoSeal = "transit"
	ShamirSeal  OpenBaoSeal = "shamir"
)

// OpenBaoOptions configures an OpenBao.
type OpenBaoOptions struct {
	Nodes int         // default 3
	Seal  OpenBaoSeal // default StaticSeal

	TLS bool
	// RequireClientCert makes the listeners refuse clients without a certificate of the test CA, even for sys/health. It
	// implies TLS.
	RequireClientCert bool
	// NotAfter, if not zero, is the expiry of the certificates of the listeners. It may be in the past.
	NotAfter time.Time

	AuditFile bool // enables an audit device that writes to OpenBao.AuditFile
}

// OpenBao is a cluster of OpenBao servers with integrated storage (Raft). Its nodes are named openbao-0, openbao-1 and so on.
type OpenBao struct {
	Dir       string          // logs, certificates, data
	Nodes     []*OpenBaoNode  // nodes of AddNode come last
	AuditFile string          // path, "" without an audit device
	TLS       *OpenBaoTLS     // nil without TLS
	Transit   *OpenBaoTransit // server of the transit seal, nil with other seals

	options  OpenBaoOptions
	program  string
	seal     map[string]any // stanza, nil with Shamir
	password string         // password of the administrator
	client   *http.Client

	mu    sync.Mutex
	token string   // token of the administrator
	keys  []string // shares of the Shamir key that are enough to unseal
}

// StartOpenBao starts an OpenBao with its files in dir/openbao and waits until one node is active and the others are standbys; for
// their votes see WaitVoters. With a Shamir seal, it waits until the nodes answer. It runs until Stop or the end of ctx.
func StartOpenBao(ctx context.Context, dir string, o OpenBaoOptions) (*OpenBao, error) {
	if o.Nodes == 0 {
		o.Nodes = 3
	}
	if o.Seal == "" {
		o.Seal = StaticSeal
	}
	o.TLS = o.TLS || o.RequireClientCert
	b := &OpenBao{Dir: filepath.Join(dir, "openbao"), options: o, password: rand.Text()}
	if err := b.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("testbed: openbao: %w", err), b.Stop())
	}
	return b, nil
}

func (b *OpenBao) start(ctx context.Context) (err error) {
	if b.program, err = Tool(ctx, "openbao"); err != nil {
		return err
	}
	if b.Dir, err = filepath.Abs(b.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(b.Dir, 0o755); err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true} // goroutines end with their request
	if b.options.TLS {
		if b.TLS, err = newOpenBaoTLS(b.Dir); err != nil {
			return fmt.Errorf("certificates: %w", err)
		}
		transport.TLSClientConfig = b.TLS.Config()
	}
	b.client = &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		// A node that cannot answer itself redirects to the active one, which tests must be able to detect.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if b.options.AuditFile {
		b.AuditFile = filepath.Join(b.Dir, "audit.log")
	}
	if err := b.prepareSeal(ctx); err != nil {
		return fmt.Errorf("%s seal: %w", b.options.Seal, err)
	}
	for range b.options.Nodes {
		if _, err := b.newNode(true); err != nil {
			return err
		}
	}
	if err := b.startNodes(ctx); err != nil {
		return err
	}
	if !b.options.NotAfter.IsZero() {
		// Only after all nodes have joined, because a node does not join another one with an expired certificate.
		return b.eachNode(func(_ int, n *OpenBaoNode) error { return n.SetCertificate(ctx, b.options.NotAfter) })
	}
	return nil
}

// startNodes starts all nodes at the same time, although the others can join only when the first one is active: a node retries only
// every five seconds, so a later start would take longer.
func (b *OpenBao) startNodes(ctx context.Context) error {
	if err := b.eachNode(func(i int, n *OpenBaoNode) error {
		if err := n.Start(ctx); err != nil || b.options.Seal == ShamirSeal {
			return err
		}
		if i == 0 {
			return n.WaitStatus(ctx, http.StatusOK)
		}
		return n.WaitStatus(ctx, http.StatusTooManyRequests)
	}); err != nil || b.options.Seal == ShamirSeal {
		return err
	}
	return Poll(ctx, startDeadline, func(ctx context.Context) error {
		_, err := b.Token(ctx) // the requests of the initialize stanza may still be in progress
		return err
	})
}

// eachNode calls f for all nodes concurrently.
func (b *OpenBao) eachNode(f func(i int, n *OpenBaoNode) error) error {
	errs := make([]error, len(b.Nodes))
	var wg sync.WaitGroup
	for i, n := range b.Nodes {
		wg.Go(func() { errs[i] = f(i, n) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// AddNode starts another node, which has its own storage, belongs to no cluster and is never initialized.
func (b *OpenBao) AddNode(ctx context.Context) (*OpenBaoNode, error) {
	n, err := b.newNode(false)
	if err != nil {
		return nil, fmt.Errorf("testbed: openbao: %w", err)
	}
	if err := n.Start(ctx); err != nil {
		return nil, err
	}
	return n, n.WaitStatus(ctx, http.StatusNotImplemented)
}

// Stop ends all processes. The files stay.
func (b *OpenBao) Stop() error {
	return errors.Join(b.eachNode(func(_ int, n *OpenBaoNode) error { return n.Stop() }), b.Transit.stop())
}

// Processes returns the running processes.
func (b *OpenBao) Processes() []*Process {
	var processes []*Process
	for _, n := range b.Nodes {
		if n.process != nil {
			processes = append(processes, n.process)
		}
	}
	if b.Transit != nil {
		processes = append(processes, b.Transit.Process)
	}
	return processes
}
