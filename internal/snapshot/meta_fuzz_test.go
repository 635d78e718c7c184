// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzMeta reads any snapshot.yaml. The parts that are missing in a cluster are parts of it or of the fleet.
func FuzzMeta(f *testing.F) {
	f.Add([]byte("takenAt: 2026-11-20T09:00:00Z\nmissing:\n- {cluster: a, collector: flux, reason: forbidden}\n- {reason: timeout}\n"))
	f.Add([]byte("takenAt: 9999-12-31T23:59:59Z\nshiftTime: true"))
	f.Add([]byte("takenAt: 0000-01-01T00:00:00Z"))
	f.Add([]byte("a: &a [b]\nmissing: [*a, *a]"))
	dir := Dir{Path: filepath.Join(f.TempDir(), "a"), ShiftTime: true}
	if err := os.Mkdir(dir.Path, 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir.Path, MetaFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		meta, err := dir.ReadMeta(t.Context())
		if err != nil {
			return
		}
		now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
		if shift := dir.TimeShift(meta, now); meta.TakenAt.IsZero() && shift != 0 {
			t.Errorf("shifted by %v", shift)
		}
		for _, m := range meta.MissingIn("a") {
			if m.Cluster != "" && m.Cluster != "a" {
				t.Errorf("missing in a: %+v", m)
			}
		}
	})
}
