// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// kind is one resource in one cluster: its rows and the state of its watch.
type kind struct {
	collector string
	resource  Resource
	group     *exposition.Group
	log       *slog.Logger
	now       func() time.Time
	steady    time.Duration // minimum lifetime of a healthy stream
	silence   time.Duration // maximum time without events
	stalled   time.Duration // maximum pause in the initial events of a stream
	notes     Notes         // nil if they are not collected
	once      bool          // see Options.Once
	memory    *memories
	listed    atomic.Uint64 // objects received in lists

	mu    sync.Mutex
	state kindState
}

// maxRows limits the rows of an object in bytes, to about 300 rows. Without a limit, the author of an object could
// fill the memory.
const maxRows = 64 << 10

// newRows returns a builder for the rows of objects, for use by one goroutine.
func (k *kind) newRows() *exposition.Rows {
	rows := k.group.Rows()
	rows.Bound(maxRows)
	return rows
}

// kindState is the state of a watch in metrics.
type kindState struct {
	// known is set once discovery has found whether the source serves the kind.
	known bool
	// version is the watched version, or empty if the kind is not served.
	version string
	// unrecorded means that the snapshot has no objects of the kind, although other objects refer to it.
	unrecorded bool
	// unsupported are the served versions if none of them is supported.
	unsupported []string
	// synced reports whether the rows are complete.
	synced bool
	// started and syncTook time the last initial list.
	started  time.Time
	syncTook time.Duration
	// lastEvent is the time of the last event, bookmark or list.
	lastEvent time.Time
	// failing is the reason why the last attempt failed; empty after a success.
	failing      failure.Steady
	failingSince time.Time
	failingText  string
	failures     int // since the last success
	// logged is the last reason in the log; it is reset by a success.
	logged failure.Reason
	// listOnly reports that the kind is listed, because its WatchList streams do not complete their initial events.
	listOnly bool
	// short is the number of consecutive streams that ended soon after they were opened.
	short int
	// streaming reports whether a stream is open, and heard is the time of the last event of a stream or list.
	streaming bool
	heard     time.Time
	errors    map[failure.Reason]uint64
	partial   uint64
}

// notesFor returns the receiver of the notes of a resource, or nil if the resource has no notes.
func notesFor(r Resource, n Notes) Notes {
	if !r.Notes {
		return nil
	}
	return n
}

// replace replaces all entries.
func (k *kind) replace(entries []*exposition.Entry) {
	notes := map[string]any{}
	for _, e := range entries {
		if e.Note != nil {
			notes[e.Key] = e.Note
		}
	}
	k.group.Replace(entries)
	k.passNotes(notes)
}

// passNotes passes on the notes of all objects, and drops the memory of deleted objects.
func (k *kind) passNotes(notes map[string]any) {
	if k.resource.remembers {
		k.memory.retain(k.group.Has)
	}
	if k.notes != nil {
		k.notes.Replace(k.resource.Kind, notes)
	}
}

// passNote passes on the note of an object. A nil note means that the object was deleted.
func (k *kind) passNote(key string, note any) {
	if k.notes != nil {
		k.notes.Set(k.resource.Kind, key, note)
	}
}

// clear removes all rows.
func (k *kind) clear() {
	k.group.Clear()
	if k.notes != nil {
		k.notes.Replace(k.resource.Kind, nil)
	}
}

func (k *kind) readState() kindState {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.state
	s.errors = maps.Clone(s.errors)
	return s
}

func (k *kind) update(f func(*kindState)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f(&k.state)
}

// noteStart records that a watch of the given version starts.
func (k *kind) noteStart(version string) {
	k.update(func(s *kindState) {
		s.known, s.version, s.unrecorded, s.unsupported, s.started = true, version, false, nil, k.now()
	})
}

// markAbsent records that the kind is not served, or only in unsupported versions, and removes its rows.
func (k *kind) markAbsent(unsupported ...string) {
	k.clear()
	k.update(func(s *kindState) {
		s.known, s.version, s.synced, s.short, s.unsupported = true, "", false, 0, unsupported
		s.failing.Succeed()
	})
}

// markUnread records that the kind could not be read when the snapshot was taken.
func (k *kind) markUnread(m snapshot.Missing) {
	k.clear()
	k.update(func(s *kindState) {
		s.known, s.version, s.synced = true, m.Version, false
		s.failing.Reason, s.failingSince = failure.Classify(recordedFailure(m.Reason)), k.now()
		s.failures = missesUntilDown // it cannot succeed later
	})
}

