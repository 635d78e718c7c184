// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// snapshotContent is the content of the snapshot of a cluster.
type snapshotContent struct {
	meta    snapshot.Meta
	objects snapshot.Objects
	// missing has the kinds that could not be read when the snapshot was taken. clusterFailure is set if the cluster could
	// not be reached at all.
	missing        map[schema.GroupKind]snapshot.Missing
	clusterFailure error
}

func readSnapshot(ctx context.Context, cluster string, d snapshot.Dir) (c snapshotContent, err error) {
	if c.meta, err = d.ReadMeta(ctx); err != nil {
		return c, err
	}
	if c.objects, err = snapshot.ReadObjects(ctx, d.Path); err != nil {
		return c, err
	}
	c.missing = map[schema.GroupKind]snapshot.Missing{}
	for _, m := range c.meta.MissingIn(cluster) {
		switch {
		case m.OpenBao != "", m.Aurora != "", m.Endpoint != "":
		case m.Kind == "":
			c.clusterFailure = recordedFailure(m.Reason)
		default:
			c.missing[schema.GroupKind{Group: m.Group, Kind: m.Kind}] = m
		}
	}
	return c, nil
}

// objectsOf returns the objects of a kind, and the version of the last one. The version is empty if there are no objects
// in a supported version.
func (c snapshotContent) objectsOf(r Resource) (version string, objects []snapshot.Object) {
	for _, o := range c.objects[schema.GroupKind{Group: r.Group, Kind: r.Kind}] {
		if !slices.Contains(r.Versions, o.Version) {
			continue
		}
		version = o.Version
		if o.Raw != nil {
			objects = append(objects, o)
		}
	}
	return version, objects
}

// errNoObjects is the error of a snapshot without any object.
var errNoObjects = errors.New("no Kubernetes object found in any *.yaml, *.yml or *.json file")

// errNoWatchedKind is the error of a snapshot without watched kinds.
var errNoWatchedKind = errors.New("no object of a watched kind found")

// hasWatchedKinds reports whether a snapshot has objects of a watched kind, or Secrets, which may describe clusters.
func (c *Cluster) hasWatchedKinds(content snapshotContent) bool {
	_, ok := content.objects[schema.GroupKind{Kind: "Secret"}]
	return ok || slices.ContainsFunc(c.kinds, func(k *kind) bool {
		_, ok := content.objects[schema.GroupKind{Group: k.resource.Group, Kind: k.resource.Kind}]
		return ok
	})
}

// renewalPause limits the time spent on reading a snapshot to 2 %. A snapshot whose timestamps move with the clock is
// read again at each probe, which takes long if the snapshot is large.
const renewalPause = 50

// unsupported returns the versions of objects that the snapshot has only in unsupported versions. read has the keys of
// the objects in supported versions.
func (c snapshotContent) unsupported(r Resource, read map[string]int) []string {
	var all []string
	for _, o := range c.objects[schema.GroupKind{Group: r.Group, Kind: r.Kind}] {
		if slices.Contains(r.Versions, o.Version) || slices.Contains(all, o.Version) {
			continue
		}
		var object Object
		if len(read) > 0 { // without any, the key is not needed
			_ = json.Unmarshal(o.Raw, &object, lenientOptions) // after an error, the key is empty
		}
		if _, ok := read[object.Metadata.key()]; !ok {
			all = append(all, o.Version)
		}
	}
	return all
}

// runSnapshot reads the snapshot, and reads it again after changes. If it cannot be read, the previous rows stay.
func (c *Cluster) runSnapshot(ctx context.Context) {
	last := ""
	for ctx.Err() == nil {
		fingerprint, view, read, began := c.Fingerprint(ctx), c.view.Load(), c.options.Now(), time.Now()
		moves, err := c.loadSnapshot(ctx, *view, fingerprint != last)
		last = fingerprint
		renewal := max(c.options.ProbeInterval, renewalPause*time.Since(began))
		broken := err
		if _, ok := errors.AsType[recordedError](err); ok {
			broken = nil
		} else if err != nil {
			err = fmt.Errorf("%w: snapshot: %w", failure.ErrConfig, err)
		}
		c.updateState(func(s *clusterState) { s.broken = broken })
		c.recordProbe(err)
		changed := func() bool {
			return c.Fingerprint(ctx) != fingerprint || c.view.Load() != view || moves && c.options.Now().Sub(read) >= renewal
		}
		for c.waitForChange(ctx, c.options.ProbeInterval, changed) {
			c.recordProbe(err)
		}
	}
}

