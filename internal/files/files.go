// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package files reads files and directories that the user has configured. Files must be regular and have a size limit,
// and a file system that does not respond does not block the caller.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Limits of files in bytes.
const (
	// MaxCredentials limits a file with a password, a token, certificates or a key.
	MaxCredentials = 1 << 20
	// MaxReport limits a report in JSON.
	MaxReport = 64 << 20
	// MaxConfig limits a file with a configuration or rules.
	MaxConfig = 4 << 20
)

// ErrNotRegular is the error for a directory, a pipe, a socket or a device.
var ErrNotRegular = errors.New("not a regular file")

// LimitError is the error for a file or a directory that exceeds a limit.
type LimitError struct {
	Name  string
	Limit string // such as 4 MiB
}

// Error names the file and the limit.
func (e *LimitError) Error() string { return e.Name + ": larger than the limit of " + e.Limit }

// chunk is the number of bytes that are read between two calls of proceed.
const chunk = 1 << 20

// Read returns the content of a regular file of at most limit bytes. It follows links. It returns an error if ctx ends,
// or if the file system does not respond for some seconds.
func Read(ctx context.Context, name string, limit int) ([]byte, error) {
	return runAttempt(ctx, name, func(proceed func() error) ([]byte, error) {
		// Without O_NONBLOCK, a pipe without a writer would block here.
		file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		info, err := file.Stat()
		switch {
		case err != nil:
			return nil, err
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s: %w", name, ErrNotRegular)
		case info.Size() > int64(limit):
			return nil, &LimitError{Name: name, Limit: size(limit)}
		}
		// The reported size may be wrong for a file that grows or is in /proc.
		content := make([]byte, 0, info.Size()+1)
		for {
			if err := proceed(); err != nil {
				return nil, err
			}
			content = slices.Grow(content, 1)
			n, err := file.Read(content[len(content):min(cap(content), len(content)+chunk)])
			content = content[:len(content)+n]
			switch {
			case len(content) > limit:
				return nil, &LimitError{Name: name, Limit: size(limit)}
			case errors.Is(err, io.EOF):
				return content, nil
			case err != nil:
				return nil, err
			}
		}
	})
}

// Stat returns the properties of a file. It follows links.
func Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	return runAttempt(ctx, name, func(func() error) (fs.FileInfo, error) { return os.Stat(name) })
}

// size formats a number of bytes.
func size(bytes int) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d KiB", bytes>>10)
}

// Entry is a file below a directory.
type Entry struct {
	Path string
	Info fs.FileInfo // of the target of a link; nil if the target does not exist
}

// List returns at most limit files below a directory in lexical order. It follows a link to the directory and links to
// files. If an error occurs, it also returns the files found before.
func List(ctx context.Context, dir string, limit int) ([]Entry, error) {
	l := &listing{dir: dir, limit: limit}
	return runAttempt(ctx, dir, func(proceed func() error) ([]Entry, error) {
		l.proceed = proceed
		err := l.add(dir)
		return l.found, err
	})
}

// Names returns at most limit names in a directory in lexical order.
func Names(ctx context.Context, dir string, limit int) ([]string, error) {
	return runAttempt(ctx, dir, func(proceed func() error) ([]string, error) {
		entries, err := (&listing{dir: dir, limit: limit, proceed: proceed}).read(dir)
		names := make([]string, len(entries))
		for i, e := range entries {
			names[i] = e.Name()
		}
		return names, err
	})
}

// listing reads directories.
type listing struct {
	dir     string
	limit   int
	seen    int // entries, directories included
	proceed func() error
	found   []Entry
}

// read returns the entries of one directory.
func (l *listing) read(dir string) ([]fs.DirEntry, error) {
	const batch = 1024
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s: %w", dir, syscall.ENOTDIR)
	}
	file, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var all []fs.DirEntry
	for {
		entries, err := file.ReadDir(batch)
		all = append(all, entries...)
		if l.seen += len(entries); l.seen > l.limit {
			return nil, &LimitError{Name: l.dir, Limit: fmt.Sprintf("%d files", l.limit)}
		}
		if err == nil {
			err = l.proceed()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, nil
}

// add adds the files below a directory. The limit of entries also limits the depth.
func (l *listing) add(dir string) error {
	entries, err := l.read(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() {
			if err := l.add(path); err != nil {
				return err
			}
			continue
		}
		if err := l.proceed(); err != nil {
			return err
		}
		info, _ := os.Stat(path)
		l.found = append(l.found, Entry{Path: path, Info: info})
	}
	return nil
}
