// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// FleetOptions has the number of clusters and the duration. The rest is as in [Options].
type FleetOptions struct {
	Clusters     int
	Steady       time.Duration
	Binary, Dir  string
	Profile      string
	scrapeRounds int
}

// fleetBench is one API server that represents many clusters.
type fleetBench struct {
	FleetOptions

	cluster *testbed.Cluster
	results []fleetResult
}

// fleetResult is one run of the exporter.
type fleetResult struct {
	Name    string
	Figures Figures
}

// fleetObjects is the number of Flux objects in each cluster. There are half as many ExternalSecrets.
const fleetObjects = 20

// RunFleet measures the exporter with many clusters, which are contexts of a kubeconfig for
// one API server: without the kinds that are watched, and with them, with one cluster and
// with all.
func RunFleet(ctx context.Context, o FleetOptions) (report string, err error) {
	if o.Clusters < 2 || o.Steady < time.Second {
		return "", errors.New("at least 2 clusters and one second are needed")
	}
	o.scrapeRounds = 20
	remove, err := prepareDirs(&o.Dir, &o.Binary, &o.Profile)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if o.Binary == "" {
		if o.Binary, err = testbed.BuildExporter(ctx, o.Dir); err != nil {
			return "", err
		}
	}
	before := testbed.LoadAverage()
	b := &fleetBench{FleetOptions: o}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if b.cluster, err = testbed.StartCluster(life, o.Dir, "bench"); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, b.cluster.Stop()) }()
	if err := b.run(ctx, "kinds absent", o.Clusters); err != nil {
		return "", err
	}
	if err := b.fill(ctx); err != nil {
		return "", err
	}
	for _, n := range []int{1, o.Clusters} {
		if err := b.run(ctx, "kinds served", n); err != nil {
			return "", err
		}
	}
	return b.markdown(before), nil
}

// fill makes the API server serve all kinds, and creates objects.
func (b *fleetBench) fill(ctx context.Context) error {
	flux, err := testbed.FluxCRDs(ctx, testbed.FluxCRDOptions{})
	if err != nil {
		return err
	}
	secrets, err := testbed.ESOCRDs(ctx)
	if err != nil {
		return err
	}
	greenhouse, err := testbed.GreenhouseCRDs()
	if err != nil {
		return err
	}
	var objects []*unstructured.Unstructured
	for i := range fleetObjects {
		objects = append(objects, loadobject.Flux(i))
		if i%2 == 0 {
			objects = append(objects, loadobject.ExternalSecret(i))
		}
	}
	return errors.Join(b.cluster.ApplyCRDs(ctx, slices.Concat(flux, secrets, greenhouse)...), b.cluster.Apply(ctx, objects...))
}

// configure writes a kubeconfig with a context for each cluster, and a configuration that otherwise has the defaults.
func (b *fleetBench) configure(dir string, clusters int) (file string, err error) {
	kubeconfig, err := clientcmd.LoadFromFile(b.cluster.Kubeconfig)
	if err != nil {
		return "", err
	}
	same := kubeconfig.Contexts[kubeconfig.CurrentContext]
	paths := [2]string{filepath.Join(dir, "kubeconfig"), filepath.Join(dir, "exporter.yaml")}
	var config strings.Builder
	config.WriteString("clusters:\n")
	for i := range clusters {
		name := fmt.Sprintf("cluster-%03d", i)
		kubeconfig.Contexts[name] = same
		fmt.Fprintf(&config, "  - {name: %s, kubeconfig: {path: %q, context: %s}}\n", name, paths[0], name)
	}
	kubeconfig.CurrentContext = ""
	return paths[1], errors.Join(os.MkdirAll(dir, 0o755), clientcmd.WriteToFile(*kubeconfig, paths[0]),
		os.WriteFile(paths[1], []byte(config.String()), 0o600))
}

// run measures one process of the exporter.
func (b *fleetBench) run(ctx context.Context, name string, clusters int) (err error) {
	noun := "clusters"
	if clusters == 1 {
		noun = "cluster"
	}
	name = fmt.Sprintf("%d %s, %s", clusters, noun, name)
	slog.Info("measuring", "run", name, "load", testbed.LoadAverage())
	dir := filepath.Join(b.Dir, fmt.Sprintf("run-%d", len(b.results)))
	file, err := b.configure(dir, clusters)
	if err != nil {
		return err
	}
	ports, err := testbed.FreePorts(1)
	if err != nil {
		return err
	}
	address := loopback(ports[0])
	r := &fleetRun{fleetBench: b, clusters: clusters, figures: Figures{}, scraper: newScraper(subject{}, address)}
	defer r.client.CloseIdleConnections()
	if err := r.recordBaseline(ctx); err != nil {
		return err
	}
	args := []string{"serve", "--config", file, "--web.listen-address", address, "--sync-timeout", completeDeadline.String()}
	if b.Profile != "" {
		args = append(args, "--web.enable-pprof")
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	begin := time.Now()
	if r.process, err = testbed.Start(life, dir, testbed.Command{Name: "cobaltcore-exporter", Path: b.Binary, Args: args}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.process.Stop()) }()
	for _, phase := range []func(context.Context) error{
		func(ctx context.Context) error { return r.waitReady(ctx, begin) }, r.measureSteadyState, r.saveProfiles, r.measureScrapes,
	} {
		if err := phase(ctx); err != nil {
			return fmt.Errorf("%s: %w; end of the log:\n%s", name, err, r.process.LogTail())
		}
	}
	b.results = append(b.results, fleetResult{name, r.figures})
	return nil
}

// markdown returns the report of all runs, with the cost of each further cluster.
func (b *fleetBench) markdown(load string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: steady state of %s; load before: %s;\n%s, not pinned; the API server is on the same machine\n\n| figure |",
		time.Now().UTC().Format(time.DateOnly), b.Steady, load, testbed.Machine())
	for _, r := range b.results {
		fmt.Fprintf(&out, " %s |", r.Name)
	}
	out.WriteString(" each further cluster |\n|---|" + strings.Repeat("---|", len(b.results)+1) + "\n")
	one, all := b.results[len(b.results)-2].Figures, b.results[len(b.results)-1].Figures
	for _, f := range fleetFigures() {
		fmt.Fprintf(&out, "| %s |", f.title)
		for _, r := range b.results {
			fmt.Fprintf(&out, " %s |", f.format(r.Figures[f.key]))
		}
		fmt.Fprintf(&out, " %s |\n", f.withFineUnit().format((all[f.key]-one[f.key])/float64(b.Clusters-1)))
	}
	return out.String()
}
