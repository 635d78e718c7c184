// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bufio"
	"io"
	"os"

	"github.com/go-json-experiment/json"
)

// List writes a list of objects, one per line.
type List struct {
	file *os.File
	buf  *bufio.Writer
	head []byte
	n    int
	err  error // of writing
}

// typeMeta has the first members of every object.
type typeMeta struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

// WriteList writes the objects that fill adds, as a list that only its owner may read.
// failure is an error of fill, which leaves no file; err is an error of writing.
func WriteList(path, apiVersion, kind string, fill func(*List) error) (objects int, failure, err error) {
	head, err := json.Marshal(typeMeta{apiVersion, kind + "List"})
	if err != nil {
		return 0, nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, nil, err
	}
	l := &List{file: file, buf: bufio.NewWriterSize(file, 64<<10), head: append(head[:len(head)-1], `,"items":[`...)}
	_ = l.write(l.head)
	if failure = fill(l); failure != nil && l.err == nil {
		_ = file.Close()
		return 0, failure, os.Remove(path)
	}
	return l.n, nil, l.close()
}

func (l *List) write(parts ...[]byte) error {
	for _, p := range parts {
		if l.err == nil {
			_, l.err = l.buf.Write(p)
		}
	}
	return l.err
}

// Add writes an object.
func (l *List) Add(raw []byte) error {
	separator := ",\n"
	if l.n == 0 {
		separator = "\n"
	}
	l.n++
	return l.write([]byte(separator), raw)
}

// Restart drops the objects that were added.
func (l *List) Restart() error {
	if l.err == nil {
		_, l.err = l.file.Seek(0, io.SeekStart)
	}
	if l.err == nil {
		l.err = l.file.Truncate(0)
	}
	l.buf.Reset(l.file)
	l.n = 0
	return l.write(l.head)
}

func (l *List) close() error {
	_ = l.write([]byte("\n]}\n"))
	if l.err == nil {
		l.err = l.buf.Flush()
	}
	if err := l.file.Close(); l.err == nil {
		l.err = err
	}
	return l.err
}
