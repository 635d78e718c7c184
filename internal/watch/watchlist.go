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

// A WatchList stream sends all objects and then a bookmark, which completes the kind. Some servers accept the request
// but never send the bookmark: Kubernetes before 1.27 ignores sendInitialEvents, and a proxy may hold back the
// response. A stream without progress is ended, and the reflector lists instead.

var (
	errNoProgress  = errors.New("the WatchList stream does not complete its initial events")
	errListInstead = errors.New("falling back to LIST")
)

// watchList opens a WatchList stream. After an error, the reflector lists, so the error is not recorded here. The errors
// are not retriable, because the reflector waits after a retriable error even if its context has ended.
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
	// Both errors and decoded objects are checked, because an object may be decoded while the timer ends the stream.
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
			stream.noteEnd(ctx, err)
		}
	})
	return watch.NewStreamWatcher(d, errorReporter{}), nil
}

// tryWatchList allows WatchList streams again for the kinds that were switched to LIST.
func (c *Cluster) tryWatchList() {
	for _, k := range c.kinds {
		k.update(func(s *kindState) { s.listOnly = false })
	}
}

// noteServerVersion records the version of the server. After a change, WatchList streams are tried again.
func (c *Cluster) noteServerVersion(version string) {
	c.mu.Lock()
	changed := c.state.serverVersion != version
	c.state.serverVersion = version
	c.mu.Unlock()
	if changed {
		c.tryWatchList()
	}
}

// canceledBody is a body that cancels its request when it is closed.
type canceledBody struct {
	io.ReadCloser

	cancel context.CancelCauseFunc
}

// BeginObject passes on a call of [fleet.BeginObject].
func (b *canceledBody) BeginObject() { fleet.BeginObject(b.ReadCloser) }

func (b *canceledBody) Close() error {
	b.cancel(nil)
	return b.ReadCloser.Close()
}

// initialDecoder decodes a WatchList stream.
type initialDecoder struct {
	*streamDecoder

	timer    *time.Timer // ends the stream
	stalled  time.Duration
	complete bool
	cut      func() bool // reports whether the timer has ended the stream
}

// Decode returns the next event. Only new objects count as progress, because changes never end.
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
		d.frames.shrink()
	}
	return kind, o, err
}
