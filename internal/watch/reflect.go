// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
)

// runReflector keeps the rows of a kind up to date until ctx ends.
func (a *api) runReflector(ctx context.Context, k *kind, as servedKind, view fleet.View, watchList bool) {
	// The kind logs errors; client-go would log them again.
	quiet := logr.Discard()
	ctx = klog.NewContext(ctx, quiet)
	s := newStore(k, view)
	source := &source{kind: k, api: a, as: as, store: s, list: !watchList}
	cache.NewReflectorWithOptions(source, nil, s, cache.ReflectorOptions{
		Name:            k.resource.Kind,
		TypeDescription: k.resource.Kind,
		Logger:          &quiet,
	}).RunWithContext(ctx)
}

// source lists and watches one resource for a reflector.
type source struct {
	kind   *kind
	api    *api
	as     servedKind
	store  *store
	list   bool // no WatchList: LIST, then WATCH
	opened bool // a stream, at least once
	// noProgress reports that the last WatchList stream was ended because it made no progress.
	noProgress atomic.Bool
}

var _ cache.ListerWatcherWithContext = (*source)(nil)

// IsWatchListSemanticsUnSupported reports whether the reflector must use LIST instead of WatchList.
func (s *source) IsWatchListSemanticsUnSupported() bool { return s.list }

// ListWithContext reads a LIST as a stream and keeps only the rows of its objects.
func (s *source) ListWithContext(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
	list, err := s.readStaged(ctx, o)
	if err != nil {
		s.kind.noteFailure(ctx, err)
		return nil, err
	}
	if s.noProgress.Swap(false) {
		s.kind.switchToList(ctx)
	}
	return list, nil
}

func (s *source) readStaged(ctx context.Context, o metav1.ListOptions) (*stagedList, error) {
	if o.Continue == "" {
		s.store.begin()
	}
	body, err := s.api.openList(ctx, s.kind.resource.Group, s.as, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	list, rows := &stagedList{}, s.kind.newRows()
	list.ListMeta, err = decodeList(body, s.kind.resource.create, func(item object, partial bool) {
		if partial {
			s.kind.countPartial()
		}
		if item.meta().Name == "" { // not an object
			return
		}
		if o := s.store.add(rows, item); o.skipped || !s.store.stage.LeaveOut(o.place) {
			list.Items = append(list.Items, o)
		}
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// WatchWithContext opens a watch or a WatchList.
func (s *source) WatchWithContext(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	o.Watch = true
	if err := s.backOff(ctx); err != nil {
		return nil, err
	}
	if o.SendInitialEvents != nil {
		return s.watchList(ctx, o)
	}
	if s.kind.needsConfirmation() {
		return nil, errors.New("no event or list was received for too long") // the reflector lists again
	}
	body, err := s.api.openList(ctx, s.kind.resource.Group, s.as, o)
	if err != nil {
		s.kind.noteFailure(ctx, err)
		return nil, err
	}
	stream := s.kind.noteOpened(body, true)
	ended := func(err error) { stream.noteEnd(ctx, err) }
	return watch.NewStreamWatcher(newStreamDecoder(stream, s.kind.resource.create, s.kind.countPartial, ended), errorReporter{}), nil
}

// backOff waits before a stream is opened again. The reflector itself backs off if a stream cannot be opened, but not if
// it ends soon.
func (s *source) backOff(ctx context.Context) error {
	if !s.opened { // no need to wait before the first stream
		s.opened = true
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.kind.nextPause()):
		return nil
	}
}

// List satisfies cache.ListerWatcher. The reflector calls [source.ListWithContext].
func (s *source) List(o metav1.ListOptions) (runtime.Object, error) {
	return s.ListWithContext(context.Background(), o)
}

// Watch satisfies cache.ListerWatcher. The reflector calls [source.WatchWithContext].
func (s *source) Watch(o metav1.ListOptions) (watch.Interface, error) {
	return s.WatchWithContext(context.Background(), o)
}

// errorReporter turns an error of the decoder into the object of an ERROR event.
type errorReporter struct{}

func (errorReporter) AsObject(err error) runtime.Object {
	return &metav1.Status{
		Status: metav1.StatusFailure, Code: 500, Reason: metav1.StatusReasonUnknown, Message: redact.Error(err),
	}
}
