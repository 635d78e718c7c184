// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// snapshotContent is what a snapshot has of a cluster.
type snapshotContent struct {
	meta    snapshot.Meta
	objects snapshot.Objects
	// missing are the kinds that were not read when the snapshot was taken; down is why
	// there are none at all, if the cluster was not reached.
	missing map[schema.GroupKind]snapshot.Missing
	down    error
}

func readSnapshot(cluster string, d snapshot.Dir) (c snapshotContent, err error) {
	if c.meta, err = d.Meta(); err != nil {
		return c, err
	}
	if c.objects, err = snapshot.ReadObjects(d.Path); err != nil {
		return c, err
	}
	c.missing = map[schema.GroupKind]snapshot.Missing{}
	for _, m := range c.meta.MissingIn(cluster) {
		switch {
		case m.OpenBao != "", m.Aurora != "", m.Endpoint != "":
		case m.Kind == "":
			c.down = recorded(m.Reason)
		default:
			c.missing[schema.GroupKind{Group: m.Group, Kind: m.Kind}] = m
		}
	}
	return c, nil
}

// of returns the objects of a kind, and the version of the last one; it is empty if the
// kind is not served in a version that is read.
func (c snapshotContent) of(r Resource) (version string, objects []snapshot.Object) {
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

// runSnapshot feeds the cluster from a directory and follows its changes. A
// directory that cannot be read changes nothing: what was read before stays.
func (c *Cluster) runSnapshot(ctx context.Context) {
	for ctx.Err() == nil {
		fingerprint, view := c.Fingerprint(), c.view.Load()
		err := c.loadSnapshot(*view)
		if _, ok := errors.AsType[recordedError](err); err != nil && !ok {
			err = fmt.Errorf("%w: snapshot: %w", failure.ErrConfig, err)
		}
		c.contact(err)
		changed := func() bool { return c.Fingerprint() != fingerprint || c.view.Load() != view }
		for c.wait(ctx, c.options.ProbeInterval, changed) {
			c.contact(err)
		}
	}
}

// ReadSnapshot reads the snapshot that stands for the cluster once, without
// [Cluster.Run]: its rows and notes exist afterwards.
func (c *Cluster) ReadSnapshot() error {
	if c.Snapshot == nil {
		return os.ErrInvalid
	}
	err := c.loadSnapshot(*c.view.Load())
	if _, ok := errors.AsType[recordedError](err); ok {
		return nil // the cluster was not reached when the snapshot was taken
	}
	return err
}

func (c *Cluster) loadSnapshot(view fleet.View) error {
	content, err := readSnapshot(c.Name, *c.Snapshot)
	if err != nil {
		return err
	}
	shift := c.clock.Shift(*c.Snapshot, content.meta, c.options.Now())
	versions, entries := make([]string, len(c.kinds)), make([][]*exposition.Entry, len(c.kinds))
	for i, k := range c.kinds {
		rows := k.group.Rows()
		rows.Shift(shift)
		var objects []snapshot.Object
		versions[i], objects = content.of(k.resource)
		at := map[string]int{}
		for _, o := range objects {
			entry, partial, err := k.resource.Render(view, o.Raw, rows)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", o.File, k.resource.Kind, err)
			}
			if partial {
				k.decodedPartially()
			}
			if entry == nil {
				continue
			}
			if n, ok := at[entry.Key]; ok { // files may overlap: the later one holds
				entries[i][n] = entry
				continue
			}
			at[entry.Key] = len(entries[i])
			entries[i] = append(entries[i], entry)
		}
	}
	for i, k := range c.kinds {
		gone, ok := content.missing[schema.GroupKind{Group: k.resource.Group, Kind: k.resource.Kind}]
		switch {
		case content.down != nil: // nothing is known of it
		case ok:
			k.unread(gone)
		case versions[i] == "":
			k.absent()
		default:
			k.begin(versions[i])
			k.replace(entries[i])
			k.synchronized()
		}
	}
	c.update(func(s *clusterState) { s.serverVersion, s.uid = content.meta.ServerVersion, content.meta.ClusterUID })
	return content.down
}
