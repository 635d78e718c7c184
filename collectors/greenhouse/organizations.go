// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type organizationObject struct {
	watch.Object

	Status status `json:"status"`
}

// organizations declares Organization. Its rows come from its conditions, such as SCIMAPIAvailable.
func organizations() watch.Resource {
	return newLifecycleResource(resource("Organization", organizationKind.list()),
		func(o *organizationObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			organizationKind.rows(r, &o.Metadata, &o.Status, o.Metadata.Name)
			return o.Status.lifecycleRows(r, "Organization", &o.Metadata, identities{}, seen)
		})
}

type teamObject struct {
	watch.Labeled

	Status struct {
		status

		// Members are people. Only their number is read.
		Members watch.Count `json:"members"`
	} `json:"status"`
}

func teams() watch.Resource {
	return newLifecycleResource(resource("Team", teamKind.list(teamSupport, teamMembers)),
		func(o *teamObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			labels := []string{o.Metadata.Namespace, o.Metadata.Name}
			teamKind.rows(r, &o.Metadata.Meta, &o.Status.status, labels...)
			r.Bool(teamSupport, o.Metadata.Labels[supportLabel] == "true", labels...)
			if o.Status.isProcessed() {
				r.Add(teamMembers, float64(o.Status.Members), labels...)
			}
			return o.Status.lifecycleRows(r, "Team", &o.Metadata.Meta, identities{}, seen)
		})
}

type bindingObject struct {
	watch.Labeled

	Spec struct {
		Role  string   `json:"teamRoleRef"`
		Team  string   `json:"teamRef"`
		Teams []string `json:"teamRefs"`
	} `json:"spec"`
	Status struct {
		status

		Clusters []struct {
			Condition lifecycle.Condition `json:"condition"`
		} `json:"clusters"`
	} `json:"status"`
}

func teamRoleBindings() watch.Resource {
	declared := resource("TeamRoleBinding", bindingKind.list(bindingInfo, bindingTeam, bindingClusters, bindingFailed))
	declared.Versions = []string{"v1alpha2", "v1alpha1"}
	return newLifecycleResource(declared, func(o *bindingObject, _ fleet.View, seen lifecycle.Observation,
		r *exposition.Rows) lifecycle.Memory {
		labels := []string{o.Metadata.Namespace, o.Metadata.Name}
		with := func(more ...string) []string { return append(labels[:2:2], more...) }
		bindingKind.rows(r, &o.Metadata.Meta, &o.Status.status, labels...)
		r.Add(bindingInfo, 1, with(o.Spec.Role, o.Metadata.Labels[ownerLabel])...)
		for _, team := range append([]string{o.Spec.Team}, o.Spec.Teams...) {
			if team != "" {
				r.Add(bindingTeam, 1, with(team)...)
			}
		}
		if o.Status.isProcessed() {
			r.Add(bindingClusters, float64(len(o.Status.Clusters)), labels...)
			r.Add(bindingFailed, float64(o.failed()), labels...)
		}
		return o.Status.lifecycleRows(r, "TeamRoleBinding", &o.Metadata.Meta, identities{}, seen)
	})
}

// failed returns the number of clusters in which the role could not be granted.
func (o *bindingObject) failed() int {
	failed := 0
	for _, c := range o.Status.Clusters {
		if c.Condition.Status == "False" {
			failed++
		}
	}
	return failed
}
