// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const (
	singleFlips     = 50 // even, because every second flip reverts the previous one
	singleStalls    = 20 // likewise
	visibleDeadline = 30 * time.Second
	reportInterval  = 10 * time.Millisecond
	// fullBudget is the time after which the exporter evaluates single changes at once: its budget for evaluations, which
	// updates have used, is full again.
	fullBudget = 30 * time.Second
)

// measureFreshness measures the time from the API server's answer to an update to the end of the
// response that shows it.
func (r *trial) measureFreshness(ctx context.Context) error {
	for _, e := range []struct{ encoding, p50, p99 string }{
		{"identity", visibleP50, visibleP99},
		{"gzip", gzipVisibleP50, gzipVisibleP99},
	} {
		seconds, err := r.timeSingleChanges(ctx, singleFlips, testbed.Flip, func(n int) (bool, time.Time, error) {
			body, _, err := r.scrape(ctx, e.encoding)
			end := time.Now()
			if err == nil && e.encoding == "gzip" {
				body, err = inflate(body)
			}
			return err == nil && r.ready(body, r.objects[n]) == readyLabel(r.seed.Ready(n)), end, err
		})
		if err != nil {
			return err
		}
		r.figures[e.p50], r.figures[e.p99] = quantile(seconds, 0.5), quantile(seconds, 0.99)
	}
	return nil
}

// measureFindings measures the time from the API server's answer to an update to the end of the
// report that has the finding, or no longer has it, in an idle fleet.
func (r *trial) measureFindings(ctx context.Context) error {
	if !r.hasReport {
		return nil
	}
	if err := sleep(ctx, fullBudget); err != nil {
		return err
	}
	seconds, err := r.timeSingleChanges(ctx, singleStalls, testbed.Stall, func(n int) (bool, time.Time, error) {
		if err := sleep(ctx, reportInterval); err != nil {
			return false, time.Time{}, err
		}
		body, _, err := r.get(ctx, r.reportURL, "identity")
		if err != nil {
			return false, time.Time{}, err
		}
		end := time.Now()
		found, err := hasFinding(body, r.objects[n])
		return found != r.seed.Ready(n), end, err
	})
	if err != nil {
		return err
	}
	r.figures[findingP50], r.figures[findingMax] = quantile(seconds, 0.5), slices.Max(seconds)
	return nil
}

// hasFinding reports whether a report has a finding about an object that has not been resolved.
func hasFinding(report []byte, o object) (bool, error) {
	var parsed struct {
		Findings []struct {
			Object     struct{ Kind, Namespace, Name string }
			ResolvedAt *time.Time
		}
	}
	if err := json.Unmarshal(report, &parsed); err != nil {
		return false, fmt.Errorf("read the report: %w", err)
	}
	for _, f := range parsed.Findings {
		if f.ResolvedAt == nil && (object{f.Object.Kind, f.Object.Namespace, f.Object.Name}) == o {
			return true, nil
		}
	}
	return false, nil
}

// timeSingleChanges changes objects one after the other and returns the seconds until each change was visible. An object is changed twice,
// and the second change reverts the first.
func (r *trial) timeSingleChanges(ctx context.Context, changes int, change testbed.StatusChange,
	seen func(n int) (bool, time.Time, error)) ([]float64, error) {
	var seconds []float64
	step := r.Objects/changes | 1 // odd, for objects of all kinds
	for i := range changes {
		n := i / 2 * step
		if err := r.seed.UpdateStatus(ctx, n, change); err != nil {
			return nil, err
		}
		for begin := time.Now(); ; {
			ok, at, err := seen(n)
			if err != nil {
				return nil, err
			}
			d := at.Sub(begin)
			if ok {
				seconds = append(seconds, d.Seconds())
				break
			}
			if d > visibleDeadline {
				return nil, fmt.Errorf("%v: ready=%q is not visible after %s", r.objects[n], readyLabel(r.seed.Ready(n)), d)
			}
		}
	}
	return seconds, nil
}
