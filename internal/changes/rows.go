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

// source declares how a change is derived from a row.
type source struct {
	what Type
	// label is the label whose value is compared; if it is empty, the value of the row is compared.
	label string
	// kind is the kind of the object if the row has no label kind, and name is the label with its name.
	kind, name string
	// states marks rows that exist only while an object is not ready.
	states bool
}

// sources returns the families from which changes are derived.
func sources() map[string]source {
	return map[string]source{
		"cobaltcore_flux_resource_status":                                      {what: State, label: "status"},
		"cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds":       {what: State, label: "status", states: true},
		"cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds": {what: State, label: "status", kind: "Certificate", states: true},
		"cobaltcore_certmanager_issuer_not_ready_since_timestamp_seconds":      {what: State, label: "status", states: true},
		"cobaltcore_eso_object_not_ready_since_timestamp_seconds":              {what: State, label: "status", states: true},
		"flux_resource_info":                      {what: Revision, label: "applied_revision"},
		"flux_instance_info":                      {what: Revision, label: "revision"},
		"flux_resourceset_info":                   {what: Revision, label: "revision"},
		"cobaltcore_certmanager_certificate_info": {what: Revision, label: "revision", kind: "Certificate"},
		"cobaltcore_greenhouse_plugin_info":       {what: Version, label: "version", kind: "Plugin"},
		"cobaltcore_controller_info":              {what: Version, label: "version"},
		"cobaltcore_cluster_info":                 {what: Version, label: "version", kind: "Cluster"},
		"cobaltcore_openbao_node_info":            {what: Version, label: "version", kind: "OpenBaoNode", name: "node"},
		"cobaltcore_openbao_leader_info":          {what: Leader, label: "leader_address", kind: "OpenBao", name: "openbao"},
		"leader_election_master_status":           {what: Leader, kind: "Pod", name: "controller_pod"},
	}
}

// sideGroup is a group that contains an object only while it is not ready.
const sideGroup = "secretstores"

// Families returns the names of the families from which changes are derived.
func Families() []string {
	var names []string
	for name := range sources() {
		names = append(names, name)
	}
	return names
}

// Observer returns a function that adds the changes of rows to the log.
func (l *Log) Observer() func(exposition.Change) {
	all := sources()
	return func(c exposition.Change) {
		s := all[c.Family]
		before, after := oneLine(c.Before), oneLine(c.After)
		if before != nil && after != nil {
			l.compare(&s, &c, before, after)
			return
		}
		rows := map[string][]byte{}
		for line := range bytes.Lines(c.Before) {
			rows[s.identity(line)] = line
		}
		for line := range bytes.Lines(c.After) {
			id := s.identity(line)
			l.compare(&s, &c, rows[id], line)
			delete(rows, id)
		}
		for _, line := range rows {
			l.compare(&s, &c, line, nil)
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
func (s *source) identity(line []byte) string {
	return exposition.RowLabel(line, "kind") + separator + namespaceOf(line) + separator + exposition.RowLabel(line, cmp.Or(s.name, "name"))
}

// compare adds the change between two rows; one of them may be missing.
func (l *Log) compare(s *source, c *exposition.Change, before, after []byte) {
	if len(before) > 0 && len(after) > 0 && s.identity(before) != s.identity(after) {
		l.compare(s, c, before, nil) // the object of after replaces the object of before
		l.compare(s, c, nil, after)
		return
	}
	out := Change{
		At: c.At, Type: s.what, Cluster: c.Key.Cluster, System: cmp.Or(c.Key.Collector, "fleet"),
		Before: s.read(before), After: s.read(after),
	}
	switch {
	case out.Before == out.After || s.states && len(before) == 0 && l.beganBefore(after):
		return
	case s.what == Leader && s.label == "":
		if out.After != "1" || out.Before == "" {
			return
		}
		out.Before, out.After = "", exposition.RowLabel(after, "controller_pod")
	case s.what == State && s.states:
		if c.Gone && c.Key.Kind != sideGroup {
			out.Type = Deleted
		}
	case s.what == State && len(before) == 0:
		out.Type = Created
	case s.what == State && len(after) == 0:
		out.Type = Deleted
	case len(before) == 0, out.After == "":
		return // a created or deleted object
	}
	line := after
	if len(line) == 0 {
		line = before
	}
	out.Target = cmp.Or(exposition.RowLabel(line, "target_cluster"), out.Cluster)
	out.Kind, out.Namespace = cmp.Or(s.kind, exposition.RowLabel(line, "kind")), namespaceOf(line)
	if out.Name = exposition.RowLabel(line, cmp.Or(s.name, "name")); out.Kind == "Cluster" {
		out.Name = out.Cluster
	}
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

func (s *source) read(line []byte) string {
	switch {
	case len(line) == 0:
		return ""
	case s.label == "":
		return value(line)
	}
	return exposition.RowLabel(line, s.label)
}
