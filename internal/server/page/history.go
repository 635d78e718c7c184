// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
)

// history has the verdicts on a system in a cluster during the last day, oldest first.
type history struct {
	Bars []bar
	Text string // text alternative of the bars
}

// bar is a period with the same verdict, in units of the view box.
type bar struct {
	X, Y, Width, Height int
	Class               string
}

const (
	historySpan   = changes.VerdictAge
	historyWidth  = 96
	historyHeight = 8
)

// historyOf returns the history of verdicts, which are sorted by time.
func historyOf(verdicts []changes.VerdictSince, now time.Time) history {
	var h history
	lasted := map[string]time.Duration{}
	for i, v := range verdicts {
		begin, end := v.At, now
		if first := now.Add(-historySpan); begin.Before(first) {
			begin = first
		}
		if i+1 < len(verdicts) {
			end = verdicts[i+1].At
		}
		if end.After(begin) && v.Verdict != "" { // without a verdict, the cluster did not have the system
			h.Bars = append(h.Bars, barOf(health.Verdict(v.Verdict), begin, end, now))
			lasted[v.Verdict] += end.Sub(begin)
		}
	}
	var words []string
	for _, v := range health.Verdicts() {
		if d := lasted[string(v)]; d > 0 {
			words = append(words, fmt.Sprintf("%s for %s", v, render.Age(d)))
		}
	}
	h.Text = "last 24 hours: " + strings.Join(words, ", ")
	return h
}

// barOf returns the bar of a verdict. Worse verdicts have higher bars.
func barOf(v health.Verdict, begin, end, now time.Time) bar {
	x := func(t time.Time) int {
		return historyWidth - int(now.Sub(t)*historyWidth/historySpan)
	}
	b := bar{X: min(x(begin), historyWidth-1), Height: 2, Class: string(v)}
	switch v {
	case health.Down:
		b.Height = historyHeight
	case health.Degraded:
		b.Height = 5
	case health.Unknown:
		b.Height = 4
	}
	b.Y, b.Width = historyHeight-b.Height, max(1, x(end)-b.X)
	return b
}
