// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// testbed runs a small fleet of real API servers on loopback with the objects of
// test/fleet, a real Flux Operator, a real OpenBao, a real External Secrets Operator in
// each cluster, a stand-in for Aurora, the exporter if it has been built, and a Prometheus
// that scrapes it, until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// Options selects what to run.
type Options struct {
	Clusters []string // the first one gets the Flux Operator
	Dir      string   // for all files; by default a temporary directory, which is removed at the end
	Address  string   // address of the exporter
	Seed     int      // Flux objects of the load test to create in the first cluster
}

func main() {
	var o Options
	clusters := flag.String("clusters", "management,control-plane,hypervisor,storage", "names of the clusters; Flux Operator runs in the first one")
	flag.StringVar(&o.Dir, "dir", "", "directory for logs, data and kubeconfig files (default a temporary one)")
	flag.StringVar(&o.Address, "address", "127.0.0.1:9876", "address of the exporter")
	flag.IntVar(&o.Seed, "seed", 0, "number of generated Flux objects to add to the first cluster")
	flag.Parse()
	o.Clusters = strings.Split(*clusters, ",")

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := Run(ctx, o); err != nil {
		slog.Error("testbed failed", "err", err)
		stop()
		os.Exit(1)
	}
}

// Run starts everything, waits for the end of ctx, and stops everything.
func Run(ctx context.Context, o Options) (err error) {
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "testbed-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return err
	}
	// The servers are stopped one after the other, so an interrupt must not end them.
	f := fleet{Options: o}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer func() { err = errors.Join(err, f.stop()) }()
	started := make(chan error, 1)
	go func() { started <- f.start(life) }()
	select {
	case err := <-started:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		cancel()
		<-started //nolint:errcheck // its error reports the interruption
		return nil
	}
	f.print()
	<-ctx.Done()
	return nil
}

// fleet is the set of running servers.
type fleet struct {
	Options

	clusters   []*testbed.Cluster
	openbao    *testbed.OpenBao
	tokenFile  string // token of the exporter for OpenBao
	aurora     *testbed.Aurora
	targets    []testbed.ScrapeTarget
	exporter   *testbed.Process
	prometheus *testbed.Prometheus
	urls       [][2]string // name, URL
	stops      []func() error
}

func (f *fleet) start(ctx context.Context) error {
	root, err := testbed.RepoRoot()
	if err != nil {
		return err
	}
	if err := f.startClusters(ctx, filepath.Join(root, "test", "fleet")); err != nil {
		return err
	}
	if err := f.startOpenBao(ctx); err != nil {
		return err
	}
	if err := f.startAurora(); err != nil {
		return err
	}
	operator, err := testbed.StartFluxOperator(ctx, f.Dir, f.clusters[0])
	if err != nil {
		return err
	}
	f.add("Flux Operator's metrics", operator.MetricsURL, operator.Stop)
	if _, err := f.clusters[0].Get(ctx, testbed.FluxInstance()); err != nil {
		slog.Info("installing Flux's manifests", "cluster", f.clusters[0].Name)
		if err := operator.ApplyFluxInstance(ctx, f.clusters[0]); err != nil {
			return err
		}
	}
	f.target("flux-operator", operator.MetricsURL, map[string]string{"cluster": f.clusters[0].Name})
	if err := f.startExternalSecrets(ctx); err != nil {
		return err
	}
	if err := f.startExporter(ctx, filepath.Join(root, "bin", "cobaltcore-exporter")); err != nil {
		return err
	}
	f.target("cobaltcore-exporter", "http://"+f.Address+"/metrics", nil)
	f.prometheus, err = testbed.StartPrometheus(ctx, f.Dir, testbed.PrometheusOptions{Targets: f.targets, ScrapeInterval: 5 * time.Second})
	if err != nil {
		return err
	}
	f.add("Prometheus", f.prometheus.URL, f.prometheus.Stop)
	return nil
}

