// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// store is the store of a reflector, which calls it from one goroutine. Each object is rendered when it arrives, and not
// kept.
type store struct {
	kind *kind
	view fleet.View
	rows *exposition.Rows
	// stage has the rows of the list that is being read.
	stage *exposition.Stage
}

var (
	_ cache.TransformingStore      = (*store)(nil)
	_ cache.ReflectorBookmarkStore = (*store)(nil)
)

func newStore(k *kind, view fleet.View) *store {
	return &store{kind: k, view: view, rows: k.newRows()}
}

// begin starts a list from scratch.
func (s *store) begin() { s.stage = s.kind.group.Stage() }

// add renders an object of a list into the stage.
func (s *store) add(rows *exposition.Rows, o object) *staged {
	s.kind.listed.Add(1)
	key := o.meta().key()
	at, ok := s.stage.Add(key, rows, func(r *exposition.Rows) { s.fill(o, false, r) })
	if at.Refused() {
		s.kind.memory.set(key, lifecycle.Memory{})
		return &staged{place: at}
	}
	return &staged{place: at, skipped: !ok, note: rows.LastNote()}
}

// fill adds the rows of an object and keeps its memory. live is set for an event of a stream: between it and the previous
// observation, no event was missed.
func (s *store) fill(o object, live bool, r *exposition.Rows) {
	k, key := s.kind, o.meta().key()
	seen := lifecycle.Observation{Live: live, Once: k.once}
	if k.resource.remembers {
		seen.Now, seen.Before = k.now(), k.memory.get(key)
	}
	k.memory.set(key, k.resource.fill(s.view, o, seen, r))
}

// Transformer returns a function that renders the objects of a WatchList when they arrive. The reflector's temporary store
// then holds their places instead of the objects.
func (s *store) Transformer() cache.TransformFunc {
	return func(x any) (any, error) {
		if o, ok := x.(object); ok && o.meta().Name != "" {
			return s.add(s.rows, o), nil
		}
		return x, nil
	}
}

// Replace replaces all objects by the result of a WatchList or LIST.
func (s *store) Replace(list []any, _ string) error {
	all := make([]*staged, 0, len(list))
	for _, x := range list {
		switch x := x.(type) {
		case *staged:
			if !x.skipped {
				all = append(all, x)
			}
		case object: // without a name
			s.kind.countPartial()
		default:
			return fmt.Errorf("replace %s: unexpected %T", s.kind.resource.Kind, x)
		}
	}
	s.kind.replaceStaged(s.stage, all)
	s.stage = nil
	s.kind.markSynced()
	return nil
}

// Add renders a new object.
func (s *store) Add(x any) error { return s.Update(x) }

// Update renders a changed object.
func (s *store) Update(x any) error {
	o, ok := x.(object)
	if !ok {
		return fmt.Errorf("update %s: unexpected %T", s.kind.resource.Kind, x)
	}
	if o.meta().Name == "" {
		s.kind.countPartial()
		return nil
	}
	key := o.meta().key()
	if s.kind.group.Set(key, s.rows, func(r *exposition.Rows) { s.fill(o, true, r) }) {
		s.kind.passNote(key, s.rows.LastNote())
	} else {
		s.forget(key)
	}
	s.kind.noteEvent()
	return nil
}

// forget drops the memory and the note of an object.
func (s *store) forget(key string) {
	s.kind.memory.set(key, lifecycle.Memory{})
	s.kind.passNote(key, nil)
}

// Delete removes the rows of an object.
func (s *store) Delete(x any) error {
	o, ok := x.(object)
	if !ok {
		return fmt.Errorf("delete %s: unexpected %T", s.kind.resource.Kind, x)
	}
	s.kind.group.Delete(o.meta().key())
	s.forget(o.meta().key())
	s.kind.noteEvent()
	return nil
}

// Resync does nothing, because the store has no consumers.
func (s *store) Resync() error { return nil }

// Bookmark records that the watch works, although no object has changed.
func (s *store) Bookmark(string) error {
	s.kind.noteEvent()
	return nil
}

// staged is an object of a list. Its rows are in the stage.
type staged struct {
	place   exposition.Place
	skipped bool // it has no rows
	note    any
}

func (i *staged) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }
func (i *staged) DeepCopyObject() runtime.Object   { return i }

// stagedList is the result of a LIST. The reflector's pager reads its field Items.
type stagedList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []runtime.Object
}

// DeepCopyObject makes stagedList a runtime.Object. Nothing copies it.
func (l *stagedList) DeepCopyObject() runtime.Object { return l }
