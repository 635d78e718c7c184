// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// subject is a program to measure. All of them export one row per Flux object with the
// labels exported_namespace, name and ready.
type subject struct {
	Name       string
	family     string // family of these rows
	kindLabel  string
	isExporter bool
	hasReport  bool // evaluates all rules
	// command returns the program and its arguments. It writes its files to dir.
	command func(dir, kubeconfig, address, second string) (testbed.Command, error)
}

// Names of the subjects in the report.
const (
	nameReference = "kube-state-metrics"
	nameShipped   = "ours, as shipped"
	nameEqual     = "ours, equal output"
)

// subjects builds the programs and returns the subjects in the order of the report.
func (o *Options) subjects(ctx context.Context) ([]subject, error) {
	for _, name := range []string{"etcd", "kube-apiserver"} { // before anything is pinned to one CPU
		if _, err := testbed.Tool(ctx, name); err != nil {
			return nil, err
		}
	}
	rival, err := testbed.Tool(ctx, "kube-state-metrics")
	if err != nil {
		return nil, err
	}
	binary := o.Binary
	if binary == "" {
		if binary, err = testbed.BuildExporter(ctx, o.Dir); err != nil {
			return nil, err
		}
	}
	ours := func(name, metrics string) subject {
		return subject{Name: name, family: "flux_resource_info", kindLabel: "kind", isExporter: true, command: exporter(binary, metrics, o.Profile != "")}
	}
	shipped := ours(nameShipped, "")
	shipped.hasReport = true
	return []subject{
		{Name: nameReference, family: "gotk_resource_info", kindLabel: "customresource_kind", command: kubeStateMetrics(rival)},
		shipped,
		ours(nameEqual, "metrics: {include: [flux_resource_info]}\n"),
	}, nil
}

func exporter(binary, metrics string, profile bool) func(dir, kubeconfig, address, second string) (testbed.Command, error) {
	return func(dir, kubeconfig, address, _ string) (testbed.Command, error) {
		file := filepath.Join(dir, "exporter.yaml")
		config := fmt.Sprintf("clusters:\n  - {name: bench, kubeconfig: {path: %q}}\n%s", kubeconfig, metrics)
		args := []string{"serve", "--config", file, "--web.listen-address", address}
		if profile {
			args = append(args, "--web.enable-pprof")
		}
		return testbed.Command{Name: "cobaltcore-exporter", Path: binary, Args: args}, os.WriteFile(file, []byte(config), 0o644)
	}
}

func kubeStateMetrics(binary string) func(dir, kubeconfig, address, second string) (testbed.Command, error) {
	return func(dir, kubeconfig, address, second string) (testbed.Command, error) {
		file := filepath.Join(dir, "kube-state-metrics.yaml")
		if err := os.WriteFile(file, customResourceState(), 0o644); err != nil {
			return testbed.Command{}, err
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return testbed.Command{}, err
		}
		telemetryHost, telemetryPort, err := net.SplitHostPort(second)
		if err != nil {
			return testbed.Command{}, err
		}
		return testbed.Command{Name: "kube-state-metrics", Path: binary, Args: []string{
			"--kubeconfig=" + kubeconfig, "--custom-resource-state-only=true", "--custom-resource-state-config-file=" + file,
			"--enable-gzip-encoding", "--host=" + host, "--port=" + port,
			"--telemetry-host=" + telemetryHost, "--telemetry-port=" + telemetryPort,
		}}, nil
	}
}
