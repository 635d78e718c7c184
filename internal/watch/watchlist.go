// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// A WatchList stream sends all objects and then a bookmark, which completes the kind. Some servers accept the request
// but never send the bookmark: Kubernetes before 1.27 ignores sendInitialEvents, and a proxy may hold back the
// response. A stream without progress is ended, and the objects are listed instead.

var (
	errNoProgress  = errors.New("the WatchList stream does not complete its initial events")
	errInterrupted = errors.New("the WatchList stream ended before its initial events were complete")
)

// readWatchList reads all objects as the initial events of a stream, which it returns. After an error other than errInterrupted, the
// objects are listed, so that errors of requests are not recorded here.
func (r *reflector) readWatchList(ctx context.Context) (*stream, error) {
	r.pauseBeforeStream(ctx)
	r.store.begin()
	bounded, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(r.kind.stalled, func() { cancel(errNoProgress) })
	defer timer.Stop()
	initialEvents, requested := true, time.Now()
	body, err := r.api.openList(bounded, r.kind.resource.Group, r.as, metav1.ListOptions{
		Watch: true, ResourceVersion: r.version, AllowWatchBookmarks: true, TimeoutSeconds: streamTimeout(),
		SendInitialEvents: &initialEvents, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	if err != nil {
		defer cancel(nil)
		return nil, causeOr(bounded, err)
	}
	s := r.kind.noteOpened(body, requested, false)
	s.cancel = func() { cancel(nil) }
	err = r.readInitialEvents(s, timer)
	if err == nil {
		return s, nil
	}
	if err = causeOr(bounded, err); errors.Is(err, errNoProgress) {
		cancel(err) // so that it does not count as a failure of the stream
	}
	s.noteEnd(bounded, err)
	if errors.Is(err, io.EOF) && time.Since(requested) >= r.kind.steady { // otherwise, it has been recorded
		r.kind.noteFailure(ctx, failure.ErrClosed)
	}
	return nil, err
}

// causeOr returns errNoProgress if it is why ctx has ended, else err.
func causeOr(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errNoProgress) {
		return errNoProgress
	}
	return err
}

// readInitialEvents reads until the bookmark and replaces the rows. The timer ends the stream. Only new objects count as progress,
// because changes never end.
func (r *reflector) readInitialEvents(s *stream, timer *time.Timer) error {
	for events := 0; ; events++ {
		kind, o, err := s.next()
		switch {
		case err != nil && isInterruption(err) && (events > 0 || time.Since(s.requested) >= emptyStream):
			return fmt.Errorf("%w: %w", errInterrupted, err)
		case err != nil:
			return err
		case kind == watch.Deleted:
			r.store.unstageObject(o)
		case kind != watch.Bookmark:
			if err := r.store.stageObject(o); err != nil {
				return err
			}
			if kind == watch.Added {
				timer.Reset(r.kind.stalled)
			}
		case o.meta().Annotations[metav1.InitialEventsAnnotationKey] == "true":
			if !timer.Stop() {
				return errNoProgress
			}
			version := o.meta().ResourceVersion
			if version == "" {
				return fmt.Errorf("%w WatchList: no resource version", failure.ErrDecode)
			}
			r.version = version
			s.frames.shrink()
			r.store.replace()
			return nil
		}
	}
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
