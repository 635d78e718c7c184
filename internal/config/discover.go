// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
)

// Discover is a source of clusters. Exactly one of FluxSecrets, Greenhouse and Secrets is set.
type Discover struct {
	FluxSecrets *FluxSecrets        `yaml:"fluxSecrets,omitempty" jsonschema:"oneof_required=fluxSecrets" jsonschema_description:"The kubeconfig Secrets that Flux uses: <cluster><suffix>, with the kubeconfig as value or value.yaml. If the exporter has no permission to list Secrets, the names in Kustomizations and HelmReleases of the namespace are used."`
	Greenhouse  *GreenhouseClusters `yaml:"greenhouse,omitempty" jsonschema:"oneof_required=greenhouse" jsonschema_description:"The Cluster objects of Greenhouse and their Secrets of the same name."`
	Secrets     *LabelledSecrets    `yaml:"secrets,omitempty" jsonschema:"oneof_required=secrets" jsonschema_description:"Secrets with a label. Because Secrets are listed, the exporter requires permission to read all Secrets of the namespace."`
	WatchList   bool                `yaml:"watchList" jsonschema:"default=true" jsonschema_description:"The same as watchList of clusters, for the clusters that are discovered here."`
	Allow       []string            `yaml:"allow,omitempty" jsonschema:"enum=proxy,enum=loopback,enum=linkLocal,enum=impersonation,enum=insecure,uniqueItems=true" jsonschema_description:"Settings of kubeconfigs that are refused by default. proxy: a proxy-url. loopback: a server at a loopback address. linkLocal: a server at a link-local address, where clouds serve credentials. impersonation: another user. insecure: a server that is not verified (insecure-skip-tls-verify or http), so that anyone between the exporter and the cluster can read its credentials."`
}

// FluxSecrets are named after their clusters.
type FluxSecrets struct {
	Cluster   string `yaml:"cluster" jsonschema:"required,minLength=1" jsonschema_description:"The cluster with the Secrets, one of clusters."`
	Namespace string `yaml:"namespace" jsonschema:"default=flux-system,maxLength=63,pattern=^[0-9a-z]([-0-9a-z]*[0-9a-z])?$" hint:"Use the name of a namespace" jsonschema_description:"The namespace of the Secrets."`
	Suffix    string `yaml:"suffix" jsonschema:"default=-kubeconfig,maxLength=253,pattern=^[-.0-9a-z]*[0-9a-z]$" hint:"Use a suffix of names of Secrets, such as -kubeconfig" jsonschema_description:"Suffix of the names of the Secrets, after the name of the cluster."`
}

// GreenhouseClusters are the clusters of an organization.
type GreenhouseClusters struct {
	Cluster   string `yaml:"cluster" jsonschema:"required,minLength=1" jsonschema_description:"The central cluster of Greenhouse, one of clusters."`
	Namespace string `yaml:"namespace" jsonschema:"required,maxLength=63,pattern=^[0-9a-z]([-0-9a-z]*[0-9a-z])?$" hint:"Use the name of a namespace" jsonschema_description:"The namespace of the organization."`
}

// LabelledSecrets are the Secrets that a selector selects.
type LabelledSecrets struct {
	Cluster       string `yaml:"cluster" jsonschema:"required,minLength=1" jsonschema_description:"The cluster with the Secrets, one of clusters."`
	Namespace     string `yaml:"namespace" jsonschema:"required,maxLength=63,pattern=^[0-9a-z]([-0-9a-z]*[0-9a-z])?$" hint:"Use the name of a namespace" jsonschema_description:"The namespace of the Secrets."`
	LabelSelector string `yaml:"labelSelector" jsonschema:"default=sigs.k8s.io/multicluster-runtime-kubeconfig=true,minLength=1" jsonschema_description:"Label selector of the Secrets. The name of a cluster is that of its Secret without the suffix -kubeconfig."`
	Key           string `yaml:"key" jsonschema:"default=kubeconfig,maxLength=253,pattern=^[-._0-9A-Za-z]+$" hint:"Use a key of the Secret" jsonschema_description:"The key with the kubeconfig."`
}

// HostCluster returns the cluster that is searched.
func (d *Discover) HostCluster() string {
	switch {
	case d.FluxSecrets != nil:
		return d.FluxSecrets.Cluster
	case d.Greenhouse != nil:
		return d.Greenhouse.Cluster
	case d.Secrets != nil:
		return d.Secrets.Cluster
	}
	return ""
}

// sourceKey returns the key that is set.
func (d *Discover) sourceKey() string {
	switch {
	case d.FluxSecrets != nil:
		return "fluxSecrets"
	case d.Greenhouse != nil:
		return "greenhouse"
	}
	return "secrets"
}

func (s *LabelledSecrets) check(at string, r *report) {
	if _, err := labels.Parse(s.LabelSelector); err != nil {
		r.errorf(joinPath(at, "labelSelector"), "%s is not a label selector: use one such as key=value", quote(s.LabelSelector))
	}
}

// checkDiscover checks rules that concern the whole file. A cluster that is searched must be a
// configured one, so that it can be reached before anything is discovered.
func (c *Config) checkDiscover(at string, r *report) {
	names := c.clusterNames()
	for i := range c.Discover {
		host := c.Discover[i].HostCluster()
		path := fmt.Sprintf("%s[%d].%s.cluster", at, i, c.Discover[i].sourceKey())
		n := slices.Index(names, host)
		switch {
		case host == "" || r.hasError(fmt.Sprintf("clusters[%d]", n)): // reported already
		case n < 0 && (len(names) == 0 || slices.Contains(names, "")): // it may be meant
		case n < 0:
			r.errorf(path, "there is no cluster %s%s; the cluster to search in must be listed under clusters", quote(host), DidYouMean(host, names))
		case c.Clusters[n].Snapshot != nil:
			r.errorf(path, "the cluster %q is a snapshot, which has no Secrets: search in another one, or list the snapshots of its clusters under clusters", host)
		}
	}
}
