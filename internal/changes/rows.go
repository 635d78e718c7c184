// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package changes

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Source declares how changes are derived from the rows of a family.
type Source struct {
	Family string
	Type   Type
	// Label is the label whose value is compared; if it is empty, the value of the row is compared.
	Label string
	// Kind is the kind of the objects if the rows have no label kind.
	Kind string
	// Name is the label with the name of the object, by default name. An object without a name is its cluster.
	Name string
	// Problems is set for rows that exist only while an object is not ready. Aside is a group whose objects
	// exist only then.
	Problems bool
	Aside    string
}

// Families returns the names of the families from which changes are derived.
func Families(all []Source) []string {
	var names []string
	for i := range all {
		names = append(names, all[i].Family)
	}
	return names
}

// Observer returns a function that adds the changes of rows to the log.
func (l *Log) Observer(all []Source) func(exposition.Change) {
	byFamily := map[string]*Source{}
	for i := range all {
		byFamily[all[i].Family] = &all[i]
	}
	return func(c exposition.Change) {
		s := byFamily[c.Family]
		before, after := oneLine(c.Before), oneLine(c.After)
		if before != nil && after != nil {
			l.compare(s, &c, before, after)
			return
		}
		rows := map[string][]byte{}
		for line := range bytes.Lines(c.Before) {
			rows[s.identity(line)] = line
		}
		for line := range bytes.Lines(c.After) {
			id := s.identity(line)
			l.compare(s, &c, rows[id], line)
			delete(rows, id)
		}
		for _, line := range rows {
			l.compare(s, &c, line, nil)
		}
	}
}

// oneLine returns the only row of an object; nil if the object has several rows.
func oneLine(rows []byte) []byte {
	if i := bytes.IndexByte(rows, '\n'); i >= 0 && i < len(rows)-1 {
		return nil
	}
	return slices.Clip(rows)
}

func value(line []byte) string {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return string(line[bytes.LastIndexByte(line, ' ')+1:])
}

func namespaceOf(line []byte) string {
	return exposition.RowLabel(line, "exported_namespace", "namespace", "controller_namespace")
}

// identity returns the labels that identify the object of a row.
func (s *Source) identity(line []byte) string {
	return exposition.RowLabel(line, "kind") + separator + namespaceOf(line) + separator + exposition.RowLabel(line, cmp.Or(s.Name, "name"))
}

// compare adds the change between two rows; one of them may be missing.
func (l *Log) compare(s *Source, c *exposition.Change, before, after []byte) {
	if len(before) > 0 && len(after) > 0 && s.identity(before) != s.identity(after) {
		l.compare(s, c, before, nil) // the object of after replaces the object of before
		l.compare(s, c, nil, after)
		return
	}
	out := Change{
		At: c.At, Type: s.Type, Cluster: c.Key.Cluster, System: cmp.Or(c.Key.Collector, "fleet"),
		Before: s.read(before), After: s.read(after),
	}
	switch {
	case out.Before == out.After || s.Problems && len(before) == 0 && l.beganBefore(after):
		return
	case s.Type == Leader && s.Label == "":
		if out.After != "1" || out.Before == "" {
			return
		}
		out.Before, out.After = "", exposition.RowLabel(after, s.Name)
	case s.Type == State && s.Problems:
		if c.Gone && (s.Aside == "" || c.Key.Kind != s.Aside) {
			out.Type = Deleted
		}
	case s.Type == State && len(before) == 0:
		out.Type = Created
	case s.Type == State && len(after) == 0:
		out.Type = Deleted
	case len(before) == 0, out.After == "":
		return // a created or deleted object
	}
	line := after
	if len(line) == 0 {
		line = before
	}
	out.Target = cmp.Or(exposition.RowLabel(line, "target_cluster"), out.Cluster)
	out.Kind, out.Namespace = cmp.Or(s.Kind, exposition.RowLabel(line, "kind")), namespaceOf(line)
	out.Name = cmp.Or(exposition.RowLabel(line, cmp.Or(s.Name, "name")), out.Cluster)
	l.Add(out)
}

// startup is the time after the start in which the exporter reads the existing states of objects.
const startup = 30 * time.Second

// beganBefore reports whether the state of a row began before the log. The value of the row is the onset.
func (l *Log) beganBefore(row []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	onset, err := strconv.ParseFloat(value(row), 64)
	return err == nil && !l.began.IsZero() && onset < float64(l.began.Add(startup).Unix())
}

func (s *Source) read(line []byte) string {
	switch {
	case len(line) == 0:
		return ""
	case s.Label == "":
		return value(line)
	}
	return exposition.RowLabel(line, s.Label)
}
