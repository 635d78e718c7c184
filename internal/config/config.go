// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package config reads the configuration file of the exporter.
//
// The types in this package are the only definition of the file format. Their struct tags, listed in shape.go, define the
// keys, their defaults and their limits. Decoding, validation, the JSON schema and docs/configuration.md are derived from
// them, so that a new key needs one new struct field. Rules that a tag cannot express are in the check method of a type.
//
// Decoding is strict: a file is accepted or refused as a whole. The error is an [Errors] with all mistakes in the file.
package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Config is a valid configuration with all defaults filled in. It must not be changed after loading.
type Config struct {
	ClusterLabel string     `yaml:"clusterLabel" jsonschema:"default=cluster,maxLength=128,pattern=^_?[A-Za-z][0-9A-Z_a-z]*$" hint:"Use a Prometheus label name that does not begin with two underscores and that the exporter does not use for something else" jsonschema_description:"Name of the label for the cluster in which an object lives. Thanos overwrites a label named cluster with its external label; choose clusterName there."`
	StaleAfter   Duration   `yaml:"staleAfter" jsonschema:"default=5m,exclusiveMinimum=0" jsonschema_description:"Time without contact to a cluster after which its metrics are removed and its health is unknown."`
	Clusters     []Cluster  `yaml:"clusters" jsonschema:"required,minItems=1" jsonschema_description:"The clusters to watch."`
	Discover     []Discover `yaml:"discover,omitempty" jsonschema_description:"Sources in which the exporter discovers more clusters at run time. If several clusters have the same name, the cluster under clusters is used, or else the cluster from the first source in this list."`
	// KubeconfigSuffixes has the suffixes that Discover does not have.
	KubeconfigSuffixes []string     `yaml:"kubeconfigSuffixes,omitempty" jsonschema:"uniqueItems=true,minLength=1,maxLength=253,pattern=^[-.0-9a-z]*[0-9a-z]$" hint:"Use a suffix of names of Secrets, such as -kubeconfig" jsonschema_description:"Suffixes of the names of kubeconfig Secrets, in addition to -kubeconfig and the suffixes of discover. The name of a Secret without the suffix is the name of the cluster to which Flux applies objects."`
	Collectors         Collectors   `yaml:"collectors" jsonschema_description:"The systems that are watched in the clusters."`
	Alertmanager       Alertmanager `yaml:"alertmanager" jsonschema_description:"The Alertmanagers from which alerts and silences are read, and to which alerts are sent while the exporter is not scraped."`
	Metrics            Metrics      `yaml:"metrics" jsonschema_description:"Which metrics are exported."`
	Ownership          Ownership    `yaml:"ownership" jsonschema_description:"Labels of objects that hold their owner. Findings and alerts about an object have its owner in the labels owner and support_group."`
	Rules              Rules        `yaml:"rules" jsonschema_description:"Rules of the health report."`
	Limits             Limits       `yaml:"limits" jsonschema_description:"Limits that protect the exporter and other tenants from one tenant with too many or too large objects. The exporter's own metrics count objects and labels that are left out."`
}

// Collectors holds one section per collector.
type Collectors struct {
	Flux            Flux            `yaml:"flux" jsonschema_description:"Flux Operator and Flux."`
	ExternalSecrets ExternalSecrets `yaml:"externalSecrets" jsonschema_description:"External Secrets Operator."`
	Greenhouse      Greenhouse      `yaml:"greenhouse" jsonschema_description:"Greenhouse."`
	CertManager     CertManager     `yaml:"certManager" jsonschema_description:"cert-manager."`
	OpenBao         []OpenBao       `yaml:"openbao,omitempty" jsonschema_description:"The OpenBao clusters, node by node."`
	Aurora          []Aurora        `yaml:"aurora,omitempty" jsonschema_description:"The Aurora dashboards."`
	Controllers     Controllers     `yaml:"controllers" jsonschema_description:"The workloads of Flux, External Secrets Operator, OpenBao, Greenhouse and Aurora."`
	SecretFlow      SecretFlow      `yaml:"secretFlow" jsonschema_description:"Writers, storage and readers of secrets."`
}

