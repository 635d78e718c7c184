// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"slices"
	"strings"
)

// Label is an additional label of a row of an open family. Its name must be valid.
type Label struct{ Name, Value string }

// Suffixes of the samples of a [Summary].
const (
	Sum   = "_sum"
	Count = "_count"
)

// exported is the prefix of labels that collide, as in Prometheus.
const exported = "exported_"

// AddOpen appends a sample of an open family. values are the values of the labels of decl, as for [Rows.Add]. The labels in more
// follow in their order. A label whose name already exists gets the prefix exported_, also in the slice. A label without a
// value is left out, because it is equal to no label. suffix is [Sum] or [Count] for a [Summary], and otherwise empty.
func (r *Rows) AddOpen(decl *Family, suffix string, v float64, values []string, more []Label) {
	i := r.find(decl)
	if i < 0 || !decl.Open || (decl.Type == Summary) != (suffix == Sum || suffix == Count) {
		return
	}
	f := r.families[i]
	start := len(r.lines[i])
	b := append(r.lines[i], decl.Name...)
	b = append(b, suffix...)
	name := len(decl.Name) // the text before the first label begins with the name
	for label, before := range f.before {
		value := ""
		switch {
		case label == 0:
			value = r.cluster
		case len(values) > 0:
			value, values = values[0], values[1:]
		}
		if before != nil {
			b = r.label(b, before[name:], value)
			name = 0
		}
	}
	for n := range more {
		if more[n].Value == "" {
			continue
		}
		for slices.Contains(f.names, more[n].Name) || hasLabel(more[:n], more[n].Name) {
			more[n].Name = exported + more[n].Name
		}
		b = append(append(b, `",`...), more[n].Name...)
		b = r.label(b, equals, more[n].Value)
	}
	b = append(b, f.close...)
	if start > 0 && r.has(i, b[:start], b[start:]) {
		r.lines[i] = b[:start]
		return
	}
	b = appendFloat(b, v)
	r.lines[i] = append(b, '\n')
}

var equals = []byte(`="`)

func hasLabel(labels []Label, name string) bool {
	return slices.ContainsFunc(labels, func(l Label) bool { return l.Name == name && l.Value != "" })
}

// checkOpen returns an error unless exactly the open families are untyped or summaries and begin with the cluster. Rows of other
// expositions cannot be validated against other types.
func checkOpen(decl *Family) error {
	if open := decl.Type == Untyped || decl.Type == Summary; open != decl.Open {
		return fmt.Errorf("family %s: open families, and only those, are untyped or a summary", decl.Name)
	}
	if decl.Open && (len(decl.Labels) == 0 || decl.Labels[0] != ClusterLabel) {
		return fmt.Errorf("family %s: the first label of an open family is the cluster", decl.Name)
	}
	return nil
}

// openIncluded reports whether a part of a histogram is included. A histogram whose type was unknown has the families x_sum and
// x_count, and any histogram may have x_bucket.
func openIncluded(include []string, name string) bool {
	for _, suffix := range []string{Sum, Count, "_bucket"} {
		if whole, ok := strings.CutSuffix(name, suffix); ok && slices.Contains(include, whole) {
			return true
		}
	}
	return false
}

func openMetricsType(decl *Family) Type {
	if decl.Type == Untyped {
		return "unknown"
	}
	return decl.Type
}
