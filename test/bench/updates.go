// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const (
	updatesPerSecond = 100 // at most; the API server may be slower
	updateWorkers    = 8
	idleTime         = 15 * time.Second // between two evaluations without changes
	scrapeInterval   = time.Second      // while objects change

	quietInterval = 100 * time.Millisecond
	quietDeadline = 20 * time.Second
	quietCPU      = 0.003 // seconds per interval that do not count as work
)

// measureUpdates measures the cost of changes of the objects.
func (r *trial) measureUpdates(ctx context.Context) error {
	if err := r.measureIdle(ctx); err != nil {
		return err
	}
	wait := r.profile(ctx, "updates", time.Duration(r.Updates)*time.Second/updatesPerSecond)
	if err := r.measureChange(ctx, testbed.Neutral, neutralCPU); err != nil {
		return err
	}
	if err := wait(); err != nil {
		return err
	}
	if err := r.measureChange(ctx, testbed.Flip, flipCPU); err != nil {
		return err
	}
	if err := r.verify(ctx, r.scraper); err != nil { // the work was complete when the CPU time was read
		return fmt.Errorf("after the updates: %w", err)
	}
	scraping, stop := context.WithCancel(ctx)
	defer stop()
	var latencies []float64
	var scrapeErr error
	var scraper sync.WaitGroup
	scraper.Go(func() { latencies, scrapeErr = r.scrapeRegularly(scraping) })
	err := r.measureChange(ctx, testbed.Flip, scrapedFlipCPU)
	stop()
	scraper.Wait()
	err = errors.Join(err, scrapeErr)
	r.figures[scrapedFlipP99] = quantile(latencies, 0.99)
	return err
}

// measureIdle measures the CPU time per idle second.
func (r *trial) measureIdle(ctx context.Context) error {
	if err := r.waitQuiet(ctx); err != nil {
		return err
	}
	used, d, err := r.measureCPU(func() error { return sleep(ctx, idleTime) })
	r.figures[idleCPU] = used / d
	return err
}

// measureChange updates objects and records the CPU time of 1,000 updates.
func (r *trial) measureChange(ctx context.Context, change testbed.StatusChange, key string) error {
	used, d, err := r.measureCPU(func() error {
		begin := time.Now()
		if err := r.updateAll(ctx, change); err != nil {
			return err
		}
		r.figures[updatesRate] = float64(r.Updates) / time.Since(begin).Seconds()
		return r.waitQuiet(ctx)
	})
	r.figures[key] = max(0, used-d*r.figures[idleCPU]) * 1000 / float64(r.Updates)
	return err
}

// measureCPU returns the CPU time of the subject and the time, both in seconds, that f takes.
func (r *trial) measureCPU(f func() error) (cpu, d float64, err error) {
	before, err := cpuTime(r.process.PID())
	if err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	if err := f(); err != nil {
		return 0, 0, err
	}
	after, err := cpuTime(r.process.PID())
	return after - before, time.Since(begin).Seconds(), err
}

// updateAll updates all objects in turn, at a bounded rate.
func (r *trial) updateAll(ctx context.Context, change testbed.StatusChange) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan int)
	var wg sync.WaitGroup
	for range updateWorkers {
		wg.Go(func() {
			for i := range work {
				if err := r.seed.UpdateStatus(ctx, i, change); err != nil {
					cancel(err)
				}
			}
		})
	}
	ticker := time.NewTicker(time.Second / updatesPerSecond)
	defer ticker.Stop()
	for i := 0; i < r.Updates && ctx.Err() == nil; i++ {
		select {
		case <-ticker.C:
			work <- i % r.Objects
		case <-ctx.Done():
		}
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}

// waitQuiet waits until the subject is idle.
func (r *trial) waitQuiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, quietDeadline, errors.New("the subject does not come to rest"))
	defer cancel()
	for calm := 0; calm < 3; calm++ {
		used, _, err := r.measureCPU(func() error { return sleep(ctx, quietInterval) })
		if err != nil {
			return err
		}
		if used > quietCPU {
			calm = -1
		}
	}
	return nil
}

// scrapeRegularly scrapes until ctx ends and returns the latencies.
func (r *trial) scrapeRegularly(ctx context.Context) (latencies []float64, err error) {
	ticker := time.NewTicker(scrapeInterval)
	defer ticker.Stop()
	for {
		_, d, err := r.scrape(context.WithoutCancel(ctx), "gzip")
		if err != nil {
			return latencies, err
		}
		latencies = append(latencies, d.Seconds())
		select {
		case <-ctx.Done():
			return latencies, nil
		case <-ticker.C:
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