// startClusters starts the clusters concurrently, each with the objects in objects/NAME.
func (f *fleet) startClusters(ctx context.Context, objects string) error {
	slog.Info("starting clusters; the first time, their servers are built, which takes minutes", "clusters", f.Clusters)
	for _, name := range []string{"etcd", "kube-apiserver"} { // one after the other: a build takes all cores
		if _, err := testbed.Tool(ctx, name); err != nil {
			return err
		}
	}
	f.clusters = make([]*testbed.Cluster, len(f.Clusters))
	errs := make([]error, len(f.clusters))
	var wg sync.WaitGroup
	for i, name := range f.Clusters {
		wg.Go(func() { f.clusters[i], errs[i] = startCluster(ctx, f.Dir, name, objects) })
	}
	wg.Wait()
	for i, c := range f.clusters {
		if c != nil {
			f.add(f.Clusters[i], c.URL+" KUBECONFIG="+c.Kubeconfig, c.Stop)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if f.Seed == 0 {
		return nil
	}
	begin := time.Now()
	seed, err := testbed.SeedFlux(ctx, f.clusters[0], f.Seed)
	if err != nil {
		return err
	}
	slog.Info("seeded", "objects", seed.Len(), "duration", time.Since(begin).Round(time.Millisecond))
	return nil
}

// startCluster may return both a cluster and an error. The cluster must then be stopped.
func startCluster(ctx context.Context, dir, name, objects string) (*testbed.Cluster, error) {
	crds, err := testbed.FluxCRDs(ctx, testbed.FluxCRDOptions{})
	if err != nil {
		return nil, err
	}
	cluster, err := testbed.StartCluster(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	objs, err := testbed.LoadDir(filepath.Join(objects, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return cluster, err
	}
	if slices.ContainsFunc(objs, func(o *unstructured.Unstructured) bool { return o.GroupVersionKind().Group == "greenhouse.sap" }) {
		greenhouse, err := testbed.GreenhouseCRDs()
		if err != nil {
			return cluster, err
		}
		crds = append(crds, greenhouse...)
	}
	certificates, err := testbed.CertManagerCRDs(ctx)
	if err != nil {
		return cluster, err
	}
	if err := cluster.ApplyCRDs(ctx, append(crds, certificates...)...); err != nil {
		return cluster, err
	}
	// External Secrets Operator gets objects for the OpenBao that runs here.
	objs = slices.DeleteFunc(objs, func(o *unstructured.Unstructured) bool { return o.GroupVersionKind().Group == "external-secrets.io" })
	slog.Info("applying", "cluster", name, "objects", len(objs))
	return cluster, cluster.Apply(ctx, objs...)
}

func (f *fleet) startExporter(ctx context.Context, binary string) (err error) {
	config := filepath.Join(f.Dir, "exporter.yaml")
	hub := f.clusters[0].Name
	text := slices.Concat(exporterConfig(f.clusters), openBaoConfig(hub, strings.Fields(addresses(f.openbao)), f.tokenFile),
		auroraConfig(hub, f.aurora))
	if err := os.WriteFile(config, text, 0o644); err != nil {
		return err
	}
	if _, err := os.Stat(binary); errors.Is(err, os.ErrNotExist) {
		slog.Warn("the exporter has not been built; start it by hand", "binary", binary, "config", config, "address", f.Address)
		return nil
	}
	f.exporter, err = testbed.Start(ctx, f.Dir, testbed.Command{
		Name: "cobaltcore-exporter", Path: binary,
		Args: []string{"serve", "--config", config, "--web.listen-address", f.Address},
	})
	if err != nil {
		return err
	}
	f.add("exporter", "http://"+f.Address+"/", f.exporter.Stop)
	return nil
}

// exporterConfig returns the exporter's configuration for the clusters.
func exporterConfig(clusters []*testbed.Cluster) []byte {
	b := []byte("clusters:\n")
	for _, c := range clusters {
		b = fmt.Appendf(b, "  - {name: %q, kubeconfig: {path: %q}}\n", c.Name, c.Kubeconfig)
	}
	return b
}

func (f *fleet) add(name, url string, stop func() error) {
	f.urls = append(f.urls, [2]string{name, url})
	f.stops = append(f.stops, stop)
}

func (f *fleet) target(job, url string, labels map[string]string) {
	f.targets = append(f.targets, testbed.ScrapeTarget{Job: job, URL: url, Labels: labels})
}

func (f *fleet) print() {
	fmt.Printf("\nEverything runs; logs are in %s. Ctrl-C stops it.\n\n", f.Dir)
	for _, u := range f.urls {
		fmt.Printf("  %-42s %s\n", u[0], u[1])
	}
	fmt.Println()
}

// stop stops all servers in the reverse order of their start.
func (f *fleet) stop() error {
	var errs []error
	for _, stop := range slices.Backward(f.stops) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}
