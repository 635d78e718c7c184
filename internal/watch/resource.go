// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"reflect"
	"slices"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// Resource declares a kind of object to watch and what its objects become.
type Resource struct {
	Group, Kind string
	// Versions are the versions whose shape the slim struct knows, best first.
	Versions []string
	// Families are all that the rows may add to.
	Families []*exposition.Family
	// UsesTargets says that the rows depend on which kubeconfig Secret stands
	// for which cluster, so that they are made anew when that changes.
	UsesTargets bool
	// Notes says that objects leave notes beside their rows, for [Options.Notes].
	Notes bool
	// Annotations and Labels are those that the rows look at: a snapshot has no
	// others.
	Annotations, Labels []string

	create func() object
	rows   func(fleet.View, object, *exposition.Rows)
	typ    reflect.Type
	shape  func() (*snapshot.Shape, error)
	owners Owners
}

// Of completes a declaration with the slim struct T, which embeds [Object], and
// the pure function that turns one into rows.
func Of[T any, P interface {
	*T
	object
}](r Resource, rows func(*T, fleet.View, *exposition.Rows)) Resource {
	r.Families = slices.Concat(r.Families, objectFamilies())
	r.Annotations = append(slices.Clip(r.Annotations), AlertsAnnotation)
	r.create = func() object { return P(new(T)) }
	r.typ = reflect.TypeFor[T]()
	r.shape = r.shapes()
	r.rows = func(v fleet.View, o object, rs *exposition.Rows) {
		if o, ok := o.(P); ok {
			rows((*T)(o), v, rs)
		}
	}
	return r
}

// shapes makes the shape when it is asked for.
func (r Resource) shapes() func() (*snapshot.Shape, error) {
	return sync.OnceValues(func() (*snapshot.Shape, error) {
		return shapeOf(r.typ, slices.Concat(r.Annotations, r.Labels), r.owners.names())
	})
}

// fill adds the rows of an object.
func (r Resource) fill(v fleet.View, o object, rows *exposition.Rows) {
	r.rows(v, o, rows)
	r.objectRows(o, rows)
}

// Set is the resources of one collector.
type Set struct {
	Collector string
	Resources []Resource
}

// Render decodes one object from JSON and returns its rows; a snapshot does, and
// tests check object in, text out. There is no entry if the object is skipped, or
// has no name. partial says that a value of the wrong type was left out, or the name.
func (r Resource) Render(v fleet.View, raw []byte, rows *exposition.Rows) (entry *exposition.Entry, partial bool, err error) {
	o := r.create()
	partial, err = decode(raw, o)
	switch {
	case err != nil:
		return nil, false, err
	case o.meta().Name == "":
		return nil, true, nil
	}
	return rows.Render(o.meta().key(), func(rs *exposition.Rows) { r.fill(v, o, rs) }), partial, nil
}