// Flux configures the collector of Flux Operator and Flux objects.
type Flux struct {
	Enabled bool `yaml:"enabled" jsonschema:"default=true" jsonschema_description:"Watch Flux Operator and Flux objects in every cluster."`
	// OverdueAfter is a number of intervals.
	OverdueAfter float64 `yaml:"overdueAfter" jsonschema:"default=3,minimum=1" jsonschema_description:"Number of intervals without a reconciliation after which an object is overdue, but at least half an hour. Only kinds that record their reconciliations can be overdue."`
	UID          bool    `yaml:"uid" jsonschema:"default=false" jsonschema_description:"Set the label uid of the flux_*_info metrics. Whenever an object is created again, it then has a new series."`
}

// ExternalSecrets configures the collector of External Secrets Operator.
type ExternalSecrets struct {
	Enabled bool `yaml:"enabled" jsonschema:"default=true" jsonschema_description:"Watch the objects of External Secrets Operator in every cluster."`
}

// Greenhouse configures the collector of Greenhouse.
type Greenhouse struct {
	Enabled bool `yaml:"enabled" jsonschema:"default=true" jsonschema_description:"Watch the objects of Greenhouse in every cluster."`
}

// SecretFlow configures how secrets are followed from OpenBao to their readers.
type SecretFlow struct {
	Enabled   bool     `yaml:"enabled" jsonschema:"default=true" jsonschema_description:"Read the metadata of secrets to which ExternalSecrets and PushSecrets refer from each OpenBao in which the exporter can log in."`
	Interval  Duration `yaml:"interval" jsonschema:"default=1m,exclusiveMinimum=0" jsonschema_description:"Interval of these requests. Each secret is one request."`
	ShowPaths bool     `yaml:"showPaths" jsonschema:"default=false" jsonschema_description:"Show the paths of secrets on the page and in /api/v1/secretflow. Metrics never contain them."`
}

// Detail selects the families of metrics.
type Detail = string

// The values of metrics.detail.
const (
	DetailDefault Detail = "default"
	DetailFull    Detail = "full"
)

// Metrics selects the exported metrics.
type Metrics struct {
	Detail  Detail   `yaml:"detail" jsonschema:"default=default,enum=default,enum=full" jsonschema_description:"default exports the metrics that rules and dashboards use, at most four series for a healthy Flux object. full also exports the metrics marked as full in docs/metrics.md."`
	Include []string `yaml:"include,omitempty" jsonschema:"uniqueItems=true,pattern=^[:A-Z_a-z][0-9:A-Z_a-z]*$" hint:"Use the name of a metric family, without labels or wildcards" jsonschema_description:"Names of the metric families to export. An empty list exports all."`
}

// Ownership names the labels that hold the owner of an object.
type Ownership struct {
	Owner        []string `yaml:"owner,omitempty" jsonschema:"uniqueItems=true,minLength=1,maxLength=317" jsonschema_description:"Labels with the owner of an object. If an object has several of them, the first in this list is used. Greenhouse uses greenhouse.sap/owned-by. No other labels are read."`
	SupportGroup []string `yaml:"supportGroup,omitempty" jsonschema:"uniqueItems=true,minLength=1,maxLength=317" jsonschema_description:"Labels with the support group of an object. Greenhouse routes alerts by the label support_group. If an object has several of them, the first in this list is used."`
}

// Limits are the hard limits of objects, labels and rows.
type Limits struct {
	ObjectsPerKind   int      `yaml:"objectsPerKind" jsonschema:"default=200000,minimum=1" jsonschema_description:"Maximum number of objects of one kind in one cluster. Further objects are left out."`
	RowMiBPerKind    int      `yaml:"rowMiBPerKind" jsonschema:"default=128,minimum=1" jsonschema_description:"Maximum size in MiB of the uncompressed rows of one kind in one cluster. 50,000 Flux objects with detail: full need 80. Further objects are left out."`
	RowMiBPerCluster int      `yaml:"rowMiBPerCluster" jsonschema:"default=192,minimum=1" jsonschema_description:"Maximum size in MiB of the uncompressed rows of all watched kinds of one cluster."`
	RowMiB           int      `yaml:"rowMiB" jsonschema:"default=320,minimum=1" jsonschema_description:"Maximum size in MiB of the uncompressed rows of all clusters. In memory, typical rows take a twentieth of this; rows that cannot be compressed take all of it. The default fits into the memory limit of the chart."`
	Clusters         int      `yaml:"clustersPerSource" jsonschema:"default=200,minimum=1" jsonschema_description:"Maximum number of clusters and of refused kubeconfigs in one source under discover. Further ones are left out."`
	Changes          int      `yaml:"changes" jsonschema:"default=50000,minimum=0" jsonschema_description:"Maximum number of changes that are kept for /changes and for findings; 0 keeps none."`
	ChangesAge       Duration `yaml:"changesAge" jsonschema:"default=1d,exclusiveMinimum=0" jsonschema_description:"Time for which a change is kept."`
	LabelValueLength int      `yaml:"labelValueLength" jsonschema:"default=1024,minimum=64" jsonschema_description:"Maximum length of a label value in bytes. A longer value is cut and ends in … and a hash. Limits below 253 also cut names of objects."`
}

