// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// source is a program whose rows a Prometheus stores.
type source struct {
	name  string
	rules []string // files of rules for the Prometheus
	// start starts the program, which lives as long as ctx, and returns the URL of its rows.
	start func(ctx context.Context) (*testbed.Process, string, error)
}

// cost is what the rows of a source cost the Prometheus.
type cost struct {
	series     float64
	heap       float64 // bytes that are left after a collection
	evaluation float64 // seconds for all rules; 0 without rules
}

const (
	storageInterval = 10 * time.Second // of scrapes and evaluations
	evaluations     = 7                // of which the median counts
)

// RunPrometheus measures what the rows of each source cost a Prometheus. It returns a table in Markdown.
func RunPrometheus(ctx context.Context, o Options) (report string, err error) {
	if err := o.check(); err != nil {
		return "", err
	}
	remove, err := prepareDirs(&o.Dir, &o.Binary)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, remove()) }()
	before := testbed.LoadAverage()
	b := &bench{Options: o}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	sources, err := b.sources(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, b.cluster.Stop()) }()
	if err := b.prepare(ctx, life); err != nil {
		return "", err
	}
	empty, err := b.costOf(ctx, source{}, 0)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d objects; load before: %s;\n%s\n\n",
		time.Now().UTC().Format(time.DateOnly), o.Objects, before, testbed.Machine())
	out.WriteString("| source | series | per 1,000 objects: series | memory of Prometheus | evaluation of all rules |\n")
	out.WriteString("|---|---|---|---|---|\n")
	for i, s := range sources {
		slog.Info("measuring", "source", s.name, "load", testbed.LoadAverage())
		c, err := b.costOf(ctx, s, i+1)
		if err != nil {
			return "", fmt.Errorf("%s: %w", s.name, err)
		}
		thousands, evaluation := float64(o.Objects)/1000, ""
		if c.evaluation > 0 {
			evaluation = figure{unit: unitMillisecond}.format(c.evaluation / thousands)
		}
		fmt.Fprintf(&out, "| %s | %.0f | %.0f | %s | %s |\n", s.name, c.series, c.series/thousands,
			figure{unit: unitMiB}.format((c.heap-empty.heap)/thousands), evaluation)
	}
	return out.String(), nil
}

// sources returns the subjects, the exporter with all details, and Flux Operator.
func (b *bench) sources(ctx context.Context) ([]source, error) {
	if b.Binary == "" {
		var err error
		if b.Binary, err = testbed.BuildExporter(ctx, b.Dir); err != nil {
			return nil, err
		}
	}
	subjects, err := b.subjects(ctx)
	if err != nil {
		return nil, err
	}
	root, err := testbed.RepoRoot()
	if err != nil {
		return nil, err
	}
	full := subjects[1]
	full.Name, full.command = "ours, metrics.detail: full", exporter(b.Binary, "metrics: {detail: full}\n", false)
	var all []source
	for _, s := range append(subjects, full) {
		one := source{name: s.Name, start: func(ctx context.Context) (*testbed.Process, string, error) { return b.startSubject(ctx, s) }}
		if s.hasReport {
			one.rules = []string{filepath.Join(root, "alerts", "generated", "cluster", "rules.yaml")}
		}
		all = append(all, one)
	}
	return append(all, source{name: "Flux Operator", start: func(ctx context.Context) (*testbed.Process, string, error) {
		operator, err := testbed.StartFluxOperator(ctx, b.Dir, b.cluster)
		if err != nil {
			return nil, "", err
		}
		return operator.Process, operator.MetricsURL, operator.ApplyFluxInstance(ctx, b.cluster)
	}}), nil
}

func (b *bench) startSubject(ctx context.Context, s subject) (*testbed.Process, string, error) {
	ports, err := testbed.FreePorts(2)
	if err != nil {
		return nil, "", err
	}
	address := loopback(ports[0])
	command, err := s.command(b.Dir, b.cluster.Kubeconfig, address, loopback(ports[1]))
	if err != nil {
		return nil, "", err
	}
	process, err := testbed.Start(ctx, filepath.Join(b.Dir, "sources"), command)
	return process, "http://" + address + "/metrics", err
}

// costOf starts a source and a Prometheus that scrapes it, and measures the Prometheus after some scrapes and evaluations.
func (b *bench) costOf(ctx context.Context, s source, n int) (c cost, err error) {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	o := testbed.PrometheusOptions{ScrapeInterval: storageInterval, RuleFiles: s.rules, Name: fmt.Sprintf("prometheus-%d", n)}
	if s.start != nil {
		process, url, err := s.start(life)
		if process != nil {
			defer func() { err = errors.Join(err, process.Stop()) }()
		}
		if err != nil {
			return c, err
		}
		o.Targets = []testbed.ScrapeTarget{{Job: "source", URL: url}}
	}
	p, err := testbed.StartPrometheus(life, b.Dir, o)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	if s.start != nil {
		if c.series, err = b.waitForSeries(ctx, p); err != nil {
			return c, err
		}
	}
	var all []float64
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range evaluations {
		if err := sleep(ctx, storageInterval); err != nil {
			return c, err
		}
		body, err := get(ctx, client, p.URL+"/metrics")
		if err != nil {
			return c, err
		}
		all = append(all, sum(body, "prometheus_rule_group_last_duration_seconds"))
	}
	c.evaluation = quantile(all, 0.5)
	profile, err := get(ctx, client, p.URL+"/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return c, err
	}
	_, rest, _ := strings.Cut(string(profile), "# HeapAlloc = ")
	value, _, _ := strings.Cut(rest, "\n")
	c.heap, err = strconv.ParseFloat(value, 64)
	return c, err
}

// waitForSeries waits until three scrapes one after the other have rows of all objects, and returns the number of series.
func (b *bench) waitForSeries(ctx context.Context, p *testbed.Prometheus) (series float64, err error) {
	const scraped = `scrape_samples_scraped{job="source"}`
	query := fmt.Sprintf(`%s and min_over_time(%[1]s[35s]) >= %d and count_over_time(%[1]s[35s]) >= 3`, scraped, b.Objects)
	return series, testbed.Poll(ctx, completeDeadline, func(ctx context.Context) error {
		samples, err := p.Query(ctx, query)
		if err == nil && len(samples) != 1 {
			err = fmt.Errorf("no three scrapes with rows of %d objects", b.Objects)
		}
		if err == nil {
			series = samples[0].Value
		}
		return err
	})
}
