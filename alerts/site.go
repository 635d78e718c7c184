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

// Installation is how the rules of one installation differ from the catalogue.
type Installation struct {
	// Disabled are names of alerts that are left out.
	Disabled []string
	// Changes by the name of the alert.
	Changes map[string]Change
	// PlaybookBaseURL and DashboardBaseURL come before the file of a playbook and the ID
	// of a dashboard. If empty, playbooks are read on GitHub, and a dashboard is its ID.
	PlaybookBaseURL, DashboardBaseURL string
}

// Change is the difference of one rule. The zero value of a field keeps what the rule has.
type Change struct {
	For, KeepFiringFor time.Duration
	Severity           Severity
	Threshold          float64 // of a rule that has one
	Labels             map[string]string
	// Clusters are differences for some clusters only, on top of the others.
	Clusters map[string]ClusterChange
}

// ClusterChange is the difference of one rule in one cluster.
type ClusterChange struct {
	Change
	Disabled bool
}

// Changed returns the rule with a change, that of clusters aside.
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

// Apply returns groups as the installation has them. A rule with changes for single
// clusters is there once for all others, and once for each of these. A rule that is kept for
// longer makes its causes be, too.
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

// variants returns the changed rule for all clusters without changes of their own, then
// those of these clusters.
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

// clusterLimit is what limits an expression to some clusters; the zero value does not.
type clusterLimit struct{ operator, names string }

// apply returns an expression with the limit, for rows in which the label cluster is called
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
