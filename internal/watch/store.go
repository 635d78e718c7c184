// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// store has the rows of a reflector, which calls it from one goroutine. Each object is rendered when it arrives, and not kept. Objects
// without a name are ignored.
type store struct {
	kind *kind
	view fleet.View
	rows *exposition.Rows // nil while the kind is idle
	// stage and notes have the rows and the notes of the list that is being read, and fresh the keys of objects that have a memory
	// since then. received counts its objects, which are at most maxList.
	stage             *exposition.Stage
	notes             map[string]any
	fresh             []string
	received, maxList int
}

// maxList ends the list of a hostile server, which may have no end.
const maxList = 4 << 20

func newStore(k *kind, view fleet.View) *store { return &store{kind: k, view: view, maxList: maxList} }

// builder returns the builder of rows.
func (s *store) builder() *exposition.Rows {
	if s.rows == nil {
		s.rows = s.kind.newRows()
	}
	return s.rows
}

// rest drops the buffers of an idle kind, which were a tenth of the memory of a further cluster.
func (s *store) rest() { s.rows = nil }

// begin starts a list from scratch.
func (s *store) begin() {
	for _, key := range s.fresh { // of a list that failed, and of which nothing else is left
		s.kind.memory.set(key, lifecycle.Memory{})
	}
	s.fresh = nil
	s.stage, s.notes, s.received = s.kind.group.Stage(), map[string]any{}, 0
}

// receive counts n objects of a list.
func (s *store) receive(n int) error {
	if s.received += n; s.received > s.maxList {
		return fmt.Errorf("%w: a list of more than %d objects", failure.ErrTooLarge, s.maxList)
	}
	return nil
}

// stageObject renders an object of a list.
func (s *store) stageObject(o object) error {
	if err := s.receive(1); err != nil || o.meta().Name == "" {
		return err
	}
	s.kind.listed.Add(1)
	key := o.meta().key()
	delete(s.notes, key)
	rows := s.builder()
	if !s.stage.Add(key, rows, func(r *exposition.Rows) { s.fill(o, false, r) }) {
		s.kind.memory.set(key, lifecycle.Memory{})
	} else if note := rows.LastNote(); note != nil && s.kind.notes != nil {
		s.notes[key] = note
	}
	return nil
}

// unstageObject removes an object that was deleted while the list was read.
func (s *store) unstageObject(o object) {
	key := o.meta().key()
	s.stage.Remove(key)
	s.kind.memory.set(key, lifecycle.Memory{})
	delete(s.notes, key)
}

// replace replaces all objects by those of the list.
func (s *store) replace() {
	s.stage.Replace()
	s.kind.passNotes(s.notes)
	s.stage, s.notes, s.fresh = nil, nil, nil
	s.rest()
	s.kind.markSynced()
}

// fill adds the rows of an object and keeps its memory. live is set for an event of a stream: between it and the previous
// observation, no event was missed.
func (s *store) fill(o object, live bool, r *exposition.Rows) {
	k, key := s.kind, o.meta().key()
	seen := lifecycle.Observation{Live: live, Once: k.once}
	if k.resource.remembers {
		seen.Now, seen.Before = k.now(), k.memory.get(key)
	}
	memory := k.resource.fill(s.view, o, seen, r)
	k.memory.set(key, memory)
	if !live && seen.Before == (lifecycle.Memory{}) && memory != (lifecycle.Memory{}) {
		s.fresh = append(s.fresh, key)
	}
}

// update renders a new or changed object.
func (s *store) update(o object) {
	if o.meta().Name == "" {
		return
	}
	key := o.meta().key()
	rows := s.builder()
	if s.kind.group.Set(key, rows, func(r *exposition.Rows) { s.fill(o, true, r) }) {
		s.kind.passNote(key, rows.LastNote())
	} else {
		s.forget(key)
	}
}

// remove removes the rows of an object.
func (s *store) remove(o object) {
	s.kind.group.Delete(o.meta().key())
	s.forget(o.meta().key())
}

// forget drops the memory and the note of an object.
func (s *store) forget(key string) {
	s.kind.memory.set(key, lifecycle.Memory{})
	s.kind.passNote(key, nil)
}
