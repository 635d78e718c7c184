// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
)

// A WatchList stream sends all objects and then a bookmark, with which the kind is
// complete. Some servers accept the request and never send it: Kubernetes before 1.27
// ignores sendInitialEvents, and a proxy may hold the answer back. A stream without
// progress is ended, and the reflector lists instead.

var (
	errNoProgress  = errors.New("the WatchList stream does not complete its initial events")
	errListInstead = errors.New("falling back to LIST")
)

// watchList opens a WatchList stream. A LIST follows an error and has the reason if it fails too.
// The reflector waits after a retriable error even if its context has ended, so these errors are
// not retriable.
func (s *source) watchList(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	if s.kind.readState().listOnly {
		return nil, errListInstead
	}
	s.store.begin()
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(s.kind.stalled, func() { cancel(errNoProgress) })
	body, err := s.api.openList(ctx, s.kind.resource.Group, s.as, o)
	if err != nil {
		timer.Stop()
		s.noProgress.Store(errors.Is(context.Cause(ctx), errNoProgress))
		cancel(nil)
		return nil, errors.New(redact.Error(err))
	}
	stream := s.kind.noteOpened(&canceledBody{body, cancel}, false)
	// An object may be decoded while the stream is ended: both the error and the object are checked.
	cut := func() bool {
		noProgress := errors.Is(context.Cause(ctx), errNoProgress)
		if noProgress {
			s.noProgress.Store(true)
		}
		return noProgress
	}
	d := &initialDecoder{timer: timer, stalled: s.kind.stalled, cut: cut}
	d.streamDecoder = newStreamDecoder(stream, s.kind.resource.create, s.kind.countPartial, func(err error) {
		if !cut() {
			stream.ended(ctx, err)
		}
	})
	return watch.NewStreamWatcher(d, errorReporter{}), nil
}

// tryWatchList tries WatchList streams again for the kinds that are listed instead.
func (c *Cluster) tryWatchList() {
	for _, k := range c.kinds {
		k.update(func(s *kindState) { s.listOnly = false })
	}
}

// noteServerVersion notes the version of the server.
func (c *Cluster) noteServerVersion(version string) {
	c.mu.Lock()
	changed := c.state.serverVersion != version
	c.state.serverVersion = version
	c.mu.Unlock()
	if changed {
		c.tryWatchList()
	}
}

// canceledBody ends its request when it is closed.
type canceledBody struct {
	io.ReadCloser

	cancel context.CancelCauseFunc
}

// BeginObject is for [fleet.BeginObject].
func (b *canceledBody) BeginObject() { fleet.BeginObject(b.ReadCloser) }

func (b *canceledBody) Close() error {
	b.cancel(nil)
	return b.ReadCloser.Close()
}

// initialDecoder decodes a WatchList stream.
type initialDecoder struct {
	*streamDecoder

	timer    *time.Timer // cuts the stream
	stalled  time.Duration
	complete bool
	cut      func() bool
}

// Decode returns the next event. Only new objects are progress: changes arrive for ever.
func (d *initialDecoder) Decode() (watch.EventType, runtime.Object, error) {
	kind, o, err := d.streamDecoder.Decode()
	switch item, _ := o.(object); {
	case d.complete:
	case d.cut():
		return watch.Error, &metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusMethodNotAllowed, Reason: metav1.StatusReasonMethodNotAllowed,
			Message: errNoProgress.Error(),
		}, nil
	case err != nil:
		d.timer.Stop()
	case kind == watch.Added:
		d.timer.Reset(d.stalled)
	case kind == watch.Bookmark && item.meta().GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true":
		d.complete = true
		d.timer.Stop()
	}
	return kind, o, err
}
