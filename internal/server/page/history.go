// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"slices"
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
	historySpan   = 24 * time.Hour
	historyWidth  = 96
	historyHeight = 8
)

// histories returns the recorded history of each cell of the matrix, by cluster and system.
func (s *site) histories(now time.Time) map[[2]string]history {
	list := s.Changes(changes.Query{Type: string(changes.Verdict), Limit: changes.MaxLimit})
	ends, lasted := map[[2]string]time.Time{}, map[[2]string]map[string]time.Duration{}
	all := map[[2]string]history{}
	for _, c := range list.Changes { // newest first
		key := [2]string{c.Target, c.System}
		end, ok := ends[key]
		if !ok {
			end, lasted[key] = now, map[string]time.Duration{}
		}
		begin := c.At
		if first := now.Add(-historySpan); begin.Before(first) {
			begin = first
		}
		ends[key] = begin
		if end.After(begin) && c.After != "" { // without a verdict, the cluster did not have the system
			h := all[key]
			h.Bars = append(h.Bars, barOf(health.Verdict(c.After), begin, end, now))
			lasted[key][c.After] += end.Sub(begin)
			all[key] = h
		}
	}
	for key, h := range all {
		slices.Reverse(h.Bars)
		var words []string
		for _, v := range health.Verdicts() {
			if d := lasted[key][string(v)]; d > 0 {
				words = append(words, fmt.Sprintf("%s for %s", v, render.Age(d)))
			}
		}
		h.Text = "last 24 hours: " + strings.Join(words, ", ")
		all[key] = h
	}
	return all
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
