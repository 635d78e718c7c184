// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/prometheus/common/model"
)

// Rules configures the rules of the health report. Prometheus has its own copies.
type Rules struct {
	Files     []string            `yaml:"files,omitempty" jsonschema:"uniqueItems=true,minLength=1" file:"true" jsonschema_description:"Rule files in the format of Prometheus, relative to the directory of the configuration file. Their alerts take part in the report; the label system names the system that they are about."`
	Disabled  []string            `yaml:"disabled,omitempty" jsonschema:"uniqueItems=true,minLength=1" jsonschema_description:"Names of alerts that are not evaluated."`
	Overrides map[string]Override `yaml:"overrides,omitempty" jsonschema_description:"Changes to alerts, by name."`
	// The following fields are used only by the rules for Prometheus.
	ExporterJob string       `yaml:"exporterJob,omitempty" jsonschema:"default=.*cobaltcore-exporter.*" jsonschema_description:"Regular expression for the jobs by which Prometheus scrapes the exporter. Alerts of Prometheus about an exporter that is down or missing select these jobs."`
	Fleet       FleetMetrics `yaml:"fleet,omitempty" jsonschema_description:"Series of all clusters in Prometheus or Thanos, for the alert FleetMetricsMissing."`

	PlaybookBaseURL  string `yaml:"playbookBaseURL,omitempty" jsonschema:"default=,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)?$" hint:"Use a URL without a query, such as https://wiki.example.com/playbooks" jsonschema_description:"Base URL of the playbooks, to which /<alert>.md is appended. The default is the repository of the exporter."`
	DashboardBaseURL string `yaml:"dashboardBaseURL,omitempty" jsonschema:"default=,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)?$" hint:"Use a URL without a query, such as https://grafana.example.com/d" jsonschema_description:"Base URL of the dashboards, to which /<ID> is appended, so that the annotation dashboard of an alert is a link, such as https://grafana.example.com/d or https://perses.example.com/projects/cobaltcore/dashboards. If it is empty, the annotation is the ID."`
}

// FleetMetrics selects series of every cluster in the Prometheus or Thanos that has them all.
type FleetMetrics struct {
	Job   string `yaml:"job,omitempty" jsonschema:"default=.+" jsonschema_description:"Regular expression for jobs of which every cluster has targets."`
	Label string `yaml:"label,omitempty" jsonschema:"default=cluster,pattern=^[A-Za-z_][0-9A-Za-z_]*$" hint:"Use the name of a label" jsonschema_description:"The label of the metric up that has the name of the cluster."`
}

// Override changes one alert. Missing fields stay unchanged.
type Override struct {
	For           Duration                   `yaml:"for,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"How long the alert is pending before it fires."`
	KeepFiringFor Duration                   `yaml:"keepFiringFor,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"How long the alert keeps firing after its condition has ended."`
	Severity      string                     `yaml:"severity,omitempty" jsonschema:"enum=critical,enum=warning,enum=info" jsonschema_description:"Severity of the alert. In the report, critical makes a system down, warning makes it degraded, and info does not change its verdict."`
	Threshold     float64                    `yaml:"threshold,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"The threshold of the rule, in seconds or in the unit that the table of thresholds in docs/alerts.md gives. Not every alert has a threshold."`
	Labels        map[string]string          `yaml:"labels,omitempty" jsonschema:"minLength=1" jsonschema_description:"Labels that are added to the alert, for example to route it in working hours only."`
	Clusters      map[string]ClusterOverride `yaml:"clusters,omitempty" jsonschema_description:"Changes for single clusters, by name, on top of the other changes."`
}

// ClusterOverride changes one alert in one cluster. Missing fields stay unchanged.
type ClusterOverride struct {
	Disabled      bool              `yaml:"disabled,omitempty" jsonschema:"default=false" jsonschema_description:"The alert is not evaluated for this cluster."`
	For           Duration          `yaml:"for,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"How long the alert is pending before it fires."`
	KeepFiringFor Duration          `yaml:"keepFiringFor,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"How long the alert keeps firing after its condition has ended."`
	Severity      string            `yaml:"severity,omitempty" jsonschema:"enum=critical,enum=warning,enum=info" jsonschema_description:"Severity of the alert. In the report, critical makes a system down, warning makes it degraded, and info does not change its verdict."`
	Threshold     float64           `yaml:"threshold,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"The threshold of the rule."`
	Labels        map[string]string `yaml:"labels,omitempty" jsonschema:"minLength=1" jsonschema_description:"Labels that are added to the alert."`
}

