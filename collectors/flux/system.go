// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// System describes Flux Operator and Flux to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return Collector{OverdueAfter: c.Flux.OverdueAfter}, c.Flux.Enabled
		},
		Objects: objects.Declaration{
			Status: "cobaltcore_flux_resource_status", Onset: "cobaltcore_flux_resource_not_ready_since_timestamp_seconds",
			Info: []string{
				"flux_resource_info", "flux_instance_info", "flux_resourceset_info", "flux_resourcesetinputprovider_info",
				"cobaltcore_flux_resource_reason_info",
			},
			Asides: []objects.Aside{{Kind: "dependencies", Separator: "/"}},
			Edges: []objects.Edge{
				{
					Family: "cobaltcore_flux_resource_refers_to", Optional: []string{"HelmChart"}, Other: objects.ByReference,
					Through: chartOfRelease,
				},
				{
					Family: "cobaltcore_object_applied_by", Applies: true,
					Kinds: []string{"HelmRelease", "Kustomization", "ResourceSet", "FluxInstance"}, Other: appliedBy,
				},
			},
		},
		Changes: []changes.Source{
			{Family: "cobaltcore_flux_resource_status", Type: changes.State, Label: "status"},
			{Family: "flux_resource_info", Type: changes.Revision, Label: "applied_revision"},
			{Family: "flux_instance_info", Type: changes.Revision, Label: "revision"},
			{Family: "flux_resourceset_info", Type: changes.Revision, Label: "revision"},
		},
		Metrics: []collectors.Section{{
			Title: "Compatible with Flux Operator",
			Text: "The same names, label values and meaning as Flux Operator's own metrics, with `cluster` and more labels. They " +
				"differ in four points: a Receiver has no `url`, URLs lose user info and query, a suspended ArtifactGenerator is shown " +
				"as suspended, and `uid` is optional.",
			Prefixes: []string{"flux_"},
		}, {
			Title:    "Flux",
			Text:     "Use `cobaltcore_flux_resource_status` for your own alerts: it has one row per object, which changes only with the state.",
			Prefixes: []string{"cobaltcore_flux_"},
		}},
	}
}

// appliedBy returns the object that applies an object. A HelmChart is left out: the HelmRelease depends on it instead.
func appliedBy(self objects.Node, ref string, _ []byte) objects.Node {
	if self.Kind == "HelmChart" {
		return objects.Node{}
	}
	return objects.ParseRef("", ref)
}

// chartOfRelease returns the HelmChart that helm-controller creates from the template of a HelmRelease for a source.
func chartOfRelease(self, source objects.Node) objects.Node {
	if self.Kind != "HelmRelease" || !slices.Contains([]string{"HelmRepository", "GitRepository", "Bucket"}, source.Kind) {
		return objects.Node{}
	}
	return objects.Node{Cluster: source.Cluster, Kind: "HelmChart", Namespace: source.Namespace, Name: self.Namespace + "-" + self.Name}
}
