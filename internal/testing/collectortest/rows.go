// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// Site returns the cluster management as the only cluster, with its own exposition.
func Site(tb testing.TB, now func() time.Time, families ...*exposition.Family) collectors.Site {
	tb.Helper()
	e, err := exposition.New(exposition.Options{}, families...)
	if err != nil {
		tb.Fatal(err)
	}
	return collectors.Site{
		Cluster:    fleet.Cluster{Name: Management},
		Lookup:     func(string) (fleet.Cluster, bool) { return fleet.Cluster{}, false },
		Exposition: e,
		Log:        slog.New(slog.DiscardHandler),
		Now:        now,
		StaleAfter: 5 * time.Minute,
	}
}

// Serve returns the answer to GET /metrics.
func Serve(tb testing.TB, e *exposition.Exposition) string {
	tb.Helper()
	w := httptest.NewRecorder()
	h := &exposition.Handler{Exposition: e}
	h.ServeHTTP(w, httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		tb.Fatalf("GET /metrics: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// MustParse parses output and fails the test if Prometheus would not accept it.
func MustParse(tb testing.TB, text string) {
	tb.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := p.TextToMetricFamilies(strings.NewReader(text)); err != nil {
		tb.Fatalf("the output is no exposition: %v\n%.4000s", err, text)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		if i := strings.LastIndexByte(line, ' '); line[0] != '#' {
			if seen[line[:i]] {
				tb.Fatalf("two rows are %.1000s", line[:i])
			}
			seen[line[:i]] = true
		}
	}
}

// Rows returns the rows of a text: values by name and labels.
func Rows(text string) map[string]string {
	rows := map[string]string{}
	for line := range strings.Lines(text) {
		if line[0] != '#' {
			i := strings.LastIndexByte(line, ' ')
			rows[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return rows
}

// ShortRows returns the rows without the common prefix of their names and without their common
// first labels.
func ShortRows(text, prefix, labels string) map[string]string {
	rows := map[string]string{}
	short := strings.NewReplacer(prefix, "", labels+",", "", "{"+labels+"}", "")
	for row, value := range Rows(text) {
		rows[short.Replace(row)] = value
	}
	return rows
}

// Want checks rows. An empty value means that the row must not exist.
func Want(tb testing.TB, rows, want map[string]string) {
	tb.Helper()
	for _, row := range slices.Sorted(maps.Keys(want)) {
		if rows[row] != want[row] {
			tb.Errorf("%s is %q, not %q", row, rows[row], want[row])
		}
	}
	if tb.Failed() {
		for _, row := range slices.Sorted(maps.Keys(rows)) {
			tb.Log(row, rows[row])
		}
	}
}

// Lines returns the sorted rows of a text, optionally limited to some families.
func Lines(text string, families ...string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line[0] != '#' && (len(families) == 0 || slices.Contains(families, FamilyOf(line))) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// FamilyOf returns the name of the family of a row.
func FamilyOf(row string) string {
	if end := strings.IndexAny(row, "{ "); end >= 0 {
		return row[:end]
	}
	return row
}
