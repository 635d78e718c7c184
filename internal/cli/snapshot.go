// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

func newSnapshotCommand(s Streams) *cobra.Command {
	var o app.SnapshotOptions
	var partial bool
	var contexts func() (*fleet.Contexts, error)
	c := &cobra.Command{
		Use:   "snapshot",
		Short: "Write the state of the fleet to a directory, for support and offline use",
		Long: `Write the state of the fleet to a directory. The fleet.yaml in it is a configuration for serving the same rows offline.

The directory contains only the fields of objects and responses that become metrics. Secrets are read only to discover
clusters. Messages, values, tokens and the user info of URLs are left out. The directory does contain the names of
clusters, objects and hosts, and the paths of secrets in ExternalSecrets, PushSecrets and kv mounts. Share it only with
people who may see these.

Parts that cannot be read are listed in snapshot.yaml and on stderr. The command fails if a cluster is missing, unless
--partial is set, and writes nothing if all clusters are missing.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if o.Timeout <= 0 {
				return errors.New("--timeout: must be a duration, such as 1m")
			}
			if o.Contexts, err = contexts(); err != nil {
				return err
			}
			if _, err := newLogger(io.Discard, "error", "logfmt"); err != nil { // client-go is quiet
				return err
			}
			o.Progress = s.Err
			result, err := app.Snapshot(c.Context(), o)
			var wrong app.ConfigError
			switch {
			case errors.As(err, &wrong):
				return err
			case err != nil:
				return runError{fmt.Errorf("snapshot: %w", err)}
			}
			if err := printSnapshot(s.Out, result); err != nil {
				return runError{fmt.Errorf("snapshot: %w", err)}
			}
			if missing := result.MissingClusters(); len(missing) > 0 && !partial {
				return runError{fmt.Errorf("snapshot: written to %s, but incomplete: clusters %s are missing (use --partial to accept this)", o.Out, strings.Join(missing, ", "))}
			}
			return nil
		},
	}
	contexts = s.addFleetFlags(c, &o.ConfigFile)
	f := c.Flags()
	f.StringVar(&o.Out, "out", "", "directory to write; it must be empty or must not exist")
	f.DurationVar(&o.Timeout, "timeout", time.Minute, "limit for each step: discovery of clusters, reading all clusters, requests to OpenBao and Aurora")
	f.BoolVar(&partial, "partial", false, "succeed even if clusters are missing")
	f.StringSliceVar(&o.Clusters, "cluster", nil, "read only these clusters")
	_ = c.MarkFlagRequired("out") // fails only for an undefined flag
	_ = c.MarkFlagDirname("out")
	_ = c.RegisterFlagCompletionFunc("cluster", func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		return s.completeClusters(&app.ReportOptions{Options: o.Options}, contexts)(c, args, word)
	})
	return c
}

// printSnapshot writes the number of objects of each kind.
func printSnapshot(out io.Writer, r app.SnapshotResult) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CLUSTER\tKIND\tOBJECTS")
	for _, c := range r.Clusters {
		if c.Failure != nil {
			_, _ = fmt.Fprintf(w, "%s\t-\tmissing: %s\n", c.Name, c.Failure.Reason)
		}
		for _, k := range c.Kinds {
			if k.Failure != nil {
				_, _ = fmt.Fprintf(w, "%s\t%s\tmissing: %s\n", c.Name, k.Kind, k.Failure.Reason)
			} else {
				_, _ = fmt.Fprintf(w, "%s\t%s\t%d\n", c.Name, k.Kind, k.Objects)
			}
		}
	}
	return w.Flush()
}
