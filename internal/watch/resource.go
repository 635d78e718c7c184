// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"reflect"
	"slices"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// Resource declares a watched kind and the rows of its objects.
type Resource struct {
	Group, Kind string
	// Versions are the versions that the slim struct can decode, best first.
	Versions []string
	// Families are all families of the rows.
	Families []*exposition.Family
	// UsesTargets reports whether the rows depend on the clusters of kubeconfig Secrets. They are then rendered again when
	// these clusters change.
	UsesTargets bool
	// Notes reports whether objects have notes for [Options.Notes].
	Notes bool
	// Annotations and Labels are the names that the rows use. A snapshot keeps no others.
	Annotations, Labels []string
	// OwnLabels are the labels that the rows of a kind with an embedded [Object] use.
	OwnLabels []string

	create func() object
	rows   func(fleet.View, object, lifecycle.Observation, *exposition.Rows) lifecycle.Memory
	// remembers reports whether the rows function returns memory.
	remembers bool
	typ       reflect.Type
	shape     func() (*snapshot.Shape, error)
	owners    Owners
}

// Slim is satisfied by the pointer to a slim struct.
type Slim[T any] interface {
	*T
	object
}

// NewResource completes a declaration with the slim struct T, which embeds [Object], and
// the pure function that turns one into rows.
func NewResource[T any, P Slim[T]](r Resource, rows func(*T, fleet.View, *exposition.Rows)) Resource {
	return complete[T, P](r, func(o *T, v fleet.View, _ lifecycle.Observation, rs *exposition.Rows) lifecycle.Memory {
		rows(o, v, rs)
		return lifecycle.Memory{}
	})
}

// NewStatefulResource is [NewResource] for a kind with a lifecycle: rows also gets the memory of the object, and returns
// the memory for its next observation.
func NewStatefulResource[T any, P Slim[T]](
	r Resource, rows func(*T, fleet.View, lifecycle.Observation, *exposition.Rows) lifecycle.Memory,
) Resource {
	r.remembers = true
	return complete[T, P](r, rows)
}

func complete[T any, P Slim[T]](r Resource, rows func(*T, fleet.View, lifecycle.Observation, *exposition.Rows) lifecycle.Memory) Resource {
	r.Families = slices.Concat(r.Families, objectFamilies())
	r.Annotations = append(slices.Clip(r.Annotations), AlertsAnnotation)
	r.OwnLabels, r.Labels = slices.Concat(r.OwnLabels, applierLabels()), slices.Concat(r.Labels, applierLabels())
	r.create = func() object {
		o := P(new(T))
		o.meta().Own.wanted = r.OwnLabels
		return o
	}
	r.typ = reflect.TypeFor[T]()
	r.shape = r.lazyShape()
	r.rows = func(v fleet.View, o object, s lifecycle.Observation, rs *exposition.Rows) lifecycle.Memory {
		if o, ok := o.(P); ok {
			return rows((*T)(o), v, s, rs)
		}
		return lifecycle.Memory{}
	}
	return r
}

// lazyShape returns a function that builds the shape at its first call.
func (r Resource) lazyShape() func() (*snapshot.Shape, error) {
	return sync.OnceValues(func() (*snapshot.Shape, error) {
		return shapeOf(r.typ, slices.Concat(r.Annotations, r.Labels), slices.Concat(r.OwnLabels, r.owners.names()))
	})
}

// fill adds the rows of an object and returns its memory.
func (r Resource) fill(v fleet.View, o object, s lifecycle.Observation, rows *exposition.Rows) lifecycle.Memory {
	m := r.rows(v, o, s, rows)
	r.objectRows(o, rows)
	return m
}

// Set is the resources of one collector.
type Set struct {
	Collector string
	Resources []Resource
}

// Rendered has the rows of an object.
type Rendered struct {
	// Entry is nil if the object is skipped or has no name.
	Entry *exposition.Entry
	// Partial reports that a value of the wrong type was left out, or that the name is missing.
	Partial bool
	// Memory is the memory for the next observation of the object.
	Memory lifecycle.Memory
}

// Render decodes one object from JSON and returns its rows, for snapshots and tests.
func (r Resource) Render(v fleet.View, raw []byte, s lifecycle.Observation, rows *exposition.Rows) (Rendered, error) {
	o := r.create()
	partial, err := decode(raw, o)
	switch {
	case err != nil:
		return Rendered{}, err
	case o.meta().Name == "":
		return Rendered{Partial: true}, nil
	}
	out := Rendered{Partial: partial}
	out.Entry = rows.Render(o.meta().key(), func(rs *exposition.Rows) { out.Memory = r.fill(v, o, s, rs) })
	return out, nil
}
