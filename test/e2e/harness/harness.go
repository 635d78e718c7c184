//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package harness has what the suites share that test the whole exporter on the real
// servers of the testbed. They have the build tag testbed; make servers runs them.
package harness

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// Thorough is set by make e2e. make test brings about one fault of each system, and
// scrapes less often in between.
var Thorough = flag.Bool("thorough", false, "bring about every fault, and look at 10,000 bodies while the fleet changes")

// Main runs the tests of a suite, which must leave no goroutine behind.
func Main(m *testing.M) { goleak.VerifyTestMain(m, testbed.IgnoredLeaks()...) }

// StartCluster starts a real cluster for the duration of the test.
func StartCluster(t *testing.T, name string, arguments ...string) *testbed.Cluster {
	t.Helper()
	c, err := testbed.StartCluster(WithoutCancel(t), t.TempDir(), name, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Stop(t, c.Stop) })
	return c
}

// WithoutCancel is the context of servers, which are still needed during the clean-up.
func WithoutCancel(t *testing.T) context.Context { return context.WithoutCancel(t.Context()) }

// StartFluxOperator starts a real Flux Operator for the duration of the test.
func StartFluxOperator(t *testing.T, c *testbed.Cluster) *testbed.FluxOperator {
	t.Helper()
	o, err := testbed.StartFluxOperator(WithoutCancel(t), t.TempDir(), c)
	Must(t, err)
	t.Cleanup(func() { Stop(t, o.Stop) })
	return o
}

// Stop stops a server at the end of a test.
func Stop(t testing.TB, f func() error) {
	if err := f(); err != nil {
		t.Error(err)
	}
}

// FluxCRDs returns the kinds of Flux.
func FluxCRDs(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	crds, err := testbed.FluxCRDs(t.Context(), testbed.FluxCRDOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return crds
}

// Must ends the test on an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Eventually waits until check succeeds.
func Eventually(t *testing.T, timeout time.Duration, check func() error) {
	t.Helper()
	if err := testbed.Poll(t.Context(), timeout, func(context.Context) error { return check() }); err != nil {
		t.Fatal(err)
	}
}

// ConfigFor lists clusters by kubeconfig.
func ConfigFor(extra string, clusters ...*testbed.Cluster) string {
	var b strings.Builder
	b.WriteString("clusters:\n")
	for _, c := range clusters {
		_, _ = fmt.Fprintf(&b, "  - {name: %s, kubeconfig: {path: %s}}\n", c.Name, c.Kubeconfig)
	}
	return b.String() + extra
}

// FleetObjects are the objects of the snapshot fleet that live in a cluster.
func FleetObjects(t *testing.T, cluster string) []*unstructured.Unstructured {
	t.Helper()
	root, err := testbed.RepoRoot()
	Must(t, err)
	objects, err := testbed.LoadDir(filepath.Join(root, "test", "fleet", cluster))
	Must(t, err)
	// The real Flux Operator gets the FluxInstance of the testbed, which it can
	// make ready without a kubelet, and makes the Deployments of Flux itself. Tests of
	// other systems bring their CRDs.
	return slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool {
		group := o.GroupVersionKind().Group
		return o.GetKind() == "FluxInstance" || !strings.Contains(group, "fluxcd")
	})
}
