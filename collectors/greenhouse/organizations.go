// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type organizationObject struct {
	watch.Object

	Status status `json:"status"`
}

// organizations have all that is of interest in their conditions, such as
// SCIMAPIAvailable.
func organizations() watch.Resource {
	return watch.Of(resource("Organization", organizationKind.all()), func(o *organizationObject, _ fleet.View, r *exposition.Rows) {
		organizationKind.rows(r, &o.Metadata, &o.Status, o.Metadata.Name)
	})
}

type teamObject struct {
	watch.Labeled

	Status struct {
		status

		// Members are people; only how many they are is read.
		Members watch.Count `json:"members"`
	} `json:"status"`
}

func teams() watch.Resource {
	return watch.Of(resource("Team", teamKind.all(teamSupport, teamMembers)), func(o *teamObject, _ fleet.View, r *exposition.Rows) {
		labels := []string{o.Metadata.Namespace, o.Metadata.Name}
		teamKind.rows(r, &o.Metadata.Meta, &o.Status.status, labels...)
		r.Bool(teamSupport, o.Metadata.Labels[supportLabel] == "true", labels...)
		if o.Status.processed() {
			r.Add(teamMembers, float64(o.Status.Members), labels...)
		}
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
			Condition condition `json:"condition"`
		} `json:"clusters"`
	} `json:"status"`
}

func bindings() watch.Resource {
	declared := resource("TeamRoleBinding", bindingKind.all(bindingInfo, bindingTeam, bindingClusters, bindingFailed))
	declared.Versions = []string{"v1alpha2"}
	return watch.Of(declared, func(o *bindingObject, _ fleet.View, r *exposition.Rows) {
		labels := []string{o.Metadata.Namespace, o.Metadata.Name}
		with := func(more ...string) []string { return append(labels[:2:2], more...) }
		bindingKind.rows(r, &o.Metadata.Meta, &o.Status.status, labels...)
		r.Add(bindingInfo, 1, with(o.Spec.Role, o.Metadata.Labels[ownerLabel])...)
		for _, team := range append([]string{o.Spec.Team}, o.Spec.Teams...) {
			if team != "" {
				r.Add(bindingTeam, 1, with(team)...)
			}
		}
		if !o.Status.processed() {
			return
		}
		failed := 0
		for _, c := range o.Status.Clusters {
			if c.Condition.Status == "False" {
				failed++
			}
		}
		r.Add(bindingClusters, float64(len(o.Status.Clusters)), labels...)
		r.Add(bindingFailed, float64(failed), labels...)
	})
}
