// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// reflector keeps the rows of a kind up to date. It reads all objects, as a WatchList stream or a LIST, and then follows their changes.
//
// The reflector of client-go needs three goroutines for each watch, which pass on each event, and a temporary store of all objects.
// With 38 watches, their stacks were a third of the memory of a further cluster.
type reflector struct {
	kind      *kind
	api       *api
	as        servedKind
	store     *store
	watchList bool // try a WatchList before a LIST
	// version is the resource version of the last event or list; empty before the first list.
	version string
	opened  bool // a stream, at least once
}

const (
	// The pause before objects are read again begins with firstPause and doubles up to longestBackoff. Each pause is up to twice as
	// long, at random. The series begins anew after two minutes.
	longestBackoff = 30 * time.Second
	// pageSize is the number of objects in a page of a LIST.
	pageSize = 500
	// maxInterrupted is the number of interrupted WatchLists after which the objects are listed.
	maxInterrupted = 3
	// emptyStream is the lifetime below which a stream without an event proves nothing, so that the objects are read again.
	emptyStream = time.Second
)

// run keeps the rows up to date until ctx ends.
func (r *reflector) run(ctx context.Context) {
	backoff := wait.Backoff{Duration: firstPause, Factor: 2, Jitter: 1, Steps: 10, Cap: longestBackoff}.
		DelayWithReset(clock.RealClock{}, 4*longestBackoff)
	for ctx.Err() == nil {
		if s, err := r.readAll(ctx); err == nil {
			r.follow(ctx, s, backoff)
		}
		pause(ctx, backoff())
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// readAll reads all objects. After a WatchList it returns the stream, which continues with changes.
func (r *reflector) readAll(ctx context.Context) (*stream, error) {
	noProgress, useWatchList := false, r.watchList && !r.kind.readState().listOnly
	for tries := 0; useWatchList && tries < maxInterrupted && ctx.Err() == nil; tries++ {
		s, err := r.readWatchList(ctx)
		if err == nil {
			return s, nil
		}
		noProgress = errors.Is(err, errNoProgress)
		if !errors.Is(err, errInterrupted) {
			break // a LIST may succeed
		}
	}
	err := r.readList(ctx)
	if err == nil && noProgress {
		r.kind.switchToList(ctx)
	}
	return nil, err
}

// readList reads all objects in pages. If the known version or a page is no longer available, it reads the current objects in one
// response, which cannot expire.
func (r *reflector) readList(ctx context.Context) error {
	o := metav1.ListOptions{ResourceVersion: r.version}
	if r.version == "" { // from the cache of the API server, which then ignores the limit
		o.ResourceVersion, o.Limit = "0", pageSize
	}
	err := r.readPages(ctx, o)
	if err == nil {
		return nil
	}
	r.kind.noteFailure(ctx, err)
	if failure.Classify(err) == failure.ReasonExpired || apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge) {
		if err = r.readPages(ctx, metav1.ListOptions{}); err != nil {
			r.kind.noteFailure(ctx, err)
		}
	}
	return err
}

func (r *reflector) readPages(ctx context.Context, o metav1.ListOptions) error {
	r.store.begin()
	for {
		page, err := r.readPage(ctx, o)
		if err != nil {
			return err
		}
		if o.Continue = page.Continue; o.Continue == "" {
			r.version = page.ResourceVersion
			r.store.replace()
			return nil
		}
		o.ResourceVersion = "" // the token has it
	}
}

func (r *reflector) readPage(ctx context.Context, o metav1.ListOptions) (metav1.ListMeta, error) {
	body, err := r.api.openList(ctx, r.kind.resource.Group, r.as, o)
	if err != nil {
		return metav1.ListMeta{}, err
	}
	defer func() { _ = body.Close() }()
	if err := r.store.receive(pageSize); err != nil { // also if the page is empty
		return metav1.ListMeta{}, err
	}
	return decodeList(body, r.kind.resource.create, func(item object, partial bool) error {
		if partial {
			r.kind.countPartial()
		}
		return r.store.stageObject(item)
	})
}

// follow applies changes until the objects have to be read again, or until ctx ends. s is an open stream, or nil.
func (r *reflector) follow(ctx context.Context, s *stream, backoff wait.DelayFunc) {
	mayContinue := s == nil || r.apply(ctx, s)
	for mayContinue && ctx.Err() == nil {
		s, err := r.openWatch(ctx)
		if err == nil {
			mayContinue = r.apply(ctx, s)
			continue
		}
		if reason := failure.Classify(err); reason != failure.ReasonRefused && reason != failure.ReasonThrottled {
			return
		}
		pause(ctx, backoff()) // reading all objects would cost an overloaded server more
	}
}

// openWatch opens a stream of the changes since the last version.
func (r *reflector) openWatch(ctx context.Context) (*stream, error) {
	r.pauseBeforeStream(ctx)
	if r.kind.needsConfirmation() {
		return nil, errors.New("no event or list was received for too long")
	}
	requested := time.Now()
	body, err := r.api.openList(ctx, r.kind.resource.Group, r.as, metav1.ListOptions{
		Watch: true, ResourceVersion: r.version, AllowWatchBookmarks: true, TimeoutSeconds: streamTimeout(),
	})
	if err != nil {
		r.kind.noteFailure(ctx, err)
		return nil, err
	}
	return r.kind.noteOpened(body, requested, true), nil
}

// pauseBeforeStream waits before a stream is opened again: longer after a series of streams that ended soon.
func (r *reflector) pauseBeforeStream(ctx context.Context) {
	if r.opened {
		pause(ctx, r.kind.nextPause())
	}
	r.opened = true
}

// streamTimeout returns the time, in seconds, after which the API server ends a stream: 5 to 10 minutes, so that the streams of an
// exporter do not all end at the same time.
func streamTimeout() *int64 {
	seconds := 300 + rand.Int64N(300) //nolint:gosec // jitter
	return &seconds
}

// apply applies the events of a stream until it ends, and reports whether another stream may continue after the last event.
func (r *reflector) apply(ctx context.Context, s *stream) bool {
	for events := 0; ; events++ {
		kind, o, err := s.next()
		if err != nil {
			s.noteEnd(ctx, err)
			return isInterruption(err) && (events > 0 || time.Since(s.requested) >= emptyStream)
		}
		switch kind {
		case watch.Deleted:
			r.store.remove(o)
		case watch.Bookmark: // about one per minute; no object has changed
			r.store.rest()
		default:
			r.store.update(o)
		}
		r.kind.noteEvent()
		if version := o.meta().ResourceVersion; version != "" {
			r.version = version
		}
	}
}

// isInterruption reports whether a stream ended without a response that needs a LIST.
func isInterruption(err error) bool {
	if errors.Is(err, io.EOF) {
		return true
	}
	if errors.As(err, new(apierrors.APIStatus)) {
		return false
	}
	reason := failure.Classify(err)
	return reason == failure.ReasonNetwork || reason == failure.ReasonTimeout
}

// newReflector returns the reflector of a kind.
func (a *api) newReflector(k *kind, as servedKind, view fleet.View, watchList bool) *reflector {
	return &reflector{kind: k, api: a, as: as, store: newStore(k, view), watchList: watchList}
}
