// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// Figures of a fleet in addition to those of [figures]. Rates are per minute of steady state.
const (
	fleetReady      = "ready_seconds"
	fleetReadyCPU   = "cpu_until_ready_seconds"
	fleetMemory     = "memory_bytes"
	fleetCPU        = "cpu_seconds_per_minute"
	fleetGoroutines = "goroutines"
	fleetSockets    = "sockets"
	fleetWatches    = "watches"
	fleetRequests   = "requests_per_minute"
	fleetRewatches  = "watches_ended_per_minute"
	fleetServerCPU  = "server_cpu_seconds_per_minute"
	fleetServerMem  = "server_memory_bytes"
)

func fleetFigures() []figure {
	return []figure{
		{fleetReady, "ready after", unitSeconds},
		{fleetReadyCPU, "CPU until ready", unitSeconds},
		{fleetMemory, "memory (VmRSS) in steady state", unitMiB},
		{peakEnd, "peak memory (VmHWM)", unitMiB},
		{fleetCPU, "CPU per minute of steady state", unitMillisecond},
		{fleetGoroutines, "goroutines", unitCount},
		{fleetSockets, "sockets", unitCount},
		{fleetWatches, "open watches", unitCount},
		{fleetRequests, "requests to the API server per minute, without watches", unitCount},
		{fleetRewatches, "watches that ended and were opened again per minute", unitCount},
		{plainBody, "plain body", unitKB},
		{gzipBody, "gzip body", unitKB},
		{plainCPU, "plain scrape CPU", unitMillisecond},
		{gzipCPU, "gzip scrape CPU", unitMillisecond},
		{fleetServerCPU, "the API server: CPU per minute", unitMillisecond},
		{fleetServerMem, "the API server: memory (VmRSS)", unitMiB},
	}
}

// settleTime is the time after a start until the process is in steady state.
const settleTime = 30 * time.Second

// withFineUnit returns the figure with a unit for the values of a single cluster.
func (f figure) withFineUnit() figure {
	if f.unit == unitCount {
		f.unit = unitDecimal
	}
	return f
}

// fleetRun is one process under measurement.
type fleetRun struct {
	*fleetBench
	*scraper

	clusters int
	process  *testbed.Process
	watches  float64 // watches of other clients
	figures  Figures
}

// recordBaseline records the load of the API server without the exporter.
func (r *fleetRun) recordBaseline(ctx context.Context) error {
	s, err := r.readServerLoad(ctx)
	r.watches = s.watches
	return err
}

// waitReady waits until all kinds in all clusters are complete.
func (r *fleetRun) waitReady(ctx context.Context, begin time.Time) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	url := strings.TrimSuffix(r.url, "/metrics") + "/-/ready"
	if err := testbed.Poll(ctx, completeDeadline, func(ctx context.Context) error {
		_, err := get(ctx, client, url)
		return err
	}); err != nil {
		return err
	}
	r.figures[fleetReady] = time.Since(begin).Seconds()
	cpu, err := cpuTime(r.process.PID())
	if err != nil {
		return err
	}
	r.figures[fleetReadyCPU] = cpu
	return sleep(ctx, min(r.Steady, settleTime))
}

// measureSteadyState measures a period without changes.
func (r *fleetRun) measureSteadyState(ctx context.Context) error {
	ours, theirs := r.process.PID(), r.cluster.APIServer().PID()
	before, err := r.readServerLoad(ctx)
	if err != nil {
		return err
	}
	cpu, err := cpuTimes(ours, theirs)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := sleep(ctx, r.Steady); err != nil {
		return err
	}
	after, err := cpuTimes(ours, theirs)
	if err != nil {
		return err
	}
	minutes := time.Since(begin).Minutes()
	r.figures[fleetCPU], r.figures[fleetServerCPU] = (after[0]-cpu[0])/minutes, (after[1]-cpu[1])/minutes
	now, err := r.readServerLoad(ctx)
	if err != nil {
		return err
	}
	r.figures[fleetRequests], r.figures[fleetRewatches] = (now.requests-before.requests)/minutes, (now.rewatches-before.rewatches)/minutes
	r.figures[fleetWatches] = now.watches - r.watches
	for key, m := range map[string]struct {
		pid  int
		name string
	}{fleetMemory: {ours, "VmRSS"}, fleetServerMem: {theirs, "VmRSS"}, peakEnd: {ours, "VmHWM"}} {
		if r.figures[key], err = testbed.ProcessMemory(m.pid, m.name); err != nil {
			return err
		}
	}
	r.figures[fleetSockets], err = countSockets(ours)
	return err
}

