// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package yamlbound bounds what the aliases of a YAML text stand for: a text of 1 MiB, in which
// 200,000 aliases refer to one string of 300 KB, becomes 60 GB of JSON.
package yamlbound

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"
)

// ErrAliases is the error of a text whose aliases stand for more than the limit.
var ErrAliases = errors.New("aliases expand to too many values: write the values out")

// Check fails if the documents of a text, with every alias replaced by its anchor, have more than
// limit bytes of values. It is called before a text is decoded by a library that replaces them.
func Check(text []byte, limit int) error {
	if bytes.IndexByte(text, '&') < 0 || bytes.IndexByte(text, '*') < 0 {
		return nil // no alias
	}
	s := sizes{limit: limit, known: map[*yaml.Node]int{}}
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document yaml.Node
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		s.left = limit
		if err := s.add(&document); err != nil {
			return err
		}
	}
}

// nodeBytes is what a value takes beside its text.
const nodeBytes = 8

// sizes adds the sizes of nodes. That of an anchor is added up once, so the work is that of the text.
type sizes struct {
	limit, left int
	known       map[*yaml.Node]int // by anchor; 0 while it is added up
}

func (s *sizes) add(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode {
		return s.addAnchor(n.Alias)
	}
	if n.Anchor != "" {
		s.known[n] = 0
	}
	before := s.left
	if s.left -= nodeBytes + len(n.Value); s.left < 0 {
		return ErrAliases
	}
	for _, child := range n.Content {
		if err := s.add(child); err != nil {
			return err
		}
	}
	if n.Anchor != "" {
		s.known[n] = before - s.left
	}
	return nil
}

// addAnchor adds the size of an anchor, which precedes its aliases. One that has an alias of itself
// has no end.
func (s *sizes) addAnchor(n *yaml.Node) error {
	size := s.known[n]
	if s.left -= size; size == 0 || s.left < 0 {
		return ErrAliases
	}
	return nil
}
