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
)

func snapshot(s Streams) *cobra.Command {
	var o app.SnapshotOptions
	var partial bool
	c := &cobra.Command{
		Use:   "snapshot",
		Short: "Write what the exporter may read as a directory, for support and to look at off line",
		Long: `Write what the exporter may read as a directory with a fleet.yaml, which serves the same rows off line.

Of each object and each answer, the directory has what becomes a metric, and nothing else: no Secret is asked for but
those in which clusters are found, and messages, values, tokens and what stands before the host of a URL are left out. It does have the names of
clusters, objects and hosts, and the paths of secrets: those that ExternalSecrets and PushSecrets refer to, and those of
the mounts in kv. Whoever may not know these must not get it.

What cannot be read is noted in snapshot.yaml and on stderr. The command fails if a cluster is missing, unless --partial
is set, and writes nothing if everything is.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Timeout <= 0 {
				return errors.New("--timeout: give a duration, such as 1m")
			}
			if _, err := logger(io.Discard, "error", "logfmt"); err != nil { // client-go is quiet
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
				return runError{fmt.Errorf("snapshot: written to %s, but it is not complete: clusters %s are missing (with --partial, that is no failure)", o.Out, strings.Join(missing, ", "))}
			}
			return nil
		},
	}
	configFlag(c, &o.ConfigFile)
	f := c.Flags()
	f.StringVar(&o.Out, "out", "", "the directory to write; it must be empty or not be there")
	f.DurationVar(&o.Timeout, "timeout", time.Minute, "how long the search for clusters may take, then all clusters together, and then what is asked outside of them")
	f.BoolVar(&partial, "partial", false, "succeed although clusters are missing")
	f.StringSliceVar(&o.Clusters, "cluster", nil, "read these clusters only")
	_ = c.MarkFlagRequired("out") // fails for a flag that is not there only
	_ = c.MarkFlagDirname("out")
	return c
}

// printSnapshot is the summary: how many objects of what.
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
