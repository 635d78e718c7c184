// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	promcollectors "github.com/prometheus/client_golang/prometheus/collectors"
)

// processCollector collects the process_* metrics of client_golang, except for network traffic, which is that of the whole
// network namespace. It takes 0.05 ms per scrape. client_golang takes 0.6 ms and 576 allocations, because it reads slow
// files about the whole machine.
type processCollector struct {
	cpu, openFiles, maxFiles, virtual, maxVirtual, resident *prometheus.Desc

	started prometheus.Metric // nil if unknown
}

func newProcessCollector() prometheus.Collector {
	describe := func(name, help string) *prometheus.Desc { return prometheus.NewDesc("process_"+name, help, nil, nil) }
	return &processCollector{
		cpu:        describe("cpu_seconds_total", "Total user and system CPU time spent in seconds."),
		openFiles:  describe("open_fds", "Number of open file descriptors."),
		maxFiles:   describe("max_fds", "Maximum number of open file descriptors."),
		virtual:    describe("virtual_memory_bytes", "Virtual memory size in bytes."),
		maxVirtual: describe("virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes."),
		resident:   describe("resident_memory_bytes", "Resident memory size in bytes."),
		started:    startTime(),
	}
}

// startTime returns the metric of client_golang for the start time of the process, which is constant.
func startTime() prometheus.Metric {
	all := make(chan prometheus.Metric)
	go func() {
		promcollectors.NewProcessCollector(promcollectors.ProcessCollectorOpts{}).Collect(all)
		close(all)
	}()
	var started prometheus.Metric
	wanted := prometheus.NewDesc("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", nil, nil).String()
	for m := range all {
		if m.Desc().String() == wanted {
			started = m
		}
	}
	return started
}

// Describe implements [prometheus.Collector].
func (c *processCollector) Describe(out chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(c, out)
}

// Collect implements [prometheus.Collector]. A value that cannot be read is left out.
func (c *processCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64) { out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) == nil {
		out <- prometheus.MustNewConstMetric(c.cpu, prometheus.CounterValue, float64(used.Utime.Nano()+used.Stime.Nano())/1e9)
	}
	if n, err := openFiles(); err == nil {
		gauge(c.openFiles, float64(n))
	}
	if v, r, err := memory(); err == nil {
		gauge(c.virtual, v)
		gauge(c.resident, r)
	}
	for d, resource := range map[*prometheus.Desc]int{c.maxFiles: syscall.RLIMIT_NOFILE, c.maxVirtual: syscall.RLIMIT_AS} {
		var limit syscall.Rlimit
		if syscall.Getrlimit(resource, &limit) == nil {
			gauge(d, float64(limit.Cur))
		}
	}
	if c.started != nil {
		out <- c.started
	}
}

// openFiles returns the number of open files. The directory that it opens itself is not counted.
func openFiles() (int, error) {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0, err
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	return len(names) - 1, err
}

var errStatm = errors.New("/proc/self/statm has no sizes")

// memory returns the virtual and the resident memory in bytes.
func memory() (virtual, resident float64, err error) {
	data, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(data)
	if err != nil || len(fields) < 2 {
		return 0, 0, errors.Join(err, errStatm)
	}
	pages, err := strconv.ParseFloat(string(fields[0]), 64)
	residentPages, residentErr := strconv.ParseFloat(string(fields[1]), 64)
	size := float64(os.Getpagesize())
	return pages * size, residentPages * size, errors.Join(err, residentErr)
}
