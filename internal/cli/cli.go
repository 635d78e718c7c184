// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package cli defines the commands and translates their flags into options of package app.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/common/version"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/loglimit"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/server"
)

// The exit codes. 1 to 3 are the verdicts of a report; after a signal, the exit code is 128 plus
// its number, as in a shell.
const (
	exitOK = 0
	// exitUsage is the exit code for invalid flags or an invalid configuration.
	exitUsage  = 4
	exitFailed = 5
)

// Streams has the input and output of a command.
type Streams struct {
	Out, Err io.Writer
	// Hostname returns the name of the machine or pod; os.Hostname if nil.
	Hostname func() (string, error)
	// Getenv returns a variable of the environment; os.Getenv if nil.
	Getenv func(string) string
	// Reload triggers a reload of the configuration while serving.
	Reload <-chan os.Signal
}

// Main runs one command and returns the exit code.
func Main(ctx context.Context, args []string, s Streams) int {
	out := &checkedOutput{Writer: s.Out}
	s.Out = out
	root := NewRootCommand(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var failed runError
	var verdict verdictError
	var signal interruptedError
	switch {
	case err != nil && errors.As(context.Cause(ctx), &signal):
		_, _ = fmt.Fprintln(s.Err, "error:", signal)
		return signal.exitCode()
	case out.failure != nil:
		_, _ = fmt.Fprintln(s.Err, "error: write the output:", out.failure)
		return exitFailed
	case err == nil:
		return exitOK
	case errors.As(err, &verdict):
		return health.Verdict(verdict).ExitCode()
	case errors.As(err, &failed):
		_, _ = fmt.Fprintln(s.Err, "error:", err)
		return exitFailed
	}
	_, _ = fmt.Fprintln(s.Err, "error:", err)
	return exitUsage
}

// runError is a failure at run time, not an error in the flags or the configuration.
type runError struct{ error }

func (e runError) Unwrap() error { return e.error }

// NewRootCommand returns the command tree. The documentation is generated from it.
func NewRootCommand(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "cobaltcore-exporter",
		Short:         "Metrics of the management plane of a CobaltCore fleet",
		Long:          describeExporter(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.Version = version.Print("cobaltcore-exporter")
	root.SetVersionTemplate("{{ .Version }}\n")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newServeCommand(s), newReportCommand(s), newSnapshotCommand(s),
		newCheckConfigCommand(), newRulesCommand(), newExplainCommand(), newVersionCommand())
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" { // cobra prints its help and succeeds
			c.RunE = func(*cobra.Command, []string) error {
				return errors.New("the shell must be bash, fish, powershell or zsh")
			}
		}
	}
	return root
}

// describeExporter returns the description of the exporter, with the systems that it watches and queries.
func describeExporter() string {
	var watched, asked []string
	for _, d := range alerts.Descriptions() {
		if d.Watches != "" {
			watched = append(watched, d.Watches)
		}
		if d.Asks != "" {
			asked = append(asked, d.Asks)
		}
	}
	return "cobaltcore-exporter watches " + joinWords(watched) + " in every cluster of a fleet, queries " + joinWords(asked) +
		", serves their state as Prometheus metrics, and reports problems with their root causes."
}

// joinWords returns words as an enumeration: a, b and c.
func joinWords(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func addConfigFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "config", "", "configuration file")
	_ = c.MarkFlagRequired("config") // fails only for an undefined flag
	_ = c.MarkFlagFilename("config", "yaml", "yml")
}

func newServeCommand(s Streams) *cobra.Command {
	var (
		o                app.Options
		logLevel, logFmt string
		shard            string
		kubernetesAuth   bool
		auth             app.KubernetesAuth
		contexts         func() (*fleet.Contexts, error)
	)
	c := &cobra.Command{
		Use:   "serve",
		Short: "Watch the fleet and serve /metrics",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkAddresses(o); err != nil {
				return err
			}
			if o.SyncTimeout <= 0 {
				return errors.New("--sync-timeout: must be a duration, such as 30s")
			}
			if c.Flags().Changed("shard") {
				var err error
				if o.Shard, err = fleet.ParseShard(shard, s.hostname); err != nil {
					return fmt.Errorf("--shard: %w", err)
				}
			}
			var err error
			if o.Contexts, err = contexts(); err != nil {
				return err
			}
			log, err := newLogger(s.Err, logLevel, logFmt)
			if err != nil {
				return err
			}
			web, err := server.CheckWebConfig(c.Context(), o.WebConfigFile)
			if err != nil {
				return fmt.Errorf("--web.config.file: %w", err)
			}
			if kubernetesAuth {
				o.KubernetesAuth = &auth
			}
			if err := checkKubernetesAuth(c, kubernetesAuth, web, log); err != nil {
				return err
			}
			o.Log, o.Reload = log, s.Reload
			o.Listening = func(addresses []net.Addr) { printURLs(unchecked(s.Out), web.TLS, addresses) }
			err = app.Run(c.Context(), o)
			var wrong app.ConfigError
			if err != nil && !errors.As(err, &wrong) {
				return runError{err}
			}
			return err
		},
	}
	contexts = s.addFleetFlags(c, &o.ConfigFile)
	f := c.Flags()
	f.StringSliceVar(&o.ListenAddresses, "web.listen-address", []string{":9876"}, "addresses to listen on")
	f.StringVar(&o.WebConfigFile, "web.config.file", "", "exporter-toolkit configuration file that turns on TLS or authentication")
	f.StringVar(&o.ProbeAddress, "web.probe-address", "", "additional address that serves only /-/healthy and /-/ready, without TLS and authentication")
	f.IntVar(&o.MaxRequests, "web.max-requests", 40, "maximum number of concurrent scrapes; one client address may use a quarter of it; 0 means no limit")
	f.BoolVar(&o.EnableLifecycle, "web.enable-lifecycle", false, "enable POST /-/reload, which reloads the configuration file")
	f.BoolVar(&kubernetesAuth, "web.kubernetes-auth", false, "authenticate and authorize all requests except probes by the API server: they need a bearer token (TokenReview) and permission for their path and method (SubjectAccessReview of a nonResourceURL)")
	f.StringSliceVar(&auth.Audiences, "web.kubernetes-auth-audience", nil, "audience that tokens must have, repeatable; by default the audience of the API server")
	f.StringVar(&auth.Kubeconfig, "web.kubernetes-auth-kubeconfig", "", "kubeconfig file of the API server for --web.kubernetes-auth; by default the cluster in which the exporter runs")
	f.BoolVar(&o.EnablePprof, "web.enable-pprof", false, "serve /debug/pprof/")
	f.StringVar(&shard, "shard", "", "watch only shard i of n, as i/n, where i starts at 0; auto/n reads i from the end of the host name, for the pods of a StatefulSet")
	f.DurationVar(&o.SyncTimeout, "sync-timeout", 30*time.Second, "time without a new object after which the initial sync ends incomplete, so that /-/ready and /metrics respond; ten times this value is the limit for the whole sync")
	addLogFlags(c, &logLevel, &logFmt, "info")
	_ = c.MarkFlagFilename("web.config.file", "yaml", "yml")
	_ = c.MarkFlagFilename("web.kubernetes-auth-kubeconfig")
	return c
}

