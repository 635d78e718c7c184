// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// monitoringCRDs are written by hand, so that nothing has to be fetched.
//
//go:embed monitoring/crds.yaml
var monitoringCRDs []byte

// MonitoringCRDs returns CustomResourceDefinitions of the kinds of the Prometheus Operator
// and of the HTTPRoute that the chart makes. Their schemas have the fields that it uses,
// with the types and bounds of the real ones, and no others: a field that is misspelled is
// refused.
func MonitoringCRDs() ([]*unstructured.Unstructured, error) { return decode(monitoringCRDs) }

// Helm runs Helm, with its own files in dir, and returns its output. An error includes the output.
func Helm(ctx context.Context, dir string, args ...string) ([]byte, error) {
	path, err := Tool(ctx, "helm")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = cmd.Environ()
	for _, home := range []string{"CACHE", "CONFIG", "DATA"} {
		cmd.Env = append(cmd.Env, "HELM_"+home+"_HOME="+filepath.Join(dir, "helm", strings.ToLower(home)))
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.Bytes(), fmt.Errorf("helm %s: %w\n%s", strings.Join(args, " "), err, lastLines(stderr.String()+stdout.String(), logLines))
	}
	return stdout.Bytes(), nil
}

// Helm runs Helm against the cluster, see [Helm].
func (c *Cluster) Helm(ctx context.Context, args ...string) ([]byte, error) {
	return Helm(ctx, c.Dir, slices.Concat(args, []string{"--kubeconfig", c.Kubeconfig})...)
}

// Decode reads the objects of a stream of YAML documents, such as Helm writes.
func Decode(text []byte) ([]*unstructured.Unstructured, error) {
	objs, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	return objs, nil
}