func (u *Rules) check(at string, r *report) {
	for path, expr := range map[string]string{joinPath(at, "exporterJob"): u.ExporterJob, joinPath(at, "fleet.job"): u.Fleet.Job} {
		if _, err := regexp.Compile("^(?:" + expr + ")$"); err != nil && !r.hasError(path) {
			r.errorf(path, "%s is not a regular expression: %v", quote(expr), err)
		}
	}
	u.PlaybookBaseURL = baseURL(u.PlaybookBaseURL, joinPath(at, "playbookBaseURL"), r)
	u.DashboardBaseURL = baseURL(u.DashboardBaseURL, joinPath(at, "dashboardBaseURL"), r)
}

func (o *Override) check(at string, r *report) {
	checkRuleLabels(o.Labels, joinPath(at, "labels"), r)
	if reflect.ValueOf(*o).IsZero() && !r.hasErrorBelow(at) {
		r.errorf(at, "changes nothing: add for, keepFiringFor, severity, threshold, labels or clusters, or remove it")
	}
}

func (o *ClusterOverride) check(at string, r *report) {
	checkRuleLabels(o.Labels, joinPath(at, "labels"), r)
	if reflect.ValueOf(*o).IsZero() && !r.hasErrorBelow(at) {
		r.errorf(at, "changes nothing: add disabled, for, keepFiringFor, severity, threshold or labels, or remove it")
	}
}

// checkRuleLabels checks the names of labels, and refuses labels that identify an alert for rules
// and for Alertmanager.
func checkRuleLabels(labels map[string]string, at string, r *report) {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		switch {
		case slices.Contains(RuleLabels(), name):
			r.errorf(joinEntry(at, name), "routes and inhibitions identify an alert by this label: remove it%s", severityHint(name))
		case !model.LegacyValidation.IsValidLabelName(name):
			r.errorf(joinEntry(at, name), "%s is not the name of a label: use letters, digits and underscores, with no digit in front", quote(name))
		}
	}
}

// RuleLabels returns the labels of alerts that an override cannot change.
func RuleLabels() []string {
	return []string{"alertname", "cluster", "clusterName", "playbook", "severity", "service", "target_cluster"}
}

func severityHint(label string) string {
	if label == "severity" {
		return ", or use the key severity"
	}
	return ""
}

// checkOverrides checks that the clusters of overrides are those of the configuration.
// Clusters that are found while the exporter runs may have any name.
func (c *Config) checkOverrides(at string, r *report) {
	names := c.clusterNames()
	if len(c.Discover) > 0 || len(names) == 0 || slices.Contains(names, "") {
		return
	}
	for _, alert := range slices.Sorted(maps.Keys(c.Rules.Overrides)) {
		for _, cluster := range slices.Sorted(maps.Keys(c.Rules.Overrides[alert].Clusters)) {
			if !slices.Contains(names, cluster) {
				path := joinEntry(joinPath(joinEntry(at, alert), "clusters"), cluster)
				r.errorf(path, "there is no cluster %s%s", quote(cluster), DidYouMean(cluster, names))
			}
		}
	}
}

// checkAlerts checks the names of alerts, and that these alerts have the fields that are
// overridden.
func (u *Rules) checkAlerts(names KnownNames, r *report) {
	if len(names.Alerts) == 0 {
		return
	}
	unknown := func(path, name string) {
		if !slices.Contains(names.Alerts, name) && !r.hasError(path) {
			r.errorf(path, "there is no alert %s%s", quote(name), DidYouMean(name, names.Alerts))
		}
	}
	for i, name := range u.Disabled {
		unknown(fmt.Sprintf("rules.disabled[%d]", i), name)
	}
	for _, name := range slices.Sorted(maps.Keys(u.Overrides)) {
		at := joinEntry("rules.overrides", name)
		unknown(at, name)
		if slices.Contains(names.Alerts, name) {
			u.Overrides[name].checkAlert(name, at, names, r)
		}
	}
}

// checkAlert checks that an alert has the threshold and the cluster that are overridden.
func (o Override) checkAlert(name, at string, names KnownNames, r *report) {
	adjustable := slices.Contains(names.Adjustable, name)
	threshold := func(value float64, at string) {
		if value > 0 && !adjustable {
			r.errorf(joinPath(at, "threshold"), "the alert %s has no threshold: remove it; docs/alerts.md lists those that have one", quote(name))
		}
	}
	threshold(o.Threshold, at)
	if len(o.Clusters) > 0 && !names.DiffersByCluster(name) {
		r.errorf(joinPath(at, "clusters"), "the alert %s is not about a cluster: remove it", quote(name))
	}
	for _, cluster := range slices.Sorted(maps.Keys(o.Clusters)) {
		threshold(o.Clusters[cluster].Threshold, joinEntry(joinPath(at, "clusters"), cluster))
	}
}
