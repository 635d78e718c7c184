// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	// fluxOperatorModule is built and run as a program only: its license, AGPL-3.0, rules out importing it.
	fluxOperatorModule = "github.com/controlplaneio-fluxcd/flux-operator"

	// fluxVersion is the newest version of Flux whose manifests the pinned Flux Operator has.
	fluxVersion = "v2.9.5"

	fluxNamespace = "flux-system"

	// refusingProxy is a proxy that refuses connections; requests to loopback addresses never use a proxy.
	refusingProxy = "http://127.0.0.1:1"

	// partOfLabel marks the CRDs of the kinds that Flux Operator counts in its report and metrics.
	partOfLabel = "app.kubernetes.io/part-of"
)

// FluxCRDOptions changes what FluxCRDs returns.
type FluxCRDOptions struct {
	// LabelOperatorCRDs labels the CRDs of Flux Operator's own kinds as part of Flux, too.
	// The operator then lists each of them twice in its FluxReport.
	LabelOperatorCRDs bool
}

// FluxCRDs returns the CustomResourceDefinitions of the 15 kinds of Flux and of
// FluxInstance, FluxReport, ResourceSet and ResourceSetInputProvider.
func FluxCRDs(ctx context.Context, o FluxCRDOptions) ([]*unstructured.Unstructured, error) {
	dir, err := ModuleDir(ctx, "flux-operator", fluxOperatorModule)
	if err != nil {
		return nil, err
	}
	toolkit, err := loadCRDs(filepath.Join(dir, "config", "data", "flux", fluxVersion), true)
	if err != nil {
		return nil, err
	}
	operator, err := loadCRDs(filepath.Join(dir, "config", "crd", "bases"), o.LabelOperatorCRDs)
	if err != nil {
		return nil, err
	}
	return append(toolkit, operator...), nil
}

func loadCRDs(dir string, label bool) ([]*unstructured.Unstructured, error) {
	objs, err := LoadDir(dir)
	if err != nil {
		return nil, err
	}
	var crds []*unstructured.Unstructured
	for _, obj := range objs {
		if obj.GetKind() != "CustomResourceDefinition" {
			continue
		}
		if label {
			labels := obj.GetLabels()
			if labels == nil {
				labels = map[string]string{}
			}
			labels[partOfLabel] = "flux"
			obj.SetLabels(labels)
		}
		crds = append(crds, obj)
	}
	if len(crds) == 0 {
		return nil, fmt.Errorf("testbed: no CustomResourceDefinition in %s", dir)
	}
	return crds, nil
}

// FluxOperator is a running Flux Operator.
type FluxOperator struct {
	*Process
	MetricsURL string // http://127.0.0.1:port/metrics
}

// StartFluxOperator starts Flux Operator for the cluster, which must have the CRDs of
// FluxCRDs. It reports every two seconds, sends no events to a notification-controller,
// and cannot reach anything beyond loopback; its web UI is off. Without a FluxInstance it
// only reports. It lives until Stop or the end of ctx.
func StartFluxOperator(ctx context.Context, dir string, cluster *Cluster) (*FluxOperator, error) {
	path, err := Tool(ctx, "flux-operator")
	if err != nil {
		return nil, err
	}
	source, err := ModuleDir(ctx, "flux-operator", fluxOperatorModule)
	if err != nil {
		return nil, err
	}
	if err := cluster.createNamespace(ctx, fluxNamespace); err != nil {
		return nil, fmt.Errorf("testbed: cluster %s: create namespace %s: %w", cluster.Name, fluxNamespace, err)
	}
	ports, err := FreePorts(2)
	if err != nil {
		return nil, err
	}
	metrics, health := loopback(ports[0]), loopback(ports[1])
	p, err := Start(ctx, dir, Command{
		Name: "flux-operator-" + cluster.Name,
		Path: path,
		Args: []string{
			"--enable-leader-election=false", "--metrics-addr=" + metrics, "--health-addr=" + health,
			"--web-server-port=0", "--reporting-interval=2s", "--storage-path=" + filepath.Join(source, "config", "data"),
		},
		Env: []string{
			"GODEBUG=fips140=on", // it refuses to run in any other mode
			"RUNTIME_NAMESPACE=" + fluxNamespace, "KUBECONFIG=" + cluster.Kubeconfig,
			// There is no notification-controller: every reconciliation would spend 15 s on trying to reach it.
			"NOTIFICATIONS_DISABLED=true",
			// Nothing leaves the machine: registries and Git servers, as in ResourceSetInputProviders, cannot be reached.
			"HTTP_PROXY=" + refusingProxy, "HTTPS_PROXY=" + refusingProxy, "NO_PROXY=127.0.0.1",
		},
	})
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	client := plainClient()
	if err := p.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		return httpOK(ctx, client, "http://"+health+"/readyz")
	}); err != nil {
		return nil, stopAfter(err, p)
	}
	return &FluxOperator{Process: p, MetricsURL: "http://" + metrics + "/metrics"}, nil
}

// FluxInstance returns the FluxInstance of the reference architecture: the four default
// components, any Flux 2, and without waiting for the components, which no kubelet runs here.
func FluxInstance() *unstructured.Unstructured {
	obj := NewObject("fluxcd.controlplane.io/v1", "FluxInstance", fluxNamespace, "flux")
	obj.Object["spec"] = map[string]any{
		"distribution": map[string]any{"version": "2.x", "registry": "registry.example.com/fluxcd"},
		"components":   []any{"source-controller", "kustomize-controller", "helm-controller", "notification-controller"},
		"cluster":      map[string]any{"networkPolicy": true},
		"wait":         false,
	}
	return obj
}

// ApplyFluxInstance applies FluxInstance and waits until Flux Operator has made it ready,
// which means that the manifests of Flux are in the cluster.
func (o *FluxOperator) ApplyFluxInstance(ctx context.Context, cluster *Cluster) error {
	instance := FluxInstance()
	if err := cluster.Apply(ctx, instance); err != nil {
		return err
	}
	return o.WaitReady(ctx, 2*time.Minute, func(ctx context.Context) error {
		got, err := cluster.Get(ctx, instance)
		if err != nil {
			return err
		}
		if status := conditionStatus(got, "Ready"); status != "True" {
			return fmt.Errorf("condition Ready of the FluxInstance is %q", status)
		}
		// The operator writes conditions first, then the rest of the status.
		if components, _, _ := unstructured.NestedSlice(got.Object, "status", "components"); len(components) == 0 {
			return errors.New("the FluxInstance is ready, and names no components yet")
		}
		return nil
	})
}