// measureScrapes measures scrapes without changes in between, and reads the exporter's own metrics.
func (r *fleetRun) measureScrapes(ctx context.Context) error {
	for _, e := range []struct{ encoding, cpu, body string }{{"identity", plainCPU, plainBody}, {"gzip", gzipCPU, gzipBody}} {
		for range warmUpScrapes {
			if _, _, err := r.scrape(ctx, e.encoding); err != nil {
				return err
			}
		}
		before, err := cpuTime(r.process.PID())
		if err != nil {
			return err
		}
		for range r.scrapeRounds {
			body, _, err := r.scrape(ctx, e.encoding)
			if err != nil {
				return err
			}
			r.figures[e.body] = float64(len(body))
			if e.encoding == "identity" {
				r.figures[fleetGoroutines] = sum(body, "go_goroutines")
			}
		}
		after, err := cpuTime(r.process.PID())
		if err != nil {
			return err
		}
		r.figures[e.cpu] = (after - before) / float64(r.scrapeRounds)
	}
	return nil
}

// saveProfiles writes profiles of the heap, the goroutines, and the CPU during a minute.
func (r *fleetRun) saveProfiles(ctx context.Context) error {
	if r.Profile == "" {
		return nil
	}
	for _, p := range []string{"heap", "goroutine", "profile?seconds=60"} {
		name, _, _ := strings.Cut(p, "?")
		file := filepath.Join(r.Profile, fmt.Sprintf("fleet-%d-%s.pprof", len(r.results), name))
		if err := saveProfile(ctx, strings.TrimSuffix(r.url, "/metrics")+"/debug/pprof/"+p, file); err != nil {
			return err
		}
	}
	return nil
}

// load is the number of requests of clients, from the metrics of an API server.
type load struct{ requests, rewatches, watches float64 }

func (r *fleetRun) readServerLoad(ctx context.Context) (load, error) {
	client, err := rest.HTTPClientFor(r.cluster.Config)
	if err != nil {
		return load{}, err
	}
	body, err := get(ctx, client, r.cluster.URL+"/metrics")
	if err != nil {
		return load{}, fmt.Errorf("metrics of the API server: %w", err)
	}
	ended := sum(body, "apiserver_request_total", `verb="WATCH"`)
	// Requests about leases and similar resources are those of the API server itself.
	return load{
		requests:  sum(body, "apiserver_request_total") - ended,
		rewatches: ended, watches: sum(body, "apiserver_longrunning_requests", `verb="WATCH"`),
	}, nil
}

// sum returns the sum of the samples of a family that have a label.
func sum(body []byte, family string, label ...string) (total float64) {
	for line := range bytes.Lines(body) {
		rest, ok := bytes.CutPrefix(line, []byte(family))
		if !ok || rest[0] != '{' && rest[0] != ' ' || len(label) > 0 && !bytes.Contains(line, []byte(label[0])) {
			continue
		}
		value, err := strconv.ParseFloat(string(bytes.TrimSpace(rest[bytes.LastIndexByte(rest, ' '):])), 64)
		if err == nil {
			total += value
		}
	}
	return total
}

func cpuTimes(pids ...int) (times []float64, err error) {
	for _, pid := range pids {
		t, err := cpuTime(pid)
		if err != nil {
			return nil, err
		}
		times = append(times, t)
	}
	return times, nil
}

// countSockets counts the sockets of a process.
func countSockets(pid int) (n float64, err error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n, err
}
