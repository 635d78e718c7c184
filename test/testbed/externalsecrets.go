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

	// esoStoreInterval is the interval of the validation of stores. The default of five minutes is too long for tests.
	esoStoreInterval = 5 * time.Second
)

// ESOCRDs returns the CustomResourceDefinitions of External Secrets Operator and its generators. They need no conversion webhook.
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

// StartExternalSecrets starts External Secrets Operator as an administrator of the cluster, which must have the CRDs of ESOCRDs. The
// webhook and the certificate controller do not run, so objects are validated only by their schema. Stores are validated every five
// seconds. The operator runs until Stop or the end of ctx.
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
			// A store whose server does not answer blocks a worker for some seconds each time.
			"--concurrent=4",
			"--loglevel=info", "--zap-time-encoding=rfc3339nano",
		},
		Env: []string{
			"KUBECONFIG=" + cluster.Kubeconfig, // there is no flag for it
			// No request leaves the machine, whatever the server of a store.
			"HTTP_PROXY=" + refusingProxy, "HTTPS_PROXY=" + refusingProxy, "NO_PROXY=127.0.0.1",
		},
	})
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	o := &ExternalSecrets{Process: p, MetricsURL: "http://" + metrics + "/metrics"}
	client := plainClient()
	// This version has no health endpoint.
	if err := p.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		return httpOK(ctx, client, o.MetricsURL)
	}); err != nil {
		return nil, stopAfter(err, p)
	}
	return o, nil
}

// Freeze stops the operator with SIGSTOP: objects keep their status.
func (o *ExternalSecrets) Freeze() error { return o.signal(syscall.SIGSTOP) }

// Thaw continues a frozen operator.
func (o *ExternalSecrets) Thaw() error { return o.signal(syscall.SIGCONT) }

func (o *ExternalSecrets) signal(s syscall.Signal) error {
	if err := o.Signal(s); err != nil {
		return fmt.Errorf("testbed: %w", err)
	}
	return nil
}
