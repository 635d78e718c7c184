// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	esoModule = "github.com/external-secrets/external-secrets"

	// esoStoreInterval is how often stores are validated; the default of five minutes is
	// too long to wait for in tests.
	esoStoreInterval = 5 * time.Second
)

// ESOCRDs returns the CustomResourceDefinitions of External Secrets Operator, with those
// of its generators. None of them needs a conversion webhook.
func ESOCRDs(ctx context.Context) ([]*unstructured.Unstructured, error) {
	dir, err := ModuleDir(ctx, "external-secrets", esoModule)
	if err != nil {
		return nil, err
	}
	return loadCRDs(filepath.Join(dir, "config", "crds", "bases"), false)
}

// ExternalSecrets is a running External Secrets Operator.
type ExternalSecrets struct {
	*Process
	MetricsURL string // http://127.0.0.1:port/metrics
}

// StartExternalSecrets starts External Secrets Operator for the cluster, which must have
// the CRDs of ESOCRDs, as an administrator. Its webhook and its certificate controller do
// not run, so nothing validates objects beyond their schema. Stores are validated every
// five seconds. It lives until Stop or the end of ctx.
func StartExternalSecrets(ctx context.Context, dir string, cluster *Cluster) (*ExternalSecrets, error) {
	path, err := Tool(ctx, "external-secrets")
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	metrics := loopback(ports[0])
	p, err := Start(ctx, dir, Command{
		Name: "external-secrets-" + cluster.Name,
		Path: path,
		Args: []string{
			"--metrics-addr=" + metrics, "--store-requeue-interval=" + esoStoreInterval.String(),
			// A store whose server does not answer takes a worker of its kind some seconds each time.
			"--concurrent=4",
			"--loglevel=info", "--zap-time-encoding=rfc3339nano",
		},
		Env: []string{
			"KUBECONFIG=" + cluster.Kubeconfig, // there is no flag for it
			// Nothing leaves the machine, whatever a store's server is.
			"HTTP_PROXY=" + refusingProxy, "HTTPS_PROXY=" + refusingProxy, "NO_PROXY=127.0.0.1",
		},
	})
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	o := &ExternalSecrets{Process: p, MetricsURL: "http://" + metrics + "/metrics"}
	client := plainClient()
	// It has no health endpoint in this version.
	if err := p.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		return httpOK(ctx, client, o.MetricsURL)
	}); err != nil {
		return nil, stopAfter(err, p)
	}
	return o, nil
}

// Freeze stops the operator with SIGSTOP: objects keep the status that they have.
func (o *ExternalSecrets) Freeze() error { return o.signal(syscall.SIGSTOP) }

// Thaw lets a frozen operator go on.
func (o *ExternalSecrets) Thaw() error { return o.signal(syscall.SIGCONT) }

func (o *ExternalSecrets) signal(s syscall.Signal) error {
	if err := o.Signal(s); err != nil {
		return fmt.Errorf("testbed: %w", err)
	}
	return nil
}
