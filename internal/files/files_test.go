// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	hostile := testutil.HostileFiles(t)
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	full := file("full", strings.Repeat("x", 2048))
	link := filepath.Join(dir, "link")
	if err := os.Symlink(full, link); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		file  string
		bytes int
		err   string
	}{
		"full":      {file: full, bytes: 2048},
		"a link":    {file: link, bytes: 2048},
		"empty":     {file: file("empty", "")},
		"in /proc":  {file: "/proc/self/limits", bytes: -1},
		"too large": {file: file("large", strings.Repeat("x", 2049)), err: "large: larger than the limit of 2 KiB"},
		"a pipe":    {file: hostile["a pipe"], err: "not a regular file"},
		"a device":  {file: hostile["a device"], err: "not a regular file"},
		"sparse":    {file: hostile["1 GiB"], err: "larger than the limit of 2 KiB"},
		"directory": {file: dir, err: "not a regular file"},
		"missing":   {file: filepath.Join(dir, "missing"), err: "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			content, err := Read(t.Context(), tc.file, 2048)
			switch {
			case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err) || !strings.Contains(err.Error(), tc.file)):
				t.Errorf("error %v, want one with the name and %q", err, tc.err)
			case tc.err == "" && err != nil:
				t.Error(err)
			case tc.bytes >= 0 && len(content) != tc.bytes, tc.bytes < 0 && len(content) == 0:
				t.Errorf("%d bytes, want %d", len(content), tc.bytes)
			}
		})
	}
	if _, err := Read(t.Context(), filepath.Join(dir, "missing"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestAbandoned checks that a call ends with its context or if the file system stalls, and that there is at most one
// hanging call per name.
func TestAbandoned(t *testing.T) {
	for name, tc := range map[string]struct {
		timeout time.Duration
		want    error
	}{
		"end of the context": {time.Millisecond, context.DeadlineExceeded},
		"stalled":            {time.Minute, ErrStalled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			hang, after := make(chan struct{}), make(chan error, 1)
			ctx, cancel := context.WithTimeout(t.Context(), tc.timeout)
			defer cancel()
			began := time.Now()
			_, err := runAttempt(ctx, file, func(proceed func() error) (int, error) {
				<-hang
				after <- proceed()
				return 1, nil
			})
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("error %v, want %v with the name", err, tc.want)
			}
			if d := time.Since(began); d > stall+2*time.Second {
				t.Errorf("it took %v", d)
			}
			if _, err := Read(t.Context(), file, 1); !errors.Is(err, ErrStalled) {
				t.Errorf("read while an earlier call hangs: %v", err)
			}
			close(hang)
			if err := <-after; err == nil {
				t.Error("an abandoned call proceeds")
			}
			testutil.Until(t, "the file can be read again", func() bool {
				_, err := Read(t.Context(), file, 1)
				return err == nil
			})
		})
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/2", "b/1", "a", "c/d/e"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	entries, err := List(t.Context(), link, 7)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		name, err := filepath.Rel(link, e.Path)
		if err != nil || e.Info.Size() != int64(len(name)) {
			t.Errorf("%s has %d bytes: %v", name, e.Info.Size(), err)
		}
		got = append(got, name)
	}
	if want := []string{"a", "b/1", "b/2", "c/d/e"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, err := List(t.Context(), dir, 6); err == nil || err.Error() != fmt.Sprintf("%s: larger than the limit of 6 files", dir) {
		t.Error(err)
	}
	names, err := Names(t.Context(), dir, 3)
	if want := []string{"a", "b", "c"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%q, %v, want %q", names, err, want)
	}
	if _, err := Names(t.Context(), testutil.HostileFiles(t)["a pipe"], 3); err == nil {
		t.Error("a pipe has names")
	}
	if _, err := List(t.Context(), filepath.Join(dir, "none"), 6); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
