// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Package abuse attacks the built binary with the memory limit of the chart, and measures the effects: memory, the
// delay of the rows of another cluster, the delay of scrapes of another client, and the time until the process ends.
package abuse

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// Flags of the tests, given after -args.
var (
	thorough = flag.Bool("thorough", false, "run all attacks, and fail when a bound of time is exceeded")
	jsonFile = flag.String("json", "", "write the results to this file, too")
	docsFile = flag.String("docs", "", "replace the section of the attacks in this Markdown file, too")
)

// Bounds of every attack.
const (
	memoryLimit = 512 << 20 // of the chart
	goLimit     = memoryLimit / 10 * 9
	rowsDelay   = 2 * time.Second
	scrapeDelay = time.Second
	endDelay    = 5 * time.Second
	maxLines    = 1000 // of the log
	maxLine     = 20 << 10
)

// attack is one way to hurt the exporter.
type attack struct {
	name  string
	short bool // it is part of the short form
	// prepare sets up servers and the configuration, before the exporter starts.
	prepare func(*site)
	// begin starts what happens while the exporter runs. It may be nil, and goes on until the
	// context of the site ends.
	begin func(*site)
	// answer matches the row in which the exporter reports the attack; if it is empty, the outcome of begin is used.
	// The row must appear within patience; without a filter it is a row of the attacking cluster.
	answer   string
	patience time.Duration
	filter   string
	// memory is a stricter limit.
	memory int64
}

// attacks returns all attacks by family.
func attacks() []attack {
	return slices.Concat(bodies(), elements(), rowsOfObjects(), clients(), files(), openBaos(), kubeconfigs(),
		queries(), connections(), discoveries(), answers(), frames(), watches(), values(), requests())
}

// TestAbuse runs the attacks, one at a time. Times are bounds only in the thorough form, which
// has the machine for itself.
func TestAbuse(t *testing.T) {
	binary, err := testbed.BuildExporter(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var results []result
	for _, a := range attacks() {
		if !a.short && !*thorough {
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			r := newSite(t, binary).run(a)
			results = append(results, r)
			for _, problem := range r.problems(a) {
				t.Error(problem)
			}
		})
	}
	t.Logf("\n%s", markdown(results))
	if err := publish(results); err != nil {
		t.Error(err)
	}
}

// publish writes the results to the files of the flags.
func publish(results []result) error {
	if *jsonFile != "" {
		text, err := json.MarshalIndent(results, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(*jsonFile, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if *docsFile != "" {
		return testbed.ReplaceSection(*docsFile, "attacks", markdown(results)+"\nMeasured on "+testbed.Machine()+", load average "+testbed.LoadAverage()+".\n")
	}
	return nil
}
