// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Bench compares the exporter with kube-state-metrics on the same real API server with the same objects, one subject at a time. README.md
// has the method.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

func main() {
	var (
		o        Options
		jsonFile string
		docs     string
		check    bool
		storage  bool
		fleet    FleetOptions
	)
	flag.IntVar(&o.Objects, "objects", 10_000, "Flux objects in the cluster, at least 100")
	flag.IntVar(&o.Runs, "runs", 1, "runs of every subject; the report has the medians")
	flag.IntVar(&o.Scrapes, "scrapes", 300, "scrapes of each encoding")
	flag.IntVar(&o.Updates, "updates", 1000, "updates of each sort")
	flag.StringVar(&o.Binary, "binary", "", "the exporter to measure (default: build it from this checkout)")
	flag.StringVar(&o.Dir, "dir", "", "directory for logs and data (default: a temporary one)")
	flag.StringVar(&o.Profile, "profile", "", "directory for CPU profiles of the exporter; profiling disturbs the figures")
	flag.StringVar(&jsonFile, "json", "", "write the report as JSON to this file, too")
	flag.IntVar(&fleet.Clusters, "clusters", 0, "measure a fleet of so many clusters instead, without kube-state-metrics")
	flag.DurationVar(&fleet.Steady, "steady", time.Minute, "how long a fleet is watched in which nothing happens")
	flag.BoolVar(&storage, "prometheus", false, "measure what the rows cost a Prometheus instead")
	flag.StringVar(&docs, "docs", "", "replace the section of this run in this Markdown file, too")
	flag.BoolVar(&check, "check", false, "fail unless every threshold is met")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	switch {
	case fleet.Clusters > 0:
		fleet.Binary, fleet.Dir, fleet.Profile = o.Binary, o.Dir, o.Profile
		err = runFleet(ctx, fleet, docs)
	case storage:
		err = runPrometheus(ctx, o, docs)
	default:
		err = run(ctx, o, jsonFile, docs, check)
	}
	stop()
	if err != nil {
		slog.Error("benchmark failed", "err", err)
		os.Exit(1)
	}
}

func runFleet(ctx context.Context, o FleetOptions, docs string) error {
	report, err := RunFleet(ctx, o)
	if err != nil {
		return err
	}
	return publish(report, docs, fmt.Sprintf("clusters %d", o.Clusters))
}

func runPrometheus(ctx context.Context, o Options, docs string) error {
	report, err := RunPrometheus(ctx, o)
	if err != nil {
		return err
	}
	return publish(report, docs, fmt.Sprintf("prometheus %d", o.Objects))
}

// publish prints a report, and replaces a section of a file with it if there is a file.
func publish(report, file, section string) error {
	_, err := fmt.Print(report)
	if file == "" {
		return err
	}
	return errors.Join(err, testbed.ReplaceSection(file, section, report))
}

// errCheck reports that a threshold is not met. The report has the name.
var errCheck = errors.New("a threshold is not met")

func run(ctx context.Context, o Options, jsonFile, docs string, check bool) error {
	report, err := Run(ctx, o)
	if err != nil {
		return err
	}
	if err := publish(report.Markdown(), docs, fmt.Sprintf("objects %d", o.Objects)); err != nil {
		return err
	}
	if jsonFile != "" {
		data, err := json.MarshalIndent(report, "", "  ")
		if err == nil {
			err = os.WriteFile(jsonFile, append(data, '\n'), 0o644)
		}
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	if check && !report.OK() {
		return errCheck
	}
	return nil
}
