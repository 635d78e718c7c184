// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

func newExplainCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "explain ALERT|METRIC",
		Short: "Print the threshold, causes and playbook of an alert, or the meaning of a metric",
		Args:  exactArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return explained(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			groups, label, err := app.RulesOf(c.Context(), file)
			if err != nil {
				return err
			}
			out := bufio.NewWriter(c.OutOrStdout())
			found, err := printRules(out, groups, label, args[0])
			if err != nil {
				return err
			}
			for _, m := range app.Metrics() {
				if m.Name == args[0] {
					found = true
					printMetric(out, m)
				}
			}
			if !found {
				return fmt.Errorf("there is no alert and no metric %q%s (docs/alerts.md and docs/metrics.md list them)",
					args[0], config.DidYouMean(args[0], explained()))
			}
			return out.Flush()
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file whose rules.overrides are applied")
	_ = c.MarkFlagFilename("config", "yaml", "yml")
	return c
}

// explained returns the names of all alerts, recordings and metrics.
func explained() []string {
	names := alerts.Names()
	for _, g := range alerts.Catalogue() {
		for _, r := range g.Recordings {
			names = append(names, r.Name)
		}
	}
	for _, m := range app.Metrics() {
		names = append(names, m.Name)
	}
	return names
}

// printRules writes the rules with a name. There are several if overrides differ between clusters. found reports whether
// there is any.
func printRules(w io.Writer, groups []alerts.Group, label, name string) (found bool, err error) {
	for _, g := range groups {
		for _, r := range g.Recordings {
			if r.Name == name && err == nil {
				found, err = true, printRecording(w, r, label)
			}
		}
		for _, r := range g.Rules {
			if r.Name == name && err == nil {
				found, err = true, printAlert(w, r, label)
			}
		}
	}
	return found, err
}

// printAlert writes the description of a rule for operators.
func printAlert(w io.Writer, r alerts.Rule, label string) error {
	expr, err := alerts.ExprFor(r.Expr, label)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(w, "%s (%s, %s)\n", r.Name, r.System, r.Severity)
	if r.Why != "" {
		_, _ = fmt.Fprintf(w, "Severity: %s\n", r.Why)
	}
	if r.Threshold != nil {
		_, _ = fmt.Fprintf(w, "Threshold: %s by default (%s); key rules.overrides.%s.threshold\n", r.Threshold.String(r.Threshold.Default), r.Threshold.Meaning, r.Name)
	}
	if r.For > 0 {
		_, _ = fmt.Fprintf(w, "For: %s\n", r.For)
	}
	var causes []string
	for _, by := range r.InhibitedBy {
		causes = append(causes, by.By)
	}
	if slices.Sort(causes); len(causes) > 0 {
		_, _ = fmt.Fprintf(w, "Inhibited while one of its causes is firing: %s\n", strings.Join(slices.Compact(causes), ", "))
	}
	_, _ = fmt.Fprintf(w, "\n%s\n", expr)
	if playbook := r.PlaybookText(); playbook != "" {
		_, _ = fmt.Fprintf(w, "\n%s\n", playbook)
	}
	return nil
}

func printRecording(w io.Writer, r alerts.Recording, label string) error {
	expr, err := alerts.ExprFor(r.Expr, label)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s (recording rule)\n\n%s\n", r.Name, expr)
	return err
}

func printMetric(w io.Writer, m app.Metric) {
	_, _ = fmt.Fprintf(w, "%s (%s)\n%s\n", m.Name, m.Type, m.Help)
	if len(m.Labels) > 0 {
		_, _ = fmt.Fprintf(w, "\nLabels: %s\n", joinWords(m.Labels))
	}
}
