// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// objects returns the reader of the watched objects.
func (g *generation) objects() *objects.Reader {
	return objects.New(g.handler.Exposition, objectKinds(g.builder.watch.Sets), objectDeclarations(), g.builder.watch.Now)
}

// objectKinds returns the kinds of the given sets.
func objectKinds(sets []watch.Set) []objects.Kind {
	var kinds []objects.Kind
	for _, set := range sets {
		for _, r := range set.Resources {
			kinds = append(kinds, objects.Kind{Collector: set.Collector, Kind: r.Kind})
		}
	}
	return kinds
}

// listObjects returns the answer of /api/v1/objects.
func (g *generation) listObjects(q objects.Query) objects.List {
	list := g.objects().List(q)
	list.Partial = g.builder.shard.Divided()
	return list
}
