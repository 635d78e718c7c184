// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// readyInterval is the readiness poll interval.
const readyInterval = 20 * time.Millisecond

// fileInterval is the interval at which the configuration files are compared with the loaded ones,
// because a change of a mounted ConfigMap sends no signal.
const fileInterval = 2 * time.Second

// reload applies the configuration file completely or not at all. Without an error, the new configuration is served when
// it returns.
func (a *app) reload(ctx context.Context) error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(a.ctx, func() { cancel(errors.New("the exporter is stopping")) })()
	a.loadedHashes = hashFiles(ctx, a.files...) // an invalid file is loaded again only after it has changed
	err := a.replace(ctx)
	a.reloaded(err)
	return err
}

func (a *app) replace(ctx context.Context) error {
	s, err := a.options.settings(ctx)
	if err != nil {
		return err
	}
	a.files, a.loadedHashes = s.files, s.hashes
	current := a.current.Load()
	if current.canApply(s) {
		return current.roster.apply(ctx, fleet.FromConfig(s.config))
	}
	next, err := a.prepare(s, current, func(g *generation) error { return poll(ctx, g.isReady) })
	if err != nil {
		return err
	}
	a.activate(next)
	return nil
}

func (a *app) reloaded(err error) {
	a.self.setReloaded(err)
	if err != nil {
		a.options.Log.Error("loading the configuration failed; the previous configuration stays in effect", "file", a.options.source(), "err", err)
		return
	}
	a.options.Log.Info("configuration loaded", "file", a.options.source())
}

// follow reloads on request and after changes of files. A change is applied only when two polls find the same content,
// because a partially written file may be valid.
func (a *app) follow(ctx context.Context) {
	tick := time.NewTicker(fileInterval)
	defer tick.Stop()
	for last := ""; ; {
		select {
		case <-ctx.Done():
			return
		case <-a.options.Reload:
		case <-tick.C:
			now, loaded := a.compareFiles(ctx)
			changed := now != loaded && now == last
			if last = now; !changed {
				continue
			}
		}
		_ = a.reload(ctx) // logged and counted
	}
}

// compareFiles returns the hashes of the current files and of the loaded files.
func (a *app) compareFiles(ctx context.Context) (now, loaded string) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	return hashFiles(ctx, a.files...), a.loadedHashes
}

// poll waits until done returns true, or returns an error when ctx ends.
func poll(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the fleet: %w", context.Cause(ctx))
		}
	}
	return nil
}
