// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
)

// Controllers configures the collector of workloads and of the metrics of their pods.
type Controllers struct {
	Enabled    bool              `yaml:"enabled" jsonschema:"default=true" jsonschema_description:"Watch the Deployments, StatefulSets, DaemonSets and pods of the management plane in every cluster."`
	Via        string            `yaml:"via" jsonschema:"default=proxy,enum=proxy,enum=direct,enum=none" jsonschema_description:"How the metrics of controllers are scraped: proxy uses the pod proxy of the API server, which requires permission to get pods/proxy; direct uses the address of the pod, which must be reachable from the exporter; none does not scrape them."`
	Interval   Duration          `yaml:"interval" jsonschema:"default=30s,exclusiveMinimum=0" jsonschema_description:"Interval at which pods are listed and their metrics are scraped."`
	Allow      []string          `yaml:"allow,omitempty" jsonschema:"uniqueItems=true,pattern=^[A-Z_a-z][0-9A-Z_a-z]*$" hint:"Use the name of a metric family, without labels or wildcards" jsonschema_description:"Metric families of controllers to re-export. If it is missing or empty, the families listed in metrics.md are re-exported. To re-export none, set via to none."`
	Buckets    bool              `yaml:"buckets,omitempty" jsonschema:"default=false" jsonschema_description:"Whether to re-export the buckets of histograms in addition to sum and count, for quantiles such as a 99th percentile. Each histogram then has about ten more series."`
	Namespaces []string          `yaml:"namespaces,omitempty" jsonschema:"uniqueItems=true,maxLength=63,pattern=^[0-9a-z]([-0-9a-z]*[0-9a-z])?$" hint:"Use the name of a namespace" jsonschema_description:"Namespaces of the controllers, in all clusters. Pods and workloads in other namespaces are ignored, and the chart grants pods/proxy only in these namespaces. If it is missing or empty, all namespaces are used."`
	Selectors  map[string]string `yaml:"selectors,omitempty" jsonschema:"minLength=1" jsonschema_description:"Label selectors of the pods, by system: flux, externalsecrets, openbao, greenhouse or aurora. Other systems keep their default selectors."`
}

// ControllerSystems returns the systems whose workloads the exporter can find.
func ControllerSystems() []string {
	return []string{"flux", "externalsecrets", "openbao", "greenhouse", "aurora"}
}

func (c *Controllers) check(at string, r *report) {
	c.checkAllow(joinPath(at, "allow"), r)
	for _, system := range slices.Sorted(maps.Keys(c.Selectors)) {
		path := joinEntry(joinPath(at, "selectors"), system)
		if !slices.Contains(ControllerSystems(), system) {
			r.errorf(path, "there is no system %q%s", system, DidYouMean(system, ControllerSystems()))
			continue
		}
		if _, err := labels.Parse(c.Selectors[system]); err != nil {
			r.errorf(path, "%s is not a label selector: %s", quote(c.Selectors[system]), fmt.Sprint(err))
		}
	}
}

// checkAllow refuses names of the exporter's own families, because two families with the same name would make the whole
// output invalid.
func (c *Controllers) checkAllow(at string, r *report) {
	for i, name := range c.Allow {
		path := fmt.Sprintf("%s[%d]", at, i)
		own := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		switch n := slices.IndexFunc(OwnPrefixes(), own); {
		case n >= 0:
			r.errorf(path, "%s cannot be exported again: names that begin with %s are reserved for the exporter's own metrics", quote(name), OwnPrefixes()[n])
		case slices.Contains([]string{"up", "ALERTS", "ALERTS_FOR_STATE"}, name), strings.HasPrefix(name, "scrape_"):
			r.errorf(path, "%s cannot be exported again: Prometheus generates it", quote(name))
		case strings.HasSuffix(name, "_bucket"):
			r.errorf(path, "%s cannot be exported again: use %s, and buckets: true", quote(name), strings.TrimSuffix(name, "_bucket"))
		}
	}
}

// OwnPrefixes returns the prefixes of the names of the exporter's own families.
func OwnPrefixes() []string { return []string{"cobaltcore_", "flux_", "go_", "process_", "promhttp_"} }

// allowedFamilies returns the names of the families that are re-exported, with those of the sum,
// count and buckets of a histogram.
func (c *Controllers) allowedFamilies() []string {
	var names []string
	for _, name := range c.Allow {
		names = append(names, name, name+"_sum", name+"_count", name+"_bucket")
	}
	return names
}
