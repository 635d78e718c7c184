// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package snapshot reads and writes the directory of a snapshot, which replaces a fleet.
//
//	snapshot.yaml                   see [Meta]
//	fleet.yaml                      the configuration that serves the directory
//	CLUSTER/snapshot.yaml           the same for one cluster, optional
//	CLUSTER/**/*.yaml, *.json       objects, see [ReadObjects]
//	CLUSTER/controllers/NS/POD.prom metrics of a pod
//	SYSTEM/INSTANCE/**/*.json       answers, see [ReadAnswer]
//
// Objects and answers are reduced to the fields that the exporter decodes, see [Shape]: a field
// that is not read cannot leak.
package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/yamlbound"
)

const (
	// MetaFile describes a snapshot, in the directory of a cluster or in its parent.
	MetaFile = "snapshot.yaml"
	// ConfigFile is the configuration that serves the snapshot.
	ConfigFile = "fleet.yaml"
)

// Dir is the directory of one cluster.
type Dir struct {
	Path string
	// ShiftTime shifts every timestamp by the age of the snapshot.
	ShiftTime bool
	// MayBeEmpty is set if the snapshot of the cluster may have only answers of other systems.
	MayBeEmpty bool
}

// ClusterDir returns the name of the directory of a cluster, which must differ from the names of
// files and of directories of systems.
func ClusterDir(cluster string, systems []string) string {
	if cluster == MetaFile || cluster == ConfigFile || slices.Contains(systems, cluster) {
		return "_" + cluster // no name of a cluster begins with _
	}
	return cluster
}

// Meta is the content of a [MetaFile].
type Meta struct {
	// TakenAt is the time at which the objects and responses were read.
	TakenAt time.Time `json:"takenAt,omitzero"`
	// ShiftTime reports whether timestamps may be shifted.
	ShiftTime *bool `json:"shiftTime,omitempty"`
	// ServerVersion is the version of the cluster's API server.
	ServerVersion string `json:"serverVersion,omitempty"`
	// ClusterUID is the UID of the cluster's namespace kube-system.
	ClusterUID string `json:"clusterUID,omitempty"`
	// ExporterVersion is the version of the exporter that took the snapshot.
	ExporterVersion string `json:"exporterVersion,omitempty"`
	// KindsKnown is set if the exporter wrote the snapshot. A kind that is neither in it nor in Missing was then not served.
	KindsKnown bool `json:"kindsKnown,omitempty"`
	// Missing has the parts that could not be read, which are unknown, not absent.
	Missing []Missing `json:"missing,omitempty"`
}

// Missing is a part that could not be read when a snapshot was taken: a cluster, a kind
// in a cluster, or a response of OpenBao, of a dashboard or of pods.
type Missing struct {
	// Cluster is empty in the directory of the cluster itself.
	Cluster string `json:"cluster,omitempty"`
	Group   string `json:"group,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Version string `json:"version,omitempty"`
	OpenBao string `json:"openbao,omitempty"`
	Aurora  string `json:"aurora,omitempty"`
	// Endpoint is the endpoint of OpenBao or of a pod. System is the system of the pods, if pods of
	// other systems could be listed.
	Endpoint string `json:"endpoint,omitempty"`
	System   string `json:"system,omitempty"`
	// Reason is one word, as in the metrics.
	Reason string `json:"reason"`
}

// MissingIn returns the missing parts of a cluster.
func (m Meta) MissingIn(cluster string) []Missing {
	return slices.DeleteFunc(slices.Clone(m.Missing), func(part Missing) bool { return part.Cluster != "" && part.Cluster != cluster })
}

// Write writes the [MetaFile] of a directory.
func (m Meta) Write(dir string) error {
	text, err := yaml.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, MetaFile), text, 0o600)
}

// ReadMeta reads the [MetaFile] of the cluster or of the fleet; both are optional.
func (d Dir) ReadMeta(ctx context.Context) (Meta, error) {
	var meta Meta
	for _, file := range []string{filepath.Join(d.Path, MetaFile), filepath.Join(filepath.Dir(d.Path), MetaFile)} {
		data, err := files.Read(ctx, file, files.MaxConfig)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return meta, err
		}
		if err = yamlbound.Check(data, files.MaxConfig); err == nil {
			err = yaml.UnmarshalStrict(data, &meta)
		}
		if err != nil {
			return meta, fmt.Errorf("%s: %w", file, err)
		}
		return meta, nil
	}
	return meta, nil
}

// WriteStamp writes the names, sizes and times of the files of the snapshot, to detect changes.
func (d Dir) WriteStamp(ctx context.Context, w io.Writer) {
	beside, err := files.Read(ctx, filepath.Join(filepath.Dir(d.Path), MetaFile), files.MaxConfig)
	_, _ = fmt.Fprintf(w, "%t %q\n", err == nil, beside)
	entries, _ := files.List(ctx, d.Path, maxFiles) // reading the snapshot reports why there are no others
	for _, e := range entries {
		if e.Info != nil && !e.Info.IsDir() {
			_, _ = fmt.Fprintln(w, e.Path, e.Info.Size(), e.Info.ModTime().UnixNano())
		}
	}
}

// TimeShift returns the shift of timestamps at a time. It keeps ages as they were in the snapshot, because nothing in it is
// reconciled.
func (d Dir) TimeShift(meta Meta, now time.Time) time.Duration {
	if !d.ShiftsTime(meta) {
		return 0
	}
	// Whole seconds, as in Kubernetes, so that equal times stay equal.
	return now.Sub(meta.TakenAt).Truncate(time.Second)
}

// ShiftsTime reports whether timestamps are shifted.
func (d Dir) ShiftsTime(meta Meta) bool {
	return d.ShiftTime && !meta.TakenAt.IsZero() && (meta.ShiftTime == nil || *meta.ShiftTime)
}

// Subdirectories returns the names of the directories in dir, without hidden ones. Links
// are followed. A directory that does not exist has none.
func Subdirectories(ctx context.Context, dir string) (names []string, err error) {
	entries, err := files.Names(ctx, dir, maxFiles)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, name := range entries {
		if name[0] != '.' && isDirectory(filepath.Join(dir, name)) {
			names = append(names, name)
		}
	}
	return names, err
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
