// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func TestSnapshotErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.objects("a/objects.yaml", "x")
	s.configure("", "a")
	s.write("full/file", "")
	for name, tc := range map[string]struct {
		change  func(*SnapshotOptions)
		message string
	}{
		"no configuration": {func(o *SnapshotOptions) { o.ConfigFile += ".not" }, "no such file"},
		"unknown cluster":  {func(o *SnapshotOptions) { o.Clusters = []string{"a", "b"} }, `there is no cluster "b"`},
		"not empty":        {func(o *SnapshotOptions) { o.Out = s.file("full") }, "is not empty"},
		"a file":           {func(o *SnapshotOptions) { o.Out = s.file("full/file") }, "is not a directory"},
		"no parent":        {func(o *SnapshotOptions) { o.Out = s.file("not/there") }, "create it first"},
		"no name":          {func(o *SnapshotOptions) { o.Out = "" }, "use a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, _, err := s.snapshot(tc.change)
			var wrong ConfigError
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), tc.message) {
				t.Errorf("%T %[1]v", err)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		out := filepath.Join(t.TempDir(), "out")
		_, err := Snapshot(ctx, SnapshotOptions{Options: Options{ConfigFile: s.file("fleet.yaml")}, Out: out, Timeout: time.Minute, Progress: io.Discard})
		if _, statErr := os.Stat(out); !errors.Is(err, context.Canceled) || statErr == nil {
			t.Errorf("%v, %v", err, statErr)
		}
	})
	t.Run("an empty directory", func(t *testing.T) {
		t.Parallel()
		out := t.TempDir()
		if _, _, _, err := s.snapshot(func(o *SnapshotOptions) { o.Out = out }); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(out, "fleet.yaml")); err != nil {
			t.Error(err)
		}
	})
}

// TestSnapshotNeedsItsTargetOnly writes to a relative path and to an existing directory, without a
// directory for temporary files.
func TestSnapshotNeedsItsTargetOnly(t *testing.T) {
	s := newSite(t)
	s.objects("a/objects.yaml", "x")
	s.configure("", "a")
	t.Setenv("TMPDIR", s.file("none"))
	t.Chdir(s.dir)
	if err := os.Mkdir("exists", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{"taken", "exists"} {
		o := SnapshotOptions{Options: Options{ConfigFile: "fleet.yaml"}, Out: out, Timeout: testutil.Deadline, Progress: io.Discard}
		_, err := Snapshot(t.Context(), o)
		if err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(out, "a", "gitrepository.json")); err != nil {
			t.Error(err)
		}
		for _, dir := range []string{".", out} {
			if left, err := filepath.Glob(filepath.Join(dir, ".snapshot-*")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		}
	}
}

// TestMoveIntoIsAllOrNothing creates a directory in the target after the check that it is empty.
func TestMoveIntoIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"new/a/x.json", "new/b/x.json", "new/fleet.yaml", "new/snapshot.yaml", "out/b/other"} {
		s.write(name, "")
	}
	if err := moveInto(s.file("out"), s.file("new")); err == nil {
		t.Error("a directory that is not empty was replaced")
	}
	left, err := os.ReadDir(s.file("out"))
	if err != nil || len(left) != 1 || left[0].Name() != "b" {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.RemoveAll(s.file("out/b")); err != nil {
		t.Fatal(err)
	}
	s.write("new/fleet.yaml", "")
	if err := moveInto(s.file("out"), s.file("new")); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(s.file("out")); err != nil || len(left) < 2 {
		t.Errorf("%v, %v", left, err)
	}
}
