// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// shifted remembers when a snapshot was first read.
type shifted struct{ takenAt, at time.Time }

// runSnapshot feeds the cluster from a directory and follows its changes. A
// directory that cannot be read changes nothing: what was read before stays.
func (c *Cluster) runSnapshot(ctx context.Context) {
	for ctx.Err() == nil {
		fingerprint, view := c.Fingerprint(), c.view.Load()
		err := c.loadSnapshot(*view)
		if _, ok := errors.AsType[recordedError](err); err != nil && !ok {
			err = fmt.Errorf("%w: snapshot: %w", errConfig, err)
		}
		c.contact(err)
		changed := func() bool { return c.Fingerprint() != fingerprint || c.view.Load() != view }
		for c.wait(ctx, c.options.ProbeInterval, changed) {
			c.contact(err)
		}
	}
}

// SnapshotObjects returns the objects of a kind in the directory of a snapshot, each
// as JSON, for those who do not watch it. Dumps may overlap: the later one holds.
func SnapshotObjects(dir string, kind schema.GroupKind) ([]json.RawMessage, error) {
	all, err := readObjects(dir)
	if err != nil {
		return nil, err
	}
	var found []json.RawMessage
	for _, o := range all[kind] {
		if o.raw != nil { // else it only says that the kind is served
			found = append(found, o.raw)
		}
	}
	return found, nil
}

func (c *Cluster) loadSnapshot(view fleet.View) error {
	meta, err := c.Snapshot.Meta()
	if err != nil {
		return err
	}
	raws, err := readObjects(c.Snapshot.Path)
	if err != nil {
		return err
	}
	if c.shifted == nil || !c.shifted.takenAt.Equal(meta.TakenAt) {
		// A file that is edited later must not move the others.
		c.shifted = &shifted{takenAt: meta.TakenAt, at: c.options.Now()}
	}
	shift := c.Snapshot.Shift(meta, c.shifted.at)
	type content struct {
		version string
		entries []*exposition.Entry
	}
	contents := make([]content, len(c.kinds))
	for i, k := range c.kinds {
		rows := k.group.Rows()
		rows.Shift(shift)
		at := map[string]int{}
		for _, o := range raws[schema.GroupKind{Group: k.resource.Group, Kind: k.resource.Kind}] {
			if !slices.Contains(k.resource.Versions, o.version) {
				continue
			}
			if o.raw == nil { // the head of a list
				contents[i].version = o.version
				continue
			}
			entry, partial, err := k.resource.Render(view, o.raw, rows)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", o.file, k.resource.Kind, err)
			}
			if partial {
				k.decodedPartially()
			}
			contents[i].version = o.version // of a kind that is there, even if nothing of it has rows
			if entry == nil {
				continue
			}
			if n, ok := at[entry.Key]; ok { // dumps may overlap: the later one holds
				contents[i].entries[n] = entry
				continue
			}
			at[entry.Key] = len(contents[i].entries)
			contents[i].entries = append(contents[i].entries, entry)
		}
	}
	missing, down := missingOf(meta, c.Name)
	for i, k := range c.kinds {
		gone, ok := missing[schema.GroupKind{Group: k.resource.Group, Kind: k.resource.Kind}]
		switch {
		case down != nil:
			continue // nothing is known of it
		case ok:
			k.unread(gone)
			continue
		case contents[i].version == "":
			k.absent()
			continue
		}
		k.begin(contents[i].version)
		k.replace(contents[i].entries)
		k.synchronized()
	}
	c.update(func(s *clusterState) { s.serverVersion, s.uid = meta.ServerVersion, meta.ClusterUID })
	return down
}

// missingOf are the kinds of a cluster that were not read when the snapshot was
// taken; down is why there are none at all, if the cluster was not reached.
func missingOf(meta fleet.SnapshotMeta, cluster string) (kinds map[schema.GroupKind]fleet.Missing, down error) {
	kinds = map[schema.GroupKind]fleet.Missing{}
	for _, m := range meta.Missing {
		switch {
		case m.Cluster != "" && m.Cluster != cluster, m.OpenBao != "", m.Aurora != "", m.Endpoint != "":
		case m.Kind == "":
			down = recorded(m.Reason)
		default:
			kinds[schema.GroupKind{Group: m.Group, Kind: m.Kind}] = m
		}
	}
	return kinds, down
}

type rawObject struct {
	file    string
	version string
	raw     []byte // nil if it is the head of a list
}

// readObjects reads every Kubernetes object below dir: single objects, lists
// and multi-document streams, as YAML or JSON.
func readObjects(dir string) (map[schema.GroupKind][]rawObject, error) {
	objects := map[schema.GroupKind][]rawObject{}
	// The separator makes it follow a link.
	err := filepath.WalkDir(dir+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == fleet.SnapshotFile {
			return err
		}
		switch strings.ToLower(filepath.Ext(path)) {
		case ".yaml", ".yml", ".json":
		default:
			return nil
		}
		file, err := os.Open(path) //nolint:gosec // below the configured directory
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		return readDocuments(path, file, objects)
	})
	return objects, err
}

func readDocuments(path string, r io.Reader, objects map[schema.GroupKind][]rawObject) error {
	documents := utilyaml.NewYAMLOrJSONDecoder(r, 4096)
	for n := 1; ; n++ {
		var raw json.RawMessage
		err := documents.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = addObject(path, raw, objects)
		}
		if err != nil {
			return fmt.Errorf("%s: document %d: %w", path, n, err)
		}
	}
}

func addObject(path string, raw []byte, objects map[schema.GroupKind][]rawObject) error {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return nil // an empty document
	}
	var head struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	if kind, ok := strings.CutSuffix(head.Kind, "List"); ok && head.Items != nil {
		if gv, err := schema.ParseGroupVersion(head.APIVersion); err == nil && kind != "" {
			// Even an empty list says that the kind is served.
			gk := schema.GroupKind{Group: gv.Group, Kind: kind}
			objects[gk] = append(objects[gk], rawObject{file: path, version: gv.Version})
		}
		for _, item := range head.Items {
			if err := addObject(path, item, objects); err != nil {
				return err
			}
		}
		return nil
	}
	gv, err := schema.ParseGroupVersion(head.APIVersion)
	if err != nil || head.Kind == "" {
		return nil //nolint:nilerr // not a Kubernetes object
	}
	gk := schema.GroupKind{Group: gv.Group, Kind: head.Kind}
	objects[gk] = append(objects[gk], rawObject{file: path, version: gv.Version, raw: raw})
	return nil
}