// ReadSnapshot reads the snapshot of the cluster once, without [Cluster.Run]. Afterwards, its rows and notes are
// complete.
func (c *Cluster) ReadSnapshot(ctx context.Context) error {
	if c.Snapshot == nil {
		return os.ErrInvalid
	}
	_, err := c.loadSnapshot(ctx, *c.view.Load(), true)
	if _, ok := errors.AsType[recordedError](err); ok || errors.Is(err, errNoObjects) {
		return nil // the cluster was not reached when the snapshot was taken, or is empty
	}
	return err
}

// SnapshotProblems returns the values of the wrong type in the snapshot, and the error of the last attempt to read it.
func (c *Cluster) SnapshotProblems() (mistyped []string, broken error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.mistyped, c.state.broken
}

// loadSnapshot reads the snapshot. first means that this version of it has not been read before, so values of the wrong
// type are counted and logged. moves reports whether its timestamps move with the clock.
func (c *Cluster) loadSnapshot(ctx context.Context, view fleet.View, first bool) (moves bool, err error) {
	content, err := readSnapshot(ctx, c.Name, *c.Snapshot)
	if err != nil {
		return false, err
	}
	if content.clusterFailure == nil && content.meta.ServerVersion == "" && !c.Snapshot.MayBeEmpty {
		switch {
		case len(content.objects) == 0:
			return false, fmt.Errorf("%s: %w", c.Snapshot.Path, errNoObjects)
		case !c.hasWatchedKinds(content):
			return false, fmt.Errorf("%s: %w", c.Snapshot.Path, errNoWatchedKind)
		}
	}
	now := c.options.Now()
	shift := c.Snapshot.TimeShift(content.meta, now)
	var mistyped []string
	// A snapshot is one observation, at the time at which it was taken.
	seen := lifecycle.Observation{Now: now, Once: true}
	if !content.meta.TakenAt.IsZero() {
		seen.Now = content.meta.TakenAt
	}
	versions, entries := make([]string, len(c.kinds)), make([][]*exposition.Entry, len(c.kinds))
	unsupported := make([][]string, len(c.kinds))
	for i, k := range c.kinds {
		rows := k.newRows()
		rows.Shift(shift)
		var objects []snapshot.Object
		versions[i], objects = content.objectsOf(k.resource)
		at := map[string]int{}
		for _, o := range objects {
			rendered, err := k.resource.Render(view, o.Raw, seen, rows)
			if err != nil {
				return false, o.Errorf("%s: %w", k.resource.Kind, err)
			}
			if rendered.Partial {
				key, field := k.resource.mistyped(o.Raw)
				if field == "" {
					return false, o.Errorf("%s has no metadata.name: is the file cut off?", k.resource.Kind)
				}
				mistyped = append(mistyped, fmt.Sprintf("%s:%d: %s %s: %s has a value of the wrong type, which is left out", o.File, o.Line, k.resource.Kind, key, field))
				if first {
					k.countPartial()
				}
			}
			entry := rendered.Entry
			if entry == nil {
				continue
			}
			if n, ok := at[entry.Key]; ok { // the object is in two files: the later one is used
				entries[i][n] = entry
				continue
			}
			at[entry.Key] = len(entries[i])
			entries[i] = append(entries[i], entry)
		}
		unsupported[i] = content.unsupported(k.resource, at)
	}
	unrecorded := content.unrecorded(c.kinds)
	for i, k := range c.kinds {
		missing, ok := content.missing[schema.GroupKind{Group: k.resource.Group, Kind: k.resource.Kind}]
		switch {
		case content.clusterFailure != nil: // the state of the cluster is unknown
		case ok:
			k.markUnread(missing)
		case versions[i] == "":
			k.markAbsent(unsupported[i]...)
			k.update(func(s *kindState) { s.unrecorded = unrecorded[k] })
		default:
			k.noteStart(versions[i])
			k.replace(entries[i])
			k.markSynced()
			k.update(func(s *kindState) { s.unsupported = unsupported[i] })
		}
	}
	c.updateState(func(s *clusterState) {
		s.serverVersion, s.uid, s.mistyped = content.meta.ServerVersion, content.meta.ClusterUID, mistyped
		s.complete = content.meta.KindsKnown
	})
	for _, text := range mistyped {
		if first {
			c.log.Warn("snapshot has a value of the wrong type", "value", text)
		}
	}
	return c.Snapshot.ShiftsTime(content.meta), content.clusterFailure
}
