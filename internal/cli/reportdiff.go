// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
)

func newReportDiffCommand(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Compare two reports (JSON files) or snapshots (directories); the exit code is 0 if they are equal, 1 if they differ",
		Args:  exactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var reports [2]health.Report
			for i, path := range args {
				var err error
				if reports[i], err = s.readReport(c.Context(), path); err != nil {
					return err
				}
			}
			differs, err := render.Diff(s.Out, reports[0], reports[1])
			if err != nil {
				return runError{err}
			}
			if differs {
				return verdictError(health.Degraded)
			}
			return nil
		},
	}
}

// readReport returns the report in a file, or the report on a snapshot directory.
func (s Streams) readReport(ctx context.Context, path string) (r health.Report, err error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		log, err := newLogger(s.Err, "error", "logfmt")
		if err != nil {
			return r, err
		}
		return app.Report(ctx, app.ReportOptions{Options: app.Options{Log: log}, Snapshot: path, Timeout: 30 * time.Second, Progress: s.Err})
	}
	text, err := files.Read(ctx, path, files.MaxReport)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%s is not a report in JSON: %w", path, err)
	}
	return r, nil
}
