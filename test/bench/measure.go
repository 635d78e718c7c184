// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const (
	completeDeadline = 5 * time.Minute
	startInterval    = 20 * time.Millisecond // between the scrapes of a starting subject
	warmUpScrapes    = 5
)

// trial is one process of one subject under measurement.
type trial struct {
	*bench
	*scraper
	process *testbed.Process
	figures Figures
	profile func(ctx context.Context, phase string, d time.Duration) (wait func() error)
}

// measure starts the subject, takes all figures, and stops it.
func (b *bench) measure(ctx context.Context, s subject, n int) (f Figures, err error) {
	if err := b.warm(ctx); err != nil {
		return nil, err
	}
	ports, err := testbed.FreePorts(2)
	if err != nil {
		return nil, err
	}
	address, second := loopback(ports[0]), loopback(ports[1])
	command, err := s.command(b.Dir, b.cluster.Kubeconfig, address, second)
	if err != nil {
		return nil, err
	}
	if command, err = pinCommand(command, subjectCPU); err != nil {
		return nil, err
	}
	r := &trial{bench: b, scraper: newScraper(s, address), figures: Figures{}}
	r.profile = profiler(b.Profile, s, address, n)
	defer r.client.CloseIdleConnections()
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	begin := time.Now()
	if r.process, err = testbed.Start(life, filepath.Join(b.Dir, "subjects"), command); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.process.Stop()) }()
	for _, phase := range []func(context.Context) error{
		func(ctx context.Context) error { return r.waitForObjects(ctx, begin) },
		func(ctx context.Context) error { return b.verify(ctx, r.scraper) },
		r.measureScrapes,
		r.measureUpdates,
		r.measureFreshness,
		r.measureFindings,
		func(ctx context.Context) error { return b.verify(ctx, r.scraper) },
	} {
		if err := phase(ctx); err != nil {
			return nil, fmt.Errorf("%w; end of the log:\n%s", err, r.process.LogTail())
		}
	}
	return r.figures, r.readMemory(peakEnd, "VmHWM")
}

// waitForObjects scrapes until all objects have rows.
func (r *trial) waitForObjects(ctx context.Context, begin time.Time) error {
	wait := r.profile(ctx, "start", 2*time.Second+time.Duration(r.Objects)*time.Millisecond/4)
	ctx, cancel := context.WithTimeoutCause(ctx, completeDeadline, errors.New("no complete scrape in time"))
	defer cancel()
	r.figures[emptyResponses], r.figures[partResponses] = 0, 0
	ticker := time.NewTicker(startInterval)
	defer ticker.Stop()
	for n, last := 0, error(nil); n < r.Objects; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %d of %d objects: %w", context.Cause(ctx), n, r.Objects, last)
		case <-r.process.Done():
			return errors.New("the subject has ended")
		case <-ticker.C:
		}
		var body []byte
		if body, _, last = r.scrape(ctx, "identity"); last != nil {
			continue // it does not yet listen, or is not ready
		}
		switch n = r.count(body); {
		case n == 0:
			r.figures[emptyResponses]++
		case n < r.Objects:
			r.figures[partResponses]++
		}
	}
	r.figures[firstComplete] = time.Since(begin).Seconds()
	cpu, err := cpuTime(r.process.PID())
	r.figures[cpuComplete] = cpu
	return errors.Join(err, r.readMemory(peakComplete, "VmHWM"), wait())
}

func (r *trial) readMemory(key, name string) (err error) {
	r.figures[key], err = testbed.ProcessMemory(r.process.PID(), name)
	return err
}

// measureScrapes measures a scrape in which nothing has changed.
func (r *trial) measureScrapes(ctx context.Context) error {
	wait := r.profile(ctx, "scrapes", time.Second+2*time.Duration(r.Scrapes)*time.Millisecond)
	for _, e := range []struct{ encoding, p50, p99, cpu, body string }{
		{"identity", plainP50, plainP99, plainCPU, plainBody},
		{"gzip", gzipP50, gzipP99, gzipCPU, gzipBody},
	} {
		for range warmUpScrapes {
			if _, _, err := r.scrape(ctx, e.encoding); err != nil {
				return err
			}
		}
		before, err := cpuTime(r.process.PID())
		if err != nil {
			return err
		}
		latencies := make([]float64, r.Scrapes)
		for i := range latencies {
			body, d, err := r.scrape(ctx, e.encoding)
			if err != nil {
				return err
			}
			latencies[i] = d.Seconds()
			r.figures[e.body] = float64(len(body))
		}
		after, err := cpuTime(r.process.PID())
		if err != nil {
			return err
		}
		r.figures[e.p50], r.figures[e.p99] = quantile(latencies, 0.5), quantile(latencies, 0.99)
		r.figures[e.cpu] = (after - before) / float64(r.Scrapes)
	}
	return errors.Join(r.readMemory(memoryScrapes, "VmRSS"), wait())
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
