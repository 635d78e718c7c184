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
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
)

// verdictError is a verdict that makes a command fail, without a message.
type verdictError health.Verdict

func (verdictError) Error() string { return "" }

func report(s Streams) *cobra.Command {
	o := app.ReportOptions{Progress: s.Err}
	var output, failOn, logLevel, logFmt string
	c := &cobra.Command{
		Use:   "report",
		Short: "Say what is broken in the fleet, and why",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if err := checkReport(o, output, failOn); err != nil {
				return err
			}
			if o.Log, err = logger(s.Err, logLevel, logFmt); err != nil {
				return err
			}
			o.FailOn = health.Verdict(failOn)
			r, err := app.Report(c.Context(), o)
			var wrong app.ConfigError
			switch {
			case errors.As(err, &wrong):
				return err
			case err != nil:
				return runError{err}
			}
			if err := write(s.Out, r, output); err != nil {
				return runError{fmt.Errorf("write the report: %w", err)}
			}
			if r.Verdict == o.FailOn || r.Verdict.Worse(o.FailOn) {
				return verdictError(r.Verdict)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.ConfigFile, "config", "", "the configuration file; not needed with --snapshot")
	f.StringVar(&o.Snapshot, "snapshot", "", "a directory of dumped clusters that stands for the fleet, as it was when it was taken")
	f.DurationVar(&o.Timeout, "timeout", 30*time.Second, "how long to wait for the fleet; what is not there by then is unknown")
	f.StringVarP(&output, "output", "o", "table", "table, json, markdown or html")
	f.StringSliceVar(&o.Filter.Clusters, "cluster", nil, "these clusters only")
	f.StringSliceVar(&o.Filter.Systems, "system", nil, "these systems only")
	f.StringVar(&failOn, "fail-on", string(health.Degraded), "the least bad verdict that makes the command fail: degraded, unknown or down")
	f.BoolVar(&o.Wait, "wait", false, "look again until the verdict is better than --fail-on, or the timeout is over")
	f.StringVar(&logLevel, "log.level", "error", "debug, info, warn or error")
	f.StringVar(&logFmt, "log.format", "logfmt", "logfmt or json")
	_ = c.MarkFlagFilename("config", "yaml", "yml")
	_ = c.MarkFlagDirname("snapshot")
	return c
}

func checkReport(o app.ReportOptions, output, failOn string) error {
	errs := []error{
		oneOf("output", output, "table", "json", "markdown", "html"),
		oneOf("fail-on", failOn, string(health.Degraded), string(health.Unknown), string(health.Down)),
	}
	systems := []string{string(health.Custom)}
	for _, s := range alerts.Systems() {
		systems = append(systems, string(s))
	}
	for _, name := range o.Filter.Systems {
		errs = append(errs, oneOf("system", name, systems...))
	}
	if o.ConfigFile == "" && o.Snapshot == "" {
		errs = append(errs, errors.New("give --config or --snapshot"))
	}
	return errors.Join(errs...)
}

// oneOf checks the value of a flag.
func oneOf(flag, value string, among ...string) error {
	if slices.Contains(among, value) {
		return nil
	}
	return fmt.Errorf("--%s %q: use one of %s", flag, value, strings.Join(among, ", "))
}

func write(w io.Writer, r health.Report, output string) error {
	switch output {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	case "markdown":
		return render.Markdown(w, r)
	case "html":
		return render.HTML(w, r)
	}
	return render.Table(w, r, terminal(w))
}

// terminal is how a table looks where it is written to: colours and a width are for
// people.
func terminal(w io.Writer) render.TableOptions {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return render.TableOptions{}
	}
	o := render.TableOptions{Colour: os.Getenv("NO_COLOR") == ""}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		o.Width = width
	}
	return o
}