// maxFileSize is the maximum size of a file. A fleet of a thousand clusters needs much less.
const maxFileSize = 4 << 20

// KnownNames are the existing names that a configuration may refer to. Empty lists are not checked.
type KnownNames struct {
	Families []string // metrics
	Alerts   []string
	// Adjustable are the alerts that have a threshold.
	Adjustable []string
	// DiffersByCluster reports whether an alert can differ between clusters.
	DiffersByCluster func(alert string) bool
}

// Parse decodes data. The filename appears in errors, and relative paths in the file resolve
// against its directory; the file need not exist. If names are given, Parse checks references
// against them. The error is an [Errors].
func Parse(data []byte, filename string, names ...KnownNames) (*Config, error) {
	cfg := new(Config)
	check := func(r *report) {
		for _, n := range names {
			if len(n.Families) > 0 {
				cfg.Metrics.checkFamilies(slices.Concat(n.Families, cfg.Collectors.Controllers.allowedFamilies()), r)
			}
			cfg.Rules.checkAlerts(n, r)
		}
	}
	if err := parse(data, filename, cfg, check); err != nil {
		return nil, err
	}
	return cfg, nil
}

// Default returns the configuration with all defaults and without clusters.
func Default() *Config {
	cfg := new(Config)
	shape, _ := newShape(reflect.TypeFor[Config]()) // tests check the tags
	shape.fillDefault(reflect.ValueOf(cfg).Elem())
	return cfg
}

// YAML returns the configuration as YAML. [Parse] of it returns an equal configuration.
func (c *Config) YAML() ([]byte, error) {
	var out strings.Builder
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(c); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	return []byte(out.String()), enc.Close()
}

func (m *Metrics) checkFamilies(families []string, r *report) {
	for i, name := range m.Include {
		if !slices.Contains(families, name) {
			r.errorf(fmt.Sprintf("metrics.include[%d]", i), "there is no metric family %q%s", name, DidYouMean(name, families))
		}
	}
}

// clusterNames returns the names of the configured clusters, including empty names.
func (c *Config) clusterNames() []string {
	names := make([]string, len(c.Clusters))
	for i, cluster := range c.Clusters {
		names[i] = cluster.Name
	}
	return names
}

func (c *Config) check(at string, r *report) {
	if slices.Contains(ReservedLabels(), c.ClusterLabel) {
		r.errorf(joinPath(at, "clusterLabel"), "the label %q is already used by the exporter's metrics: choose another name, such as cluster or clusterName", c.ClusterLabel)
	}
	c.checkOpenBao(joinPath(at, "collectors.openbao"), r)
	c.checkAurora(joinPath(at, "collectors.aurora"), r)
	c.checkDiscover(joinPath(at, "discover"), r)
	c.checkOverrides(joinPath(at, "rules.overrides"), r)
	first := map[string]int{}
	for i, cluster := range c.Clusters {
		if cluster.Name == "" {
			continue // reported already
		}
		path := fmt.Sprintf("%s[%d].name", joinPath(at, "clusters"), i)
		if j, ok := first[cluster.Name]; ok {
			r.errorf(path, "the name %q is already taken by clusters[%d] in line %d: cluster names must be unique", cluster.Name, j, r.line(fmt.Sprintf("%s[%d].name", joinPath(at, "clusters"), j)))
			continue
		}
		first[cluster.Name] = i
	}
}
