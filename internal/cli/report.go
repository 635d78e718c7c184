// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
)

// verdictError is the error for a verdict with a non-zero exit code. It has no message.
type verdictError health.Verdict

func (verdictError) Error() string { return "" }

func newReportCommand(s Streams) *cobra.Command {
	o := app.ReportOptions{Progress: s.Err}
	var output, failOn, logLevel, logFmt string
	var watch bool
	var contexts func() (*fleet.Contexts, error)
	c := &cobra.Command{
		Use:   "report",
		Short: "Print the problems in the fleet and their root causes",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if err := checkReport(o, output, failOn); err != nil {
				return err
			}
			if o.Snapshot == "" {
				if o.Contexts, err = contexts(); err != nil {
					return err
				}
			}
			if o.Log, err = newLogger(s.Err, logLevel, logFmt); err != nil {
				return err
			}
			o.FailOn = health.Verdict(failOn)
			if watch {
				o.Watch = newRedrawer(s.Out, output)
			}
			r, err := app.Report(c.Context(), o)
			var wrong app.ConfigError
			switch {
			case errors.As(err, &wrong):
				return err
			case err != nil:
				return runError{err}
			}
			if err := writeReport(s.Out, r, output); err != nil {
				return runError{err}
			}
			if r.Verdict == o.FailOn || r.Verdict.Worse(o.FailOn) {
				return verdictError(r.Verdict)
			}
			return nil
		},
	}
	contexts = s.addFleetFlags(c, &o.ConfigFile)
	f := c.Flags()
	f.StringVar(&o.Snapshot, "snapshot", "", "report on a snapshot directory instead of the fleet, at the time when it was taken")
	f.DurationVar(&o.Timeout, "timeout", 30*time.Second, "maximum time to wait for the fleet; parts that are then missing are unknown")
	f.StringVarP(&output, "output", "o", "table", strings.Join(outputFormats(), ", "))
	f.StringSliceVar(&o.Filter.Clusters, "cluster", nil, "report only on these clusters")
	f.StringSliceVar(&o.Filter.Systems, "system", nil, "report only on these systems")
	f.StringVar(&o.Filter.Severity, "severity", string(alerts.Info), "minimum severity of listed findings: info, warning or critical; it does not change the verdict")
	f.StringVar(&failOn, "fail-on", string(health.Degraded), "mildest verdict with which the command fails: degraded, unknown or down")
	f.BoolVar(&o.Wait, "wait", false, "repeat until the verdict is better than --fail-on, at most for --timeout")
	f.BoolVar(&watch, "watch", false, "repeat until interrupted, and print changes")
	addLogFlags(c, &logLevel, &logFmt, "error")
	_ = c.MarkFlagDirname("snapshot")
	for _, flag := range []string{"kubeconfig", "context", "all-contexts", "watch"} {
		c.MarkFlagsMutuallyExclusive("snapshot", flag)
	}
	c.MarkFlagsMutuallyExclusive("wait", "watch")
	completeValues(c, "output", outputFormats()...)
	completeValues(c, "system", systemNames()...)
	completeValues(c, "severity", severities()...)
	completeValues(c, "fail-on", failOnVerdicts()...)
	_ = c.RegisterFlagCompletionFunc("cluster", s.completeClusters(&o, contexts))
	c.AddCommand(newReportDiffCommand(s))
	return c
}

// completeClusters completes the names of the clusters in a configuration or kubeconfig.
func (s Streams) completeClusters(o *app.ReportOptions, contexts func() (*fleet.Contexts, error)) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		var err error
		if o.Snapshot == "" {
			o.Contexts, err = contexts()
		}
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return o.ClusterNames(c.Context()), cobra.ShellCompDirectiveNoFileComp
	}
}

// maxChanges is the number of changes shown on a terminal.
const maxChanges = 10

// newRedrawer returns a function that writes one report after the other with the changes. A terminal shows the last
// report and the last changes.
func newRedrawer(w io.Writer, output string) func(health.Report) error {
	var last *health.Report
	var changes []string
	onTerminal := tableOptions(w).Terminal
	return func(r health.Report) error {
		if onTerminal {
			_, _ = io.WriteString(w, "\x1b[H\x1b[2J\x1b[3J")
		} else {
			changes = nil // already printed
		}
		if err := writeReport(w, r, output); err != nil {
			return err
		}
		if last != nil && (output == "table" || output == "wide") {
			var text strings.Builder
			_, _ = render.Diff(&text, *last, r)
			for line := range strings.Lines(text.String()) {
				changes = append(changes, r.GeneratedAt.UTC().Format(time.TimeOnly)+" "+line)
			}
			if changes = changes[max(0, len(changes)-maxChanges):]; len(changes) > 0 {
				_, _ = fmt.Fprintf(w, "\nChanges:\n%s", strings.Join(changes, ""))
			}
		}
		last = &r
		return nil
	}
}

func outputFormats() []string {
	return []string{"table", "wide", "name", "json", "markdown", "html", "junit"}
}

func severities() []string {
	return []string{string(alerts.Info), string(alerts.Warning), string(alerts.Critical)}
}

func failOnVerdicts() []string {
	return []string{string(health.Degraded), string(health.Unknown), string(health.Down)}
}

func systemNames() []string {
	names := []string{string(health.Custom)}
	for _, s := range alerts.Systems() {
		names = append(names, string(s))
	}
	return names
}

func checkReport(o app.ReportOptions, output, failOn string) error {
	errs := []error{
		checkChoice("output", output, outputFormats()...), checkChoice("fail-on", failOn, failOnVerdicts()...),
		checkChoice("severity", o.Filter.Severity, severities()...),
	}
	for _, name := range o.Filter.Systems {
		errs = append(errs, checkChoice("system", name, systemNames()...))
	}
	if o.Timeout <= 0 {
		errs = append(errs, errors.New("--timeout: must be a duration, such as 30s"))
	}
	return errors.Join(errs...)
}

// checkChoice checks the value of a flag.
func checkChoice(flag, value string, among ...string) error {
	if slices.Contains(among, value) {
		return nil
	}
	return fmt.Errorf("--%s %q: use one of %s", flag, value, strings.Join(among, ", "))
}

func writeReport(w io.Writer, r health.Report, output string) error {
	switch output {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	case "markdown":
		return render.Markdown(w, r)
	case "html":
		return render.HTML(w, r)
	case "junit":
		return render.JUnit(w, r)
	case "name":
		return render.Names(w, r)
	case "wide":
		o := tableOptions(w)
		o.Wide, o.Width = true, 0
		return render.Table(w, r, o)
	}
	return render.Table(w, r, tableOptions(w))
}

// tableOptions returns the options for tables: colours and a width for terminals only.
func tableOptions(w io.Writer) render.TableOptions {
	file, ok := unchecked(w).(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return render.TableOptions{}
	}
	dumb := os.Getenv("TERM") == "dumb"
	o := render.TableOptions{Terminal: !dumb, Colour: !dumb && os.Getenv("NO_COLOR") == ""}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		o.Width = width
	}
	return o
}