// withdraw removes the rows because they are stale.
func (k *kind) withdraw() {
	k.clear()
	k.update(func(s *kindState) { s.synced = false })
}

// markSynced records that the rows are complete.
func (k *kind) markSynced() {
	k.noteSuccess()
	k.update(func(s *kindState) {
		s.lastEvent = k.now()
		s.heard = s.lastEvent
		s.syncTook = s.lastEvent.Sub(s.started)
		s.synced = true
	})
}

// noteEvent records an event of a stream.
func (k *kind) noteEvent() {
	now := k.now()
	k.update(func(s *kindState) { s.heard = now })
	k.noteActivity()
}

// noteActivity records that the watch has received data.
func (k *kind) noteActivity() {
	now := k.now()
	k.mu.Lock()
	k.state.lastEvent = now
	failing := k.state.failing.Reason != ""
	k.mu.Unlock()
	if failing {
		k.noteSuccess()
	}
}

// noteSuccess records a successful attempt. After a series of short streams, only a stream that
// lasts counts as a success.
func (k *kind) noteSuccess() {
	k.mu.Lock()
	if k.state.short >= shortStreams {
		k.mu.Unlock()
		return
	}
	reason := k.state.failing.Reason
	k.state.failing.Succeed()
	k.state.failures = 0
	if k.state.short == 0 {
		k.state.logged = ""
	}
	k.mu.Unlock()
	if reason != "" {
		k.log.Debug("watch recovered", "kind", k.resource.Kind, "reason", string(reason))
	}
}

// noteFailure records a failed attempt. Repeated failures with the same reason are logged once.
func (k *kind) noteFailure(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return // the exporter is stopping
	}
	reason := failure.Classify(err)
	k.mu.Lock()
	if k.state.errors == nil {
		k.state.errors = map[failure.Reason]uint64{}
	}
	k.state.errors[reason]++
	if reason == failure.ReasonExpired { // normal: the reflector lists again
		k.mu.Unlock()
		return
	}
	if k.state.failing.Reason == "" {
		k.state.failingSince = k.now()
	}
	if k.state.failing.Fail(reason) {
		k.state.failingText = publicText(err)
	}
	k.state.failures++
	reason, logged := k.state.failing.Reason, k.state.logged
	k.state.logged = reason
	k.mu.Unlock()
	if logged != reason {
		level := slog.LevelWarn
		switch reason {
		case failure.ReasonTimeout, failure.ReasonRefused, failure.ReasonDNS, failure.ReasonTLS, failure.ReasonUnauthorized,
			failure.ReasonNetwork:
			level = slog.LevelDebug // an outage of the whole cluster, which its probe logs once
		}
		k.log.Log(ctx, level, "watch failed", "kind", k.resource.Kind, "group", k.resource.Group, "reason", string(reason), "err", redact.Error(err))
	}
}

// switchToList records that a LIST has succeeded after a WatchList stream without progress. From then on, the kind is
// listed and watched, until the connection or the version of the server changes.
func (k *kind) switchToList(ctx context.Context) {
	k.mu.Lock()
	if k.state.errors == nil {
		k.state.errors = map[failure.Reason]uint64{}
	}
	k.state.errors[failure.ReasonWatchList]++
	k.state.listOnly = true
	k.mu.Unlock()
	k.log.WarnContext(ctx, "WatchList failed: its initial events do not end; falling back to LIST",
		"action", "check the API server and proxies before it, or set watchList: false for the cluster", "kind", k.resource.Kind, "group", k.resource.Group, "reason", string(failure.ReasonWatchList))
}

// countPartial counts an object with values of the wrong type.
func (k *kind) countPartial() {
	k.mu.Lock()
	k.state.partial++
	first := k.state.partial == 1
	k.mu.Unlock()
	if first {
		k.log.Warn("object has values of the wrong type; they are left out", "kind", k.resource.Kind)
	}
}

// isSettled reports whether the kind is complete, not served, or has definitely failed: its list was refused, or two
// attempts failed.
func (s *kindState) isSettled() bool {
	switch {
	case !s.known:
		return false
	case s.version == "", s.synced:
		return true
	case s.failing.Reason == failure.ReasonForbidden, s.failing.Reason == failure.ReasonUnauthorized,
		s.failing.Reason == failure.ReasonNotFound:
		return true
	}
	return s.failures >= 2
}

// publicText returns the text of an error for the API, which is open to more people than the log. It is empty if the
// text may quote a file of the user.
func publicText(err error) string {
	if reason := failure.Classify(err); reason == failure.ReasonConfig || reason == failure.ReasonDecode {
		return ""
	}
	return redact.WithoutURLs(err)
}
