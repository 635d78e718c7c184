// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bufio"
	"io"
	"os"

	"github.com/go-json-experiment/json"
)

// listWriter writes a list of objects, one in a line, which only its owner may read.
type listWriter struct {
	file *os.File
	buf  *bufio.Writer
	head []byte
	n    int
	err  error // of writing
}

func newListWriter(path, apiVersion, kind string) (*listWriter, error) {
	head, err := json.Marshal(typed{apiVersion, kind + "List"})
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	w := &listWriter{file: file, buf: bufio.NewWriterSize(file, 64<<10), head: append(head[:len(head)-1], `,"items":[`...)}
	return w, w.write(w.head)
}

func (w *listWriter) write(parts ...[]byte) error {
	for _, p := range parts {
		if w.err == nil {
			_, w.err = w.buf.Write(p)
		}
	}
	return w.err
}

// add writes an object.
func (w *listWriter) add(raw []byte) error {
	separator := ",\n"
	if w.n == 0 {
		separator = "\n"
	}
	w.n++
	return w.write([]byte(separator), raw)
}

// restart forgets what was written.
func (w *listWriter) restart() error {
	if w.err == nil {
		_, w.err = w.file.Seek(0, io.SeekStart)
	}
	if w.err == nil {
		w.err = w.file.Truncate(0)
	}
	w.buf.Reset(w.file)
	w.n = 0
	return w.write(w.head)
}

// close ends the list.
func (w *listWriter) close() error {
	_ = w.write([]byte("\n]}\n"))
	if w.err == nil {
		w.err = w.buf.Flush()
	}
	if err := w.file.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}

// discard removes the file.
func (w *listWriter) discard() {
	_ = w.file.Close()
	_ = os.Remove(w.file.Name())
}
