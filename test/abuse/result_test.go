// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"
)

// result is what an attack cost others.
type result struct {
	Attack string `json:"attack"`
	Memory int64  `json:"peakBytes"`
	// Rows and Scrape are the longest delays, in nanoseconds.
	Rows   time.Duration `json:"rowsDelay"`
	Scrape time.Duration `json:"scrapeDelay"`
	End    time.Duration `json:"endAfterSIGTERM"`
	Answer string        `json:"answer"`

	Lines int `json:"logLines"`
	Line  int `json:"longestLogLine"` // in bytes

	Changes int    `json:"changes"` // observed in the other cluster
	Scrapes int    `json:"scrapes"` // of the victim
	Died    string `json:"died,omitempty"`
}

// problems returns the bounds that the attack broke.
func (r result) problems(a attack) []string {
	var all []string
	exceeds := func(what string, got, most any) {
		all = append(all, fmt.Sprintf("%s: %s is %v, at most %v is allowed", r.Attack, what, got, most))
	}
	if r.Died != "" {
		all = append(all, r.Attack+": the process died: "+r.Died)
	}
	if most := cmp.Or(a.memory, memoryLimit); r.Memory > most {
		exceeds("peak memory", mebibytes(r.Memory), mebibytes(most))
	}
	if r.Lines > maxLines || r.Line > maxLine {
		exceeds("the log", fmt.Sprintf("%d lines of up to %d bytes", r.Lines, r.Line), fmt.Sprintf("%d lines of %d bytes", maxLines, maxLine))
	}
	if r.Answer == "" {
		all = append(all, r.Attack+": the exporter did not notice it")
	}
	if r.Changes == 0 || r.Scrapes == 0 {
		all = append(all, fmt.Sprintf("%s: %d changes were seen in %d scrapes", r.Attack, r.Changes, r.Scrapes))
	}
	if !*thorough {
		return all
	}
	for _, bound := range []struct {
		what      string
		got, most time.Duration
	}{{"the delay of rows", r.Rows, rowsDelay}, {"the delay of a scrape", r.Scrape, scrapeDelay}, {"the end after SIGTERM", r.End, endDelay}} {
		if bound.got > bound.most {
			exceeds(bound.what, bound.got.Round(time.Millisecond), bound.most)
		}
	}
	return all
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

// markdown returns the results as a table.
func markdown(results []result) string {
	var b strings.Builder
	b.WriteString("| attack | peak memory | longest delay of rows of another cluster | longest scrape of another client | end after SIGTERM | answer |\n|---|---|---|---|---|---|\n")
	for _, r := range results {
		_, _ = fmt.Fprintf(&b, "| %s | %s | %.1f s | %.2f s | %.1f s | %s |\n", r.Attack, mebibytes(r.Memory), r.Rows.Seconds(), r.Scrape.Seconds(), r.End.Seconds(), r.Answer)
	}
	return b.String()
}

// TestProblems checks that every bound can be broken.
func TestProblems(t *testing.T) {
	was := *thorough
	*thorough = true
	defer func() { *thorough = was }()
	good := result{Memory: memoryLimit, Rows: rowsDelay, Scrape: scrapeDelay, End: endDelay, Answer: "x", Changes: 1, Scrapes: 1}
	if got := good.problems(attack{}); got != nil {
		t.Errorf("at the bounds: %v", got)
	}
	for name, spoil := range map[string]func(*result){
		"memory": func(r *result) { r.Memory++ }, "rows": func(r *result) { r.Rows++ }, "scrape": func(r *result) { r.Scrape++ },
		"SIGTERM": func(r *result) { r.End++ }, "did not notice": func(r *result) { r.Answer = "" },
		"died": func(r *result) { r.Died = "killed" }, "0 changes": func(r *result) { r.Changes = 0 },
	} {
		r := good
		spoil(&r)
		if got := r.problems(attack{}); len(got) != 1 || !strings.Contains(got[0], name) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
