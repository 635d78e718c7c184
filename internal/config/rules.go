// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// Rules configures the rules of the health report. Prometheus has its own copies.
type Rules struct {
	Files     []string            `yaml:"files,omitempty" jsonschema:"uniqueItems=true,minLength=1" file:"true" jsonschema_description:"Rule files in the format of Prometheus, relative to the directory of the configuration file. Their alerts take part in the report; the label system says what they are about."`
	Disabled  []string            `yaml:"disabled,omitempty" jsonschema:"uniqueItems=true,minLength=1" jsonschema_description:"Names of alerts that are not evaluated."`
	Overrides map[string]Override `yaml:"overrides,omitempty" jsonschema_description:"Changes to alerts, by name."`
	// What only the rules for Prometheus need.
	ExporterJob string       `yaml:"exporterJob,omitempty" jsonschema:"default=.*cobaltcore-exporter.*" jsonschema_description:"The jobs by which Prometheus scrapes the exporter, as a regular expression: alerts of Prometheus about an exporter that is down or missing look for them."`
	Fleet       FleetMetrics `yaml:"fleet,omitempty" jsonschema_description:"Where Prometheus or Thanos has the metrics of all clusters, for its alert FleetMetricsMissing."`
}

// FleetMetrics selects series of every cluster in the Prometheus or Thanos that has them all.
type FleetMetrics struct {
	Job   string `yaml:"job,omitempty" jsonschema:"default=.+" jsonschema_description:"Jobs of which every cluster has targets, as a regular expression."`
	Label string `yaml:"label,omitempty" jsonschema:"default=cluster,pattern=^[A-Za-z_][0-9A-Za-z_]*$" hint:"Use the name of a label" jsonschema_description:"The label of up that has the name of the cluster."`
}

func (u *Rules) check(at string, r *report) {
	for path, expr := range map[string]string{join(at, "exporterJob"): u.ExporterJob, join(at, "fleet.job"): u.Fleet.Job} {
		if _, err := regexp.Compile("^(?:" + expr + ")$"); err != nil && !r.mistaken(path) {
			r.errorf(path, "%s is not a regular expression: %v", quote(expr), err)
		}
	}
}

// Override changes one alert. What is not there stays.
type Override struct {
	For       Duration `yaml:"for,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"How long the alert is pending before it fires."`
	Severity  string   `yaml:"severity,omitempty" jsonschema:"enum=critical,enum=warning,enum=info" jsonschema_description:"Critical makes a system down, warning makes it degraded, info leaves it as it is."`
	Threshold float64  `yaml:"threshold,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"The number in its rule, in seconds or what the table of thresholds in docs/alerts.md says. Not every alert has one."`
}

func (o *Override) check(at string, r *report) {
	if *o == (Override{}) && !r.mistaken(at, join(at, "for"), join(at, "severity"), join(at, "threshold")) {
		r.errorf(at, "says nothing: add for, severity or threshold, or remove it")
	}
}

func (u *Rules) checkAlerts(alerts, adjustable []string, r *report) {
	if len(alerts) == 0 {
		return
	}
	unknown := func(path, name string) {
		if !slices.Contains(alerts, name) && !r.mistaken(path) {
			r.errorf(path, "there is no alert %s%s", quote(name), didYouMean(name, alerts))
		}
	}
	for i, name := range u.Disabled {
		unknown(fmt.Sprintf("rules.disabled[%d]", i), name)
	}
	for _, name := range slices.Sorted(maps.Keys(u.Overrides)) {
		at := entry("rules.overrides", name)
		unknown(at, name)
		if u.Overrides[name].Threshold > 0 && slices.Contains(alerts, name) && !slices.Contains(adjustable, name) {
			r.errorf(join(at, "threshold"), "the alert %s has no threshold: remove it; docs/alerts.md lists those that have one", quote(name))
		}
	}
}
