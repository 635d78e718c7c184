// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// TestCases checks the reports on dumps of clusters. A case is testdata/cases/<name>.txtar: the
// files of a snapshot, and in "want" the expected verdict of each system and the expected findings
// with their causes.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				t.Fatal("no section want")
			}
			got := reportLines(t, archive.Files[:i])
			if *update {
				archive.Files[i].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
				t.Errorf("report (-want +got, -update accepts it):\n%s", diff)
			}
		})
	}
}

// reportLines returns the verdicts and the findings of a report on a snapshot.
func reportLines(t *testing.T, files []txtar.File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Report(t.Context(), ReportOptions{Options: Options{Log: slog.New(slog.DiscardHandler)}, Snapshot: dir, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range r.Clusters {
		for _, s := range c.Systems {
			if s.Verdict != health.Absent {
				lines = append(lines, fmt.Sprintf("%s of %s: %s", s.Name, c.Name, s.Verdict))
			}
		}
	}
	byID := map[string]health.Finding{}
	for _, f := range r.Findings {
		byID[f.ID] = f
	}
	for _, f := range r.Findings {
		since := f.Since.Format(time.RFC3339)
		if f.SinceAtLeast {
			since = "at least " + since
		}
		line := fmt.Sprintf("%s %s since %s: %s", f.Severity, f.Rule, since, f.Summary)
		if cause, ok := byID[f.RootCause]; ok {
			line += " <- " + cause.Rule + " " + cause.Object.String()
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n") + "\n"
}
