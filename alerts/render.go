// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// playbooksURL is the base URL of the playbooks. Greenhouse requires the whole URL in the label of
// an alert.
const playbooksURL = "https://github.com/cobaltcore-dev/cobaltcore-exporter/blob/main/alerts/playbooks/"

// Playbook returns the URL of the playbook. The two tiers of an alert share a playbook.
func (r Rule) Playbook() string {
	if r.Severity == Info {
		return ""
	}
	if r.playbooks != "" {
		return strings.TrimSuffix(r.playbooks, "/") + "/" + r.PlaybookFile()
	}
	return playbooksURL + r.PlaybookFile()
}

// PlaybookFile returns the file name of the playbook.
func (r Rule) PlaybookFile() string { return strings.TrimSuffix(r.Name, "Critical") + ".md" }

// ruleFile is a rule file of Prometheus, and the spec of a PrometheusRule.
type ruleFile struct {
	Groups []ruleGroup `yaml:"groups"`
}

type ruleGroup struct {
	Name  string      `yaml:"name"`
	Rules []ruleEntry `yaml:"rules"`
}

type ruleEntry struct {
	Record        string            `yaml:"record,omitempty"`
	Alert         string            `yaml:"alert,omitempty"`
	Expr          string            `yaml:"expr"`
	For           string            `yaml:"for,omitempty"`
	KeepFiringFor string            `yaml:"keep_firing_for,omitempty"`
	Labels        map[string]string `yaml:"labels,omitempty"`
	Annotations   map[string]string `yaml:"annotations,omitempty"`
}

func rulesFor(groups []Group, label string) (ruleFile, error) {
	var file ruleFile
	for _, g := range groups {
		out := ruleGroup{Name: "cobaltcore-" + g.Name}
		for _, r := range g.Recordings {
			expr, err := ExprFor(r.Expr, label)
			if err != nil {
				return file, fmt.Errorf("recording %s: %w", r.Name, err)
			}
			out.Rules = append(out.Rules, ruleEntry{Record: r.Name, Expr: expr})
		}
		for _, r := range g.Rules {
			entry, err := r.entry(label)
			if err != nil {
				return file, err
			}
			out.Rules = append(out.Rules, entry)
		}
		if len(out.Rules) > 0 {
			file.Groups = append(file.Groups, out)
		}
	}
	return file, nil
}

func (r Rule) entry(label string) (ruleEntry, error) {
	expr, err := ExprFor(r.queryOfEnabled(), label)
	if err != nil {
		return ruleEntry{}, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	annotations, err := r.Annotations(label)
	if err != nil {
		return ruleEntry{}, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	return ruleEntry{
		Alert: r.Name, Expr: r.clusters.apply(expr, label), For: duration(r.For), KeepFiringFor: duration(r.KeepFiringFor),
		Labels: r.Labels(label), Annotations: annotations,
	}, nil
}

// Annotations returns the templates of the texts of an alert.
func (r Rule) Annotations(label string) (map[string]string, error) {
	reason, err := r.reasonTemplate(label)
	if err != nil {
		return nil, err
	}
	a := map[string]string{
		AnnotationSummary: templateFor(r.Summary+reason, label), AnnotationDescription: templateFor(r.Description, label),
		AnnotationDashboard: r.dashboard(label),
	}
	if playbook := r.Playbook(); playbook != "" {
		a[AnnotationRunbook] = playbook
	}
	return a, nil
}

// Labels returns the labels that the rule adds. An alert always has the label cluster, even if rows
// name it differently, because routes and inhibitions use it.
func (r Rule) Labels(label string) map[string]string {
	l := AddedLabels(r.Severity, r.System, r.Playbook())
	if e, err := Parse(r.Expr); label != clusterLabel && err == nil && keepsCluster(e) {
		l[clusterLabel] = "{{ $labels." + label + " }}"
	}
	if r.owned {
		for _, owner := range OwnerLabels() {
			l[owner] = r.ownerTemplate(owner, label)
		}
	}
	maps.Copy(l, r.labels)
	return l
}

// withoutCluster lists the metrics about the exporter itself, which have no cluster.
func withoutCluster() []string {
	return []string{reloadSuccessful, refusedClients, lastEvaluation, "cobaltcore_alertmanager_up", "cobaltcore_shards", "cobaltcore_shard_info"}
}

// keepsCluster reports whether the result of an expression has the label cluster. Results about the
// exporter itself have none.
func keepsCluster(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return !Foreign(e.Name) && !slices.Contains(withoutCluster(), e.Name)
	case *parser.AggregateExpr:
		if !e.Without {
			return slices.Contains(e.Grouping, clusterLabel)
		}
		return keepsCluster(e.Expr)
	case *parser.BinaryExpr:
		return keepsCluster(e.LHS) || keepsCluster(e.RHS)
	case *parser.Call:
		return slices.ContainsFunc(e.Args, keepsCluster)
	case *parser.ParenExpr:
		return keepsCluster(e.Expr)
	case *parser.MatrixSelector:
		s, ok := e.VectorSelector.(*parser.VectorSelector)
		return !ok || !slices.Contains(withoutCluster(), s.Name)
	}
	return false
}

func duration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return model.Duration(d).String()
}

