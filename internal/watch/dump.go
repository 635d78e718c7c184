// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// Dumped is what of a cluster is in a snapshot.
type Dumped struct {
	ServerVersion string
	// UID is that of the cluster; empty if it does not tell.
	UID string
	// Kinds are those that the cluster serves.
	Kinds []DumpedKind
	// Failure is why the cluster could not be read at all.
	Failure *Failure
}

// DumpedKind is a kind in a snapshot.
type DumpedKind struct {
	Group, Kind, Version string
	Objects              int
	// Failure is why the kind is not in the snapshot.
	Failure *Failure
}

// Failure is why something could not be read.
type Failure struct {
	Reason Reason
	Text   string // for people; without secrets
}

func failureOf(err error) *Failure { return &Failure{Reason: reasonOf(err), Text: redact(err)} }

// Dump writes the objects of a cluster into dir, a file for each kind, as a snapshot
// has them; see [Resource.Project]. The kinds are listed one after the other, and
// each fails by itself. An error is one of writing.
func Dump(ctx context.Context, c fleet.Cluster, sets []Set, dir string) (Dumped, error) {
	var resources []Resource
	for _, set := range sets {
		resources = append(resources, set.Resources...)
	}
	d := &dump{dir: dir, resources: resources}
	if c.Snapshot != nil {
		return d.out, d.copySnapshot(c.Name, *c.Snapshot)
	}
	err := d.live(ctx, c)
	return d.out, err
}

type dump struct {
	dir       string
	resources []Resource
	out       Dumped
}

func (d *dump) live(ctx context.Context, c fleet.Cluster) error {
	config, err := c.Connect()
	if err != nil {
		d.out.Failure = failureOf(fmt.Errorf("%w: %w", errConfig, err))
		return nil
	}
	a, err := connect(config, false)
	if err != nil {
		d.out.Failure = failureOf(err)
		return nil
	}
	defer a.close()
	var found served
	for range missesUntilDown {
		if found, err = a.discover(ctx, probeTimeout, d.resources); err == nil {
			break
		}
	}
	if err != nil {
		d.out.Failure = failureOf(err)
		return nil
	}
	d.out.ServerVersion = found.serverVersion
	d.out.UID, _ = a.uid(ctx, probeTimeout)
	for _, r := range d.resources {
		as, ok := found.kinds[schema.GroupKind{Group: r.Group, Kind: r.Kind}]
		if !ok {
			continue
		}
		if err := d.kind(r, as.version, func(w *listWriter) error { return a.list(ctx, r, as, w) }); err != nil {
			return err
		}
	}
	return nil
}

// kind writes one kind. What read returns is the failure of the kind, unless it is
// one of writing.
func (d *dump) kind(r Resource, version string, read func(*listWriter) error) error {
	w, err := newListWriter(filepath.Join(d.dir, d.file(r)), apiVersion(r.Group, version), r.Kind)
	if err != nil {
		return err
	}
	out := DumpedKind{Group: r.Group, Kind: r.Kind, Version: version}
	if err := read(w); err != nil && w.err == nil {
		out.Failure = failureOf(err)
		w.discard()
	} else if err := w.close(); err != nil {
		return err
	}
	if out.Failure == nil {
		out.Objects = w.n
	}
	d.out.Kinds = append(d.out.Kinds, out)
	return nil
}

// file is the name of the file of a kind; only if two groups have a kind of the name,
// it has the group.
func (d *dump) file(r Resource) string {
	name := strings.ToLower(r.Kind)
	if slices.ContainsFunc(d.resources, func(o Resource) bool { return o.Kind == r.Kind && o.Group != r.Group }) {
		name += "." + r.Group
	}
	return name + ".json"
}

// listPage is how many objects are asked for at a time.
const listPage = 500

// list lists a kind page by page. When the list of which they are pages is too old,
// it is listed anew, at once, as client-go does.
func (a *api) list(ctx context.Context, r Resource, as servedKind, w *listWriter) error {
	gv := schema.GroupVersion{Group: r.Group, Version: as.version}
	client, err := a.client(gv)
	if err != nil {
		return err
	}
	o := metav1.ListOptions{Limit: listPage}
	for {
		meta, err := listPageInto(ctx, client, as.resource, o, func(raw []byte) error {
			kept, err := r.Project(as.version, raw)
			if err != nil {
				return err
			}
			return w.add(kept)
		})
		switch {
		case err != nil && reasonOf(err) == ReasonExpired && o.Continue != "":
			if err := w.restart(); err != nil {
				return err
			}
			o = metav1.ListOptions{}
			continue
		case err != nil:
			return err
		case meta.Continue == "":
			return nil
		case meta.Continue == o.Continue:
			return errors.New("the API server answers with the same page again and again")
		}
		o.Continue = meta.Continue
	}
}

func listPageInto(ctx context.Context, client *rest.RESTClient, resource string, o metav1.ListOptions, item func([]byte) error) (metav1.ListMeta, error) {
	body, err := client.Get().MaxRetries(missesUntilDown).Resource(resource).VersionedParams(&o, metav1.ParameterCodec).Stream(ctx)
	if err != nil {
		return metav1.ListMeta{}, err
	}
	defer func() { _ = body.Close() }()
	return readList(body, item)
}

// copySnapshot takes what another snapshot has.
func (d *dump) copySnapshot(name string, s fleet.Snapshot) error {
	meta, err := s.Meta()
	var raws map[schema.GroupKind][]rawObject
	if err == nil {
		raws, err = readObjects(s.Path)
	}
	if err != nil {
		d.out.Failure = failureOf(fmt.Errorf("%w: snapshot: %w", errConfig, err))
		return nil
	}
	d.out.ServerVersion, d.out.UID = meta.ServerVersion, meta.ClusterUID
	missing, down := missingOf(meta, name)
	if down != nil {
		d.out.Failure = failureOf(down)
		return nil
	}
	for _, r := range d.resources {
		if m, ok := missing[schema.GroupKind{Group: r.Group, Kind: r.Kind}]; ok {
			d.out.Kinds = append(d.out.Kinds, DumpedKind{Group: r.Group, Kind: r.Kind, Version: m.Version, Failure: failureOf(recorded(m.Reason))})
			continue
		}
		version := ""
		objects := slices.DeleteFunc(raws[schema.GroupKind{Group: r.Group, Kind: r.Kind}], func(o rawObject) bool {
			return !slices.Contains(r.Versions, o.version)
		})
		for _, o := range objects {
			version = o.version
		}
		if version == "" {
			continue
		}
		err := d.kind(r, version, func(w *listWriter) error {
			for _, o := range objects {
				if o.raw == nil {
					continue
				}
				kept, err := r.Project(o.version, o.raw)
				if err != nil {
					return err
				}
				if err := w.add(kept); err != nil {
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

// Load reads the snapshot that stands for the cluster, once: its rows and notes are
// then there, without [Cluster.Run].
func (c *Cluster) Load() error {
	if c.Snapshot == nil {
		return os.ErrInvalid
	}
	err := c.loadSnapshot(*c.view.Load())
	if _, ok := errors.AsType[recordedError](err); ok {
		return nil // it says itself that the cluster was not reached
	}
	return err
}
