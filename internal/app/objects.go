// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// objects returns the reader of the watched objects.
func (g *generation) objects() *objects.Reader {
	var kinds []objects.Kind
	for _, set := range g.builder.watch.Sets {
		for _, r := range set.Resources {
			kinds = append(kinds, objects.Kind{Collector: set.Collector, Group: r.Group, Kind: r.Kind})
		}
	}
	return objects.New(g.handler.Exposition, kinds, g.builder.watch.Now)
}

// watchedSystems returns the names of the systems that have objects.
func watchedSystems() []string {
	var names []string
	for _, set := range Watched() {
		names = append(names, set.Collector)
	}
	return names
}

// listObjects returns the answer of /api/v1/objects.
func (g *generation) listObjects(q objects.Query) objects.List {
	list := g.objects().List(q)
	list.Partial = g.builder.shard.Divided()
	return list
}