// checkAddresses checks that addresses have a port.
func checkAddresses(o app.Options) error {
	addresses := slices.Clone(o.ListenAddresses)
	if len(addresses) == 0 {
		addresses = []string{""}
	}
	for _, address := range addresses {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fmt.Errorf("--web.listen-address %q: must be host:port, such as :9876", address)
		}
	}
	if _, _, err := net.SplitHostPort(o.ProbeAddress); o.ProbeAddress != "" && err != nil {
		return fmt.Errorf("--web.probe-address %q: must be host:port, such as :9877", o.ProbeAddress)
	}
	return nil
}

// checkKubernetesAuth checks that the flags around --web.kubernetes-auth are compatible with each other.
func checkKubernetesAuth(c *cobra.Command, enabled bool, web server.WebConfig, log *slog.Logger) error {
	for _, flag := range []string{"web.kubernetes-auth-audience", "web.kubernetes-auth-kubeconfig"} {
		if c.Flags().Changed(flag) && !enabled {
			return fmt.Errorf("--%s: requires --web.kubernetes-auth", flag)
		}
	}
	switch {
	case enabled && web.BasicAuth:
		return errors.New("--web.kubernetes-auth: cannot be combined with basic authentication: remove basic_auth_users from --web.config.file, or this flag")
	case enabled && !web.TLS:
		log.Warn("bearer tokens are sent in plain text: configure TLS in --web.config.file", "flag", "web.kubernetes-auth")
	}
	return nil
}

func (s Streams) hostname() (string, error) {
	if s.Hostname != nil {
		return s.Hostname()
	}
	return os.Hostname()
}

// addLogFlags adds the flags for [newLogger].
func addLogFlags(c *cobra.Command, level, format *string, defaultLevel string) {
	c.Flags().StringVar(level, "log.level", defaultLevel, "debug, info, warn or error")
	c.Flags().StringVar(format, "log.format", "logfmt", "logfmt or json")
	completeValues(c, "log.level", logLevels()...)
	completeValues(c, "log.format", "logfmt", "json")
}

func logLevels() []string { return []string{"debug", "info", "warn", "error"} }

// completeValues completes the values of a flag.
func completeValues(c *cobra.Command, flag string, values ...string) {
	// Fails only for a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func newLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	c := promslog.Config{Level: promslog.NewLevel(), Format: promslog.NewFormat(), Style: promslog.GoKitStyle, Writer: w}
	if err := errors.Join(checkChoice("log.level", level, logLevels()...), checkChoice("log.format", format, "logfmt", "json")); err != nil {
		return nil, err
	}
	_, _ = c.Level.Set(level), c.Format.Set(format)
	log := slog.New(loglimit.New(promslog.New(&c).Handler()))
	klog.SetSlogLogger(log.With("component", "client-go"))
	// net/http logs quotes from responses that are not HTTP, which may contain secrets.
	stdlog.SetOutput(io.Discard)
	return log, nil
}

// printURLs prints the addresses of the page and the metrics.
func printURLs(w io.Writer, tls bool, addresses []net.Addr) {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	for _, a := range addresses {
		host, port, err := net.SplitHostPort(a.String())
		if err != nil {
			continue
		}
		if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
			host = "localhost"
		}
		base := scheme + "://" + net.JoinHostPort(host, port)
		_, _ = fmt.Fprintf(w, "metrics  %[1]s/metrics\nready    %[1]s/-/ready\nstart    %[1]s/\n", base)
	}
}

func newCheckConfigCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "check-config",
		Short: "Check the configuration file and print its errors",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			parsed, err := app.LoadConfig(c.Context(), file)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(c.OutOrStdout(), "%s is valid, clusters: %d\n", file, len(parsed.Clusters))
			return nil
		},
	}
	addConfigFlag(c, &file)
	return c
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), version.Print("cobaltcore-exporter"))
			return err
		},
	}
}
