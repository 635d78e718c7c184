// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// clusterRows has one row for each cluster of the configuration, up or down.
const clusterRows = "cobaltcore_cluster_up"

// Installation contains the differences between the rules of an installation and the catalogue.
type Installation struct {
	// Disabled has the names of alerts that are left out.
	Disabled []string
	// Changes has the changes by the name of the alert.
	Changes map[string]Change
	// PlaybookBaseURL and DashboardBaseURL are the prefixes of playbook files and of dashboard IDs.
	// By default, playbooks are on GitHub, and the annotation of a dashboard is only its ID.
	PlaybookBaseURL, DashboardBaseURL string
}

// Change is the change of one rule. A field with the zero value does not change the rule.
type Change struct {
	For, KeepFiringFor time.Duration
	Severity           Severity
	Threshold          float64 // only for rules with a threshold
	Labels             map[string]string
	// Clusters has additional changes for some clusters.
	Clusters map[string]ClusterChange
}

// ClusterChange is the change of one rule in one cluster.
type ClusterChange struct {
	Change
	Disabled bool
}

// Changed returns the rule with a change, without the changes for single clusters.
func (r Rule) Changed(c Change) Rule {
	if c.For > 0 {
		r.For = c.For
	}
	if c.KeepFiringFor > 0 {
		r.KeepFiringFor, r.Bridge = c.KeepFiringFor, c.KeepFiringFor
	}
	if c.Severity != "" {
		r.Severity = c.Severity
	}
	if c.Threshold > 0 && r.Threshold != nil {
		r = r.at(c.Threshold)
	}
	if len(c.Labels) > 0 {
		all := maps.Clone(c.Labels)
		for name, value := range r.labels {
			if _, changed := all[name]; !changed {
				all[name] = value
			}
		}
		r.labels = all
	}
	return r
}

// Apply returns the groups of the installation. A rule with changes for single clusters exists once
// for all other clusters, and once for each of these. If a rule keeps firing for longer, so do its
// causes.
func (in Installation) Apply(groups []Group) []Group {
	groups = slices.Clone(groups)
	for i, g := range groups {
		var rules []Rule
		for _, r := range g.Rules {
			if slices.Contains(in.Disabled, r.Name) {
				continue
			}
			r.playbooks, r.dashboards = in.PlaybookBaseURL, in.DashboardBaseURL
			rules = append(rules, r.variants(in.Changes[r.Name])...)
		}
		groups[i].Rules = rules
	}
	extendCauses(groups)
	return groups
}

// AdditionalLabels returns the labels that an [Installation] gives the alerts of the rule.
func (r Rule) AdditionalLabels() map[string]string { return r.labels }

// variants returns the rule for all clusters without cluster-specific changes, then the rules for
// the clusters with such changes.
func (r Rule) variants(c Change) []Rule {
	r = r.Changed(c)
	if len(c.Clusters) == 0 {
		return []Rule{r}
	}
	names := slices.Sorted(maps.Keys(c.Clusters))
	all := []Rule{r.in("unless", names...)}
	for _, name := range names {
		if !c.Clusters[name].Disabled {
			all = append(all, r.Changed(c.Clusters[name].Change).in("and", name))
		}
	}
	return all
}

// in limits a rule to clusters ("and") or to all others ("unless").
func (r Rule) in(operator string, clusters ...string) Rule {
	quoted := make([]string, len(clusters))
	for i, name := range clusters {
		quoted[i] = regexp.QuoteMeta(name)
	}
	r.clusters = clusterLimit{operator, strings.Join(quoted, "|")}
	return r
}

// clusterLimit limits an expression to some clusters; the zero value has no effect.
type clusterLimit struct{ operator, names string }

// apply returns an expression with the limit, for rows in which the label cluster has the name
// label.
func (c clusterLimit) apply(expr, label string) string {
	if c.operator == "" {
		return expr
	}
	return fmt.Sprintf("(%s) %s on (%s) %s{%s=~%q}", expr, c.operator, label, clusterRows, label, c.names)
}

// DiffersByCluster reports whether a rule can differ between clusters. Rules about the exporter
// itself have no cluster.
func DiffersByCluster(name string) bool {
	return slices.ContainsFunc(Rules(), func(r Rule) bool {
		if r.Name != name {
			return false
		}
		e, err := Parse(r.Expr)
		return err == nil && keepsCluster(e)
	})
}
