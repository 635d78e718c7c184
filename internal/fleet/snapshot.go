// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sigs.k8s.io/yaml"
)

// Snapshot is a directory of dumped objects.
type Snapshot struct {
	Path string
	// ShiftTime moves every timestamp by the age of the snapshot.
	ShiftTime bool
}

// SnapshotFile tells about a snapshot, in its directory or in the one above.
const SnapshotFile = "snapshot.yaml"

// SnapshotMeta is the content of a [SnapshotFile].
type SnapshotMeta struct {
	// TakenAt is when the dump was made.
	TakenAt time.Time `json:"takenAt,omitzero"`
	// ShiftTime false leaves the timestamps as they are.
	ShiftTime *bool `json:"shiftTime,omitempty"`
	// ServerVersion is the version of the cluster's API server.
	ServerVersion string `json:"serverVersion,omitempty"`
	// ClusterUID is that of the cluster's namespace kube-system.
	ClusterUID string `json:"clusterUID,omitempty"`
	// ExporterVersion is that of the exporter which took the snapshot.
	ExporterVersion string `json:"exporterVersion,omitempty"`
	// Missing is what could not be read: it is unknown, not absent.
	Missing []Missing `json:"missing,omitempty"`
}

// Missing is something that could not be read when a snapshot was taken: a cluster,
// a kind of one, or what an OpenBao cluster or a dashboard was asked for.
type Missing struct {
	// Cluster is empty in the directory of the cluster itself.
	Cluster string `json:"cluster,omitempty"`
	Group   string `json:"group,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Version string `json:"version,omitempty"`
	OpenBao string `json:"openbao,omitempty"`
	Aurora  string `json:"aurora,omitempty"`
	// Endpoint is what was asked, of OpenBao or of pods. System is that of pods, if
	// those of others could be listed.
	Endpoint string `json:"endpoint,omitempty"`
	System   string `json:"system,omitempty"`
	// Reason is one word, as in the metrics.
	Reason string `json:"reason"`
}

// Write writes the [SnapshotFile] of a directory.
func (m SnapshotMeta) Write(dir string) error {
	text, err := yaml.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, SnapshotFile), text, 0o600)
}

// Meta reads what the snapshot tells about itself; it need not tell anything.
func (s Snapshot) Meta() (SnapshotMeta, error) {
	var meta SnapshotMeta
	for _, file := range []string{filepath.Join(s.Path, SnapshotFile), filepath.Join(filepath.Dir(s.Path), SnapshotFile)} {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return meta, err
		}
		if err := yaml.UnmarshalStrict(data, &meta); err != nil {
			return meta, fmt.Errorf("%s: %w", file, err)
		}
		return meta, nil
	}
	return meta, nil
}

// Shift is by how much timestamps are moved, so that ages are those of the
// moment of the dump.
func (s Snapshot) Shift(meta SnapshotMeta, now time.Time) time.Duration {
	if meta.TakenAt.IsZero() || !s.ShiftTime || meta.ShiftTime != nil && !*meta.ShiftTime {
		return 0
	}
	// Whole seconds, as Kubernetes has them: what was equal stays so.
	return now.Sub(meta.TakenAt).Truncate(time.Second)
}