// RuleFile returns groups as a rule file of Prometheus, for rows in which the label cluster has the
// name label.
func RuleFile(groups []Group, label string) ([]byte, error) {
	file, err := rulesFor(groups, label)
	if err != nil {
		return nil, err
	}
	text, err := encode(file)
	if err != nil {
		return nil, err
	}
	var out yaml.Node
	if err := yaml.Unmarshal(text, &out); err != nil {
		return nil, err
	}
	shareTexts(out.Content[0])
	return encode(&out)
}

// PrometheusRule returns groups as an object of Prometheus Operator.
func PrometheusRule(groups []Group, label string) ([]byte, error) {
	file, err := rulesFor(groups, label)
	if err != nil {
		return nil, err
	}
	return encode(struct {
		APIVersion string            `yaml:"apiVersion"`
		Kind       string            `yaml:"kind"`
		Metadata   map[string]string `yaml:"metadata"`
		Spec       ruleFile          `yaml:"spec"`
	}{"monitoring.coreos.com/v1", "PrometheusRule", map[string]string{"name": "cobaltcore-exporter"}, file})
}

// inhibitRule is an inhibition rule of Alertmanager.
type inhibitRule struct {
	Source []string `yaml:"source_matchers,flow"`
	Target []string `yaml:"target_matchers,flow"`
	Equal  []string `yaml:"equal,flow"`
}

// InhibitRules returns the inhibitions of the catalogue for the configuration of Alertmanager.
// Consequences of the same alert with the same labels share one rule. Alertmanager treats labels that
// are missing in both alerts as equal, so each label must exist. A consequence that is more severe
// than its cause is not inhibited: the report names the cause, and Alertmanager sends both.
func InhibitRules() ([]byte, error) {
	type cause struct{ by, equal string }
	targets := map[cause][]string{}
	var causes []cause
	severities := severities()
	for _, r := range Rules() {
		for _, i := range r.InhibitedBy {
			if isLessSevere(severities[i.By], r.Severity) {
				continue
			}
			c := cause{i.By, strings.Join(slices.Sorted(slices.Values(i.Equal)), " ")}
			if targets[c] == nil {
				causes = append(causes, c)
			}
			targets[c] = append(targets[c], r.Name)
		}
	}
	slices.SortFunc(causes, func(a, b cause) int { return strings.Compare(a.by+" "+a.equal, b.by+" "+b.equal) })
	var rules []inhibitRule
	for _, c := range causes {
		equal := strings.Fields(c.equal)
		rule := inhibitRule{Source: []string{LabelAlert + `="` + c.by + `"`}, Equal: equal}
		names := targets[c]
		slices.Sort(names)
		rule.Target = []string{LabelAlert + `=~"` + strings.Join(slices.Compact(names), "|") + `"`}
		for _, l := range equal {
			rule.Source = append(rule.Source, l+`!=""`)
			rule.Target = append(rule.Target, l+`!=""`)
		}
		rules = append(rules, rule)
	}
	return encode(struct {
		InhibitRules []inhibitRule `yaml:"inhibit_rules"`
	}{rules})
}

func severities() map[string]Severity {
	all := map[string]Severity{}
	for _, r := range Rules() {
		all[r.Name] = r.Severity
	}
	return all
}

// isLessSevere reports whether a is less severe than b.
func isLessSevere(a, b Severity) bool {
	order := []Severity{Info, Warning, Critical}
	return slices.Index(order, a) < slices.Index(order, b)
}

func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	e.CompactSeqIndent()
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return out.Bytes(), e.Close()
}
