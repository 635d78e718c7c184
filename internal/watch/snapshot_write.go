// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// SnapshotReport describes the snapshot of a cluster after it has been written.
type SnapshotReport struct {
	ServerVersion string
	// UID is the UID of the cluster, or empty if it is unknown.
	UID string
	// Kinds are the kinds that the cluster serves.
	Kinds []SnapshotKind
	// Failure is set if the cluster could not be read at all.
	Failure *Failure
}

// SnapshotKind describes a kind in a [SnapshotReport].
type SnapshotKind struct {
	Group, Kind, Version string
	Objects              int
	// Failure is set if the kind is not in the snapshot.
	Failure *Failure
}

// Failure is the reason why a cluster or a kind could not be read.
type Failure struct {
	Reason failure.Reason
	Text   string // for people; without secrets
}

func failureOf(err error) *Failure {
	return &Failure{Reason: failure.Classify(err), Text: redact.Error(err)}
}

// WriteSnapshot writes the objects of a cluster into dir, one file for each kind, reduced by [Resource.Keep]. The kinds
// are listed one after the other. A failed read is recorded in the report; only a failed write is an error.
func WriteSnapshot(ctx context.Context, c fleet.Cluster, sets []Set, dir string) (SnapshotReport, error) {
	w := &writer{dir: dir}
	for _, set := range sets {
		w.resources = append(w.resources, set.Resources...)
	}
	if c.Snapshot != nil {
		return w.out, w.copySnapshot(ctx, c.Name, *c.Snapshot)
	}
	err := w.listKinds(ctx, c)
	return w.out, err
}

// writer writes the objects of one cluster.
type writer struct {
	dir       string
	resources []Resource
	out       SnapshotReport
}

// listKinds writes the objects of a running cluster.
func (w *writer) listKinds(ctx context.Context, c fleet.Cluster) error {
	c.WatchList = false // kinds are listed
	a := connect(c, nil)
	defer a.client.Close()
	var err error
	var found servedKinds
	for range missesUntilDown {
		if found, err = a.discover(ctx, probeTimeout, w.resources); err == nil {
			break
		}
	}
	if err != nil {
		w.out.Failure = failureOf(err)
		return nil
	}
	w.out.ServerVersion = found.serverVersion
	w.out.UID, _ = a.readUID(ctx, probeTimeout)
	for _, r := range w.resources {
		as, ok := found.kinds[schema.GroupKind{Group: r.Group, Kind: r.Kind}]
		if !ok {
			continue
		}
		if err := w.writeKind(r, as.version, func(l *snapshot.List) error { return a.writeList(ctx, r, as, l) }); err != nil {
			return err
		}
	}
	return nil
}

// writeKind writes one kind. An error of fill is recorded as the failure of the kind.
func (w *writer) writeKind(r Resource, version string, fill func(*snapshot.List) error) error {
	n, failure, err := snapshot.WriteList(filepath.Join(w.dir, w.fileName(r)), r.apiVersion(version), r.Kind, fill)
	if err != nil {
		return err
	}
	out := SnapshotKind{Group: r.Group, Kind: r.Kind, Version: version, Objects: n}
	if failure != nil {
		out.Failure = failureOf(failure)
	}
	w.out.Kinds = append(w.out.Kinds, out)
	return nil
}

// fileName returns the name of the file of a kind. It contains the group only if two groups have a kind of that name.
func (w *writer) fileName(r Resource) string {
	name := strings.ToLower(r.Kind)
	if slices.ContainsFunc(w.resources, func(o Resource) bool { return o.Kind == r.Kind && o.Group != r.Group }) {
		name += "." + r.Group
	}
	return name + ".json"
}

// listPage is the number of objects requested at a time.
const listPage = 500

// writeList writes a kind page by page. If the list expires between two pages, the kind is listed
// again at once, as in client-go.
func (a *api) writeList(ctx context.Context, r Resource, as servedKind, l *snapshot.List) error {
	o := metav1.ListOptions{Limit: listPage}
	for {
		meta, err := a.readPage(ctx, r.Group, as, o, func(raw []byte) error { return r.writeTo(l, as.version, raw) })
		switch {
		case err != nil && failure.Classify(err) == failure.ReasonExpired && o.Continue != "":
			if err := l.Restart(); err != nil {
				return err
			}
			o = metav1.ListOptions{}
			continue
		case err != nil:
			return err
		case meta.Continue == "":
			return nil
		case meta.Continue == o.Continue:
			return errors.New("the API server returns the same page repeatedly")
		}
		o.Continue = meta.Continue
	}
}

// readPage reads a page of a list, and retries when the API server asks for a retry.
func (a *api) readPage(ctx context.Context, group string, as servedKind, o metav1.ListOptions, item func([]byte) error) (metav1.ListMeta,
	error) {
	body, err := a.openList(ctx, group, as, o)
	for range missesUntilDown {
		seconds, retry := apierrors.SuggestsClientDelay(err)
		if !retry {
			break
		}
		select {
		case <-ctx.Done():
			return metav1.ListMeta{}, ctx.Err()
		case <-time.After(time.Duration(seconds) * time.Second):
		}
		body, err = a.openList(ctx, group, as, o)
	}
	if err != nil {
		return metav1.ListMeta{}, err
	}
	defer func() { _ = body.Close() }()
	return readList(body, item)
}

func (r Resource) writeTo(l *snapshot.List, version string, raw []byte) error {
	kept, err := r.Keep(version, raw)
	if err != nil {
		return err
	}
	return l.Add(kept)
}

// copySnapshot copies the objects of another snapshot.
func (w *writer) copySnapshot(ctx context.Context, cluster string, d snapshot.Dir) error {
	content, err := readSnapshot(ctx, cluster, d)
	if err == nil {
		w.out.ServerVersion, w.out.UID = content.meta.ServerVersion, content.meta.ClusterUID
		err = content.clusterFailure
	} else {
		err = fmt.Errorf("%w: snapshot: %w", failure.ErrConfig, err)
	}
	if err != nil {
		w.out.Failure = failureOf(err)
		return nil
	}
	for _, r := range w.resources {
		if m, ok := content.missing[schema.GroupKind{Group: r.Group, Kind: r.Kind}]; ok {
			missing := SnapshotKind{Group: r.Group, Kind: r.Kind, Version: m.Version, Failure: failureOf(recordedFailure(m.Reason))}
			w.out.Kinds = append(w.out.Kinds, missing)
			continue
		}
		version, objects := content.objectsOf(r)
		if version == "" {
			continue
		}
		err := w.writeKind(r, version, func(l *snapshot.List) error {
			for _, o := range objects {
				if err := r.writeTo(l, o.Version, o.Raw); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
