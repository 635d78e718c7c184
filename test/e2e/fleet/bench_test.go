//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// BenchmarkStart is the time and the allocations from Run to the first complete
// set of rows, with 10,000 Flux objects in a real kube-apiserver.
func BenchmarkStart(b *testing.B) {
	crds, err := testbed.FluxCRDs(b.Context(), testbed.FluxCRDOptions{})
	harness.Must(b, err)
	benchmarkStart(b, crds, testbed.SeedFlux)
}

// BenchmarkStartSecrets is the same with 10,000 ExternalSecrets.
func BenchmarkStartSecrets(b *testing.B) {
	crds, err := testbed.ESOCRDs(b.Context())
	harness.Must(b, err)
	benchmarkStart(b, crds, testbed.SeedExternalSecrets)
}

func benchmarkStart(
	b *testing.B, crds []*unstructured.Unstructured, seed func(context.Context, *testbed.Cluster, int) (*testbed.Seed, error),
) {
	const objects = 10_000
	ctx := context.WithoutCancel(b.Context())
	c, err := testbed.StartCluster(ctx, b.TempDir(), "management")
	harness.Must(b, err)
	b.Cleanup(func() { harness.Stop(b, c.Stop) })
	harness.Must(b, c.ApplyCRDs(ctx, crds...))
	_, err = seed(ctx, c, objects)
	harness.Must(b, err)
	for name, watchList := range map[string]bool{"WatchList": true, "LIST": false} {
		b.Run(name, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "exporter.yaml")
			config := fmt.Sprintf("clusters: [{name: management, watchList: %v, kubeconfig: {path: %s}}]\n", watchList, c.Kubeconfig)
			harness.Must(b, os.WriteFile(file, []byte(config), 0o600))
			b.ReportAllocs()
			for b.Loop() {
				startOnce(b, file)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/objects, "µs/object")
		})
	}
}

func startOnce(b *testing.B, file string) {
	_, stop := start(b, file)
	b.StopTimer()
	stop()
	b.StartTimer()
}

// serve runs an exporter until the end of the benchmark and returns its URL.
func serve(b *testing.B, file string) string {
	url, stop := start(b, file)
	b.Cleanup(stop)
	return url
}

// start runs an exporter and waits until it is ready.
func start(b *testing.B, file string) (url string, stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	listening, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, app.Options{
			ConfigFile: file, ListenAddresses: []string{"127.0.0.1:0"}, SyncTimeout: 2 * time.Minute,
			Log: slog.New(slog.DiscardHandler), Listening: func(a []net.Addr) { listening <- a[0] },
		})
	}()
	e := &harness.Exporter{URL: "http://" + (<-listening).String()}
	harness.Must(b, testbed.Poll(b.Context(), 2*time.Minute, func(ctx context.Context) error {
		code, _, err := e.Get(ctx, "/-/ready")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("status %d", code)
		}
		return err
	}))
	return e.URL, func() { cancel(); harness.Must(b, <-ended) }
}
