//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

const (
	// noticePoll is the poll interval of the report.
	noticePoll = 50 * time.Millisecond
	// maxMedian bounds the median time until a fault is noticed.
	maxMedian = 2 * time.Second
)

// watchNotice measures the time until the report has one of the roots of a fault, pending or firing. The time includes
// causing the fault and, if the rule has one in its expression, a tolerance, which is a sixtieth of the usual one. If
// ctx ends before, the channel is closed without a value.
func (f *faultyFleet) watchNotice(ctx context.Context, want *fault) <-chan time.Duration {
	exporter := f.exporter // one that starts in its place has the same address
	begin, noticed := time.Now(), make(chan time.Duration, 1)
	go func() {
		defer close(noticed)
		for ctx.Err() == nil {
			report, err := readReport(ctx, exporter)
			if err == nil && slices.ContainsFunc(report.Findings, want.hasRoot) {
				noticed <- time.Since(begin)
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(noticePoll):
			}
		}
	}()
	return noticed
}

// checkMedian logs how long the faults were not noticed, and in full fails if the median is too long.
func (f *faultyFleet) checkMedian(t *testing.T) {
	t.Helper()
	if len(f.noticed) == 0 {
		t.Fatal("no fault was noticed")
	}
	slices.Sort(f.noticed)
	median := f.noticed[len(f.noticed)/2]
	t.Logf("%d faults are noticed after %s in the median, and %s at most", len(f.noticed), median.Round(time.Millisecond),
		f.noticed[len(f.noticed)-1].Round(time.Millisecond))
	if *harness.Thorough && median > maxMedian {
		t.Errorf("the median is %s, at most %s is allowed", median, maxMedian)
	}
}
