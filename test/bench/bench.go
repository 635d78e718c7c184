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
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// Options selects the measurements.
type Options struct {
	Objects int // Flux objects in the cluster
	Runs    int
	Scrapes int    // for each encoding
	Updates int    // for each kind of change
	Binary  string // the exporter; by default built from this checkout
	Dir     string // for logs and data; by default a temporary directory, which is removed at the end
	Profile string // directory for CPU profiles of the exporter; none if empty
}

func (o *Options) check() error {
	if o.Objects < 100 || o.Runs < 1 || o.Scrapes < 1 || o.Updates < 1 {
		return errors.New("at least 100 objects and one run, scrape and update are needed")
	}
	return nil
}

// bench is a cluster with the data set and the state of the measurements.
type bench struct {
	Options

	cluster *testbed.Cluster
	seed    *testbed.Seed
	objects []object // objects of the seed
}

// Run measures all subjects, one after the other, and stops everything it started.
func Run(ctx context.Context, o Options) (r *Report, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	remove, err := prepareDirs(&o.Dir, &o.Profile, &o.Binary)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	load := testbed.LoadAverage()
	subjects, err := o.subjects(ctx)
	if err != nil {
		return nil, err
	}
	r = newReport(o, load, subjects)
	b := &bench{Options: o}
	// The servers are stopped one after the other, so an interrupt must not end them.
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer func() { err = errors.Join(err, b.cluster.Stop()) }()
	if err := b.prepare(ctx, life); err != nil {
		return nil, err
	}
	samples := make([][]Figures, len(subjects))
	order := []int{2, 1, 0}
	for i := range o.Runs {
		slices.Reverse(order) // no subject is always the first one
		for _, s := range order {
			slog.Info("measuring", "subject", subjects[s].Name, "run", i+1, "load", testbed.LoadAverage())
			f, err := b.measure(ctx, subjects[s], i)
			if err != nil {
				return nil, fmt.Errorf("%s, run %d: %w", subjects[s].Name, i+1, err)
			}
			samples[s] = append(samples[s], f)
		}
	}
	r.evaluate(samples)
	return r, nil
}

// prepareDirs makes paths absolute, because subjects have another working directory, and makes a temporary directory if dir is
// empty, which the returned function removes.
func prepareDirs(dir *string, more ...*string) (remove func() error, err error) {
	remove = func() error { return nil }
	if *dir == "" {
		if *dir, err = os.MkdirTemp("", "bench-"); err != nil {
			return nil, fmt.Errorf("make a directory: %w", err)
		}
		remove = func() error { return os.RemoveAll(*dir) }
	}
	for _, path := range append(more, dir) {
		if *path != "" {
			if *path, err = filepath.Abs(*path); err != nil {
				return nil, err
			}
		}
	}
	return remove, nil
}

// prepare starts the cluster, fills it, and leaves CPU 1 to the subjects.
func (b *bench) prepare(ctx, life context.Context) (err error) {
	crds, err := testbed.FluxCRDs(ctx, testbed.FluxCRDOptions{})
	if err != nil {
		return err
	}
	b.cluster, err = testbed.StartCluster(life, b.Dir, "bench")
	if err != nil {
		b.cluster = new(testbed.Cluster) // nothing to stop
		return err
	}
	if err := b.cluster.ApplyCRDs(ctx, crds...); err != nil {
		return err
	}
	begin := time.Now()
	if b.seed, err = testbed.SeedFlux(ctx, b.cluster, b.Objects); err != nil {
		return err
	}
	slog.Info("seeded", "objects", b.Objects, "duration", time.Since(begin).Round(time.Millisecond).String())
	b.objects = make([]object, b.Objects)
	for i := range b.objects {
		o := b.seed.Object(i)
		b.objects[i] = object{o.GetKind(), o.GetNamespace(), o.GetName()}
	}
	for _, pid := range []int{b.cluster.Etcd().PID(), b.cluster.APIServer().PID(), os.Getpid()} {
		if err := pin(ctx, pid, driverCPU); err != nil {
			return err
		}
	}
	return nil
}
