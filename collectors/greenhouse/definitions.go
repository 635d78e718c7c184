// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type definitionObject struct {
	watch.Labeled

	Spec struct {
		Version string    `json:"version"`
		Chart   helmChart `json:"helmChart"`
	} `json:"spec"`
	Status status `json:"status"`
}

// definitions declares PluginDefinition, which belongs to an organization, or ClusterPluginDefinition. Both have the same
// fields.
func definitions(kind string) watch.Resource {
	return newLifecycleResource(resource(kind, definitionKind.list(definitionInfo)),
		func(o *definitionObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			labels := []string{kind, o.Metadata.Namespace, o.Metadata.Name}
			definitionKind.rows(r, &o.Metadata.Meta, &o.Status, labels...)
			r.Add(definitionInfo, 1, append(labels[:3:3], o.Spec.Version, o.Spec.Chart.Name, o.Spec.Chart.Version,
				o.Metadata.Labels[catalogLabel])...)
			return o.Status.lifecycleRows(r, kind, &o.Metadata.Meta, identities{}, seen)
		})
}

type catalogObject struct {
	watch.Labeled

	Status struct {
		status

		Inventory inventory `json:"inventory"`
	} `json:"status"`
}

// inventory has the objects created for each source. Names of sources are not read.
type inventory map[string][]struct {
	Ready string `json:"ready"`
}

// KeptNameless implements snapshot.Nameless.
func (inventory) KeptNameless() {}

// counts returns the numbers of ready and other objects.
func (i inventory) counts() map[string]int {
	counts := map[string]int{}
	for _, made := range i {
		for _, m := range made {
			counts[conditionStatus(m.Ready)]++
		}
	}
	return counts
}

func catalogs() watch.Resource {
	return newLifecycleResource(resource("Catalog", catalogKind.list(catalogInfo, catalogInventory)),
		func(o *catalogObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			labels := []string{o.Metadata.Namespace, o.Metadata.Name}
			with := func(more ...string) []string { return append(labels[:2:2], more...) }
			catalogKind.rows(r, &o.Metadata.Meta, &o.Status.status, labels...)
			r.Add(catalogInfo, 1, with(o.Metadata.Labels[ownerLabel])...)
			if o.Status.isProcessed() {
				counts := o.Status.Inventory.counts()
				for _, ready := range []string{"True", "False", "Unknown"} {
					r.Add(catalogInventory, float64(counts[ready]), with(ready)...)
				}
			}
			return o.Status.lifecycleRows(r, "Catalog", &o.Metadata.Meta, identities{}, seen)
		})
}
