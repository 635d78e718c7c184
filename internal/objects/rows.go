// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// firstLine returns the first row of several.
func firstLine(rows []byte) []byte {
	line, _, _ := bytes.Cut(rows, []byte("\n"))
	return line
}

// value returns the number at the end of the first row.
func value(rows []byte) float64 {
	line := firstLine(rows)
	v, _ := strconv.ParseFloat(string(line[bytes.LastIndexByte(line, ' ')+1:]), 64) // rows of the exporter are valid
	return v
}

// describe returns an object with the values of its rows.
func (r *Reader) describe(p *exposition.Page, at int, c condition) Object {
	o := Object{
		Cluster: p.Key.Cluster, Target: p.Key.Cluster, System: p.Key.Collector, Kind: p.Key.Kind,
		State: c.state(), SinceAtLeast: c.atLeast,
	}
	o.setKey(string(p.Object(at)))
	if c.since > 0 {
		t := time.UnixMilli(int64(c.since * 1000)).UTC()
		o.Since = &t
	}
	for i := range r.names {
		if i < r.first[ready] || i >= r.first[info] {
			if line := firstLine(p.Rows(at, i)); len(line) > 0 {
				o.add(line)
			}
		}
	}
	if o.State == Ready || o.State == "" {
		o.Reason = ""
	}
	if o.Attempted == o.Revision {
		o.Attempted = ""
	}
	return o
}

func (o *Object) setKey(key string) {
	namespace, name, ok := strings.Cut(key, "/")
	if !ok {
		namespace, name = "", key
	}
	o.Namespace, o.Name = namespace, name
}

// add sets the fields of the object that a row has. Fields set by earlier rows keep their values, except Target.
func (o *Object) add(line []byte) {
	if target := exposition.RowLabel(line, "target_cluster"); target != "" {
		o.Target = target
	}
	take := func(field *string, names ...string) {
		for _, name := range names {
			if *field == "" {
				*field = exposition.RowLabel(line, name)
			}
		}
	}
	take(&o.Owner, "owner", "owned_by")
	take(&o.SupportGroup, "support_group")
	take(&o.Reason, "reason")
	_, flux := exposition.RawLabel(line, "applied_revision")
	if flux {
		take(&o.Revision, "applied_revision")
		take(&o.Attempted, "revision")
	} else {
		take(&o.Revision, "revision", "version")
	}
	if o.Source == "" {
		if source := sourceOf(line); source != o.Ref() {
			o.Source = source
		}
	}
}

// sourceOf returns the source of an object, or the object that it refers to.
func sourceOf(line []byte) string {
	if name := exposition.RowLabel(line, "source_name"); name != "" {
		if kind := exposition.RowLabel(line, "source_kind"); kind != "" {
			return join(kind, exposition.RowLabel(line, "source_namespace"), name)
		}
	}
	if name := exposition.RowLabel(line, "helmrelease_name"); name != "" {
		return join("HelmRelease", exposition.RowLabel(line, "helmrelease_namespace"), name)
	}
	if name := exposition.RowLabel(line, "definition_name"); name != "" {
		return join(exposition.RowLabel(line, "definition_kind"), exposition.RowLabel(line, "definition_namespace"), name)
	}
	if name := exposition.RowLabel(line, "store_name"); name != "" {
		return cmp.Or(exposition.RowLabel(line, "store"), join(exposition.RowLabel(line, "store_kind"), name))
	}
	return cmp.Or(exposition.RowLabel(line, "issuer"), exposition.RowLabel(line, "backend"), exposition.RowLabel(line, "url"))
}

// join returns kind/namespace/name without empty parts.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "/")
}
