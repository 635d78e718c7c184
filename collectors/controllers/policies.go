// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// networkPolicies declares the NetworkPolicies that a FluxInstance requests. Only their names are read, and they
// have no rows.
func networkPolicies() watch.Resource {
	return watch.NewResource(
		watch.Resource{Group: "networking.k8s.io", Kind: dependencies.KindNetworkPolicy, Versions: []string{"v1"}, Notes: true},
		func(o *watch.Object, _ fleet.View, r *exposition.Rows) {
			if !slices.Contains(dependencies.NetworkPolicies(), o.Metadata.Name) {
				r.Skip()
				return
			}
			r.Note(&dependencies.Node{})
		})
}
