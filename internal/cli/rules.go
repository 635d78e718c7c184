// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
)

func newRulesCommand() *cobra.Command {
	var file, output string
	c := &cobra.Command{
		Use:   "rules",
		Short: "Print the rules for Prometheus with the configuration applied: clusterLabel, rules.disabled and rules.overrides",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkChoice("output", output, "file", "prometheusrule"); err != nil {
				return err
			}
			groups, label, err := app.RulesOf(c.Context(), file)
			if err != nil {
				return err
			}
			render := alerts.RuleFile
			if output == "prometheusrule" {
				render = alerts.PrometheusRule
			}
			text, err := render(groups, label)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&file, "config", "", "configuration file to apply to the rules")
	f.StringVarP(&output, "output", "o", "file", "file for rule_files of Prometheus, or prometheusrule for Prometheus Operator")
	completeValues(c, "output", "file", "prometheusrule")
	_ = c.MarkFlagFilename("config", "yaml", "yml")
	return c
}
