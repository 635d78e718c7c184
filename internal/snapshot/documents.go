// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/go-json-experiment/json/jsontext"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/yamlbound"
)

// Limits for reading a snapshot.
const (
	maxFile      = 128 << 20 // bytes of a file
	maxDirectory = 256 << 20 // bytes of the files of a cluster
	maxFiles     = 20_000    // files of a cluster
	maxAnswer    = 32 << 20  // bytes of an answer
	maxYAML      = 8 << 20   // bytes of a YAML document, whose decoding needs fifty times as much memory
	maxFlow      = 1 << 20   // bytes of a document that begins like JSON and may be YAML
	maxDepth     = 8         // nested lists
)

// readFile reads a file with objects.
func readFile(ctx context.Context, path string) ([]byte, error) {
	text, err := files.Read(ctx, path, maxFile)
	return toUTF8(text), err
}

// toUTF8 converts UTF-16 with a byte order mark, which PowerShell writes for the output of
// commands, to UTF-8.
func toUTF8(text []byte) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	case !bytes.HasPrefix(text, []byte{0xff, 0xfe}):
		return text
	}
	units := make([]uint16, 0, len(text)/2)
	for text = text[2:]; len(text) > 1; text = text[2:] {
		units = append(units, order.Uint16(text))
	}
	return []byte(string(utf16.Decode(units)))
}

// position is a position in a file.
type position struct {
	file string
	line int
}

func (p position) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", p.file, p.line, fmt.Errorf(format, args...))
}

// advance returns the position after text.
func (p position) advance(text []byte) position {
	p.line += bytes.Count(text, []byte("\n"))
	return p
}

// readDocuments passes each document of a file as JSON to add.
func readDocuments(path string, text []byte, add func(position, []byte) error) error {
	at := position{path, 1}
	if len(bytes.TrimSpace(text)) == 0 {
		return at.errorf("the file is empty")
	}
	for len(text) > 0 {
		document, rest := splitDocument(text)
		if err := readDocument(at, document, add); err != nil {
			return err
		}
		at, text = at.advance(text[:len(text)-len(rest)]), rest
	}
	return nil
}

// splitDocument splits the text at the first document separator, as kubectl does.
func splitDocument(text []byte) (document, rest []byte) {
	for n := 0; n < len(text); {
		line, _, _ := bytes.Cut(text[n:], []byte("\n"))
		end := min(n+len(line)+1, len(text))
		if tail, ok := bytes.CutPrefix(line, []byte("---")); ok {
			if tail = bytes.TrimSpace(tail); len(tail) == 0 || tail[0] == '#' {
				return text[:n], text[end:]
			}
		}
		n = end
	}
	return text, nil
}

// readDocument reads a document of YAML, or a stream of JSON.
func readDocument(at position, text []byte, add func(position, []byte) error) error {
	start := len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	at, text = at.advance(text[:start]), text[start:]
	for _, prefix := range []string{"error:", "Error from server", "Unable to connect to the server", "The connection to the server"} {
		if bytes.HasPrefix(text, []byte(prefix)) {
			return at.errorf("a kubectl error message, not an object")
		}
	}
	if len(text) == 0 || text[0] != '{' {
		return readYAML(at, text, add)
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	value, read := at, 0
	for {
		raw, err := dec.ReadValue()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && read == 0 && len(text) <= maxFlow && readYAML(at, text, add) == nil:
			return nil // a mapping in the flow style of YAML
		case err != nil:
			return jsonError(at, text, err)
		}
		begin := int(dec.InputOffset()) - len(raw)
		value, read = value.advance(text[read:begin]), begin
		if err := add(value, bytes.Clone(raw)); err != nil {
			return err
		}
	}
}

func jsonError(at position, text []byte, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return at.advance(bytes.TrimSpace(text)).errorf("not JSON: the file is cut off")
	}
	syntactic, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		return at.errorf("not JSON: %w", err)
	}
	return at.advance(text[:min(int(syntactic.ByteOffset), len(text))]).errorf("not JSON: %w", syntactic.Err)
}

// yamlLine matches the line in an error about YAML.
var yamlLine = regexp.MustCompile(`line (\d+): `)

func readYAML(at position, text []byte, add func(position, []byte) error) error {
	if len(text) > maxYAML {
		return at.errorf("the YAML document is larger than %d MiB: split it, or write it as JSON", maxYAML>>20)
	}
	err := yamlbound.Check(text, maxYAML)
	if err == nil {
		var raw []byte
		if raw, err = yaml.YAMLToJSON(text); err == nil {
			return add(at, raw)
		}
	}
	why := strings.TrimPrefix(err.Error(), "yaml: ")
	if found := yamlLine.FindStringSubmatchIndex(why); found != nil {
		if n, err := strconv.Atoi(why[found[2]:found[3]]); err == nil {
			at.line = min(at.line+n-1, at.advance(bytes.TrimSpace(text)).line) // libyaml may count one more
		}
		why = why[found[1]:]
	}
	return at.errorf("not YAML: %s", why)
}
