// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// AlertsAnnotation is the annotation that turns off alerts about an object, with the value
// disabled.
const AlertsAnnotation = "cobaltcore.dev/alerts"

// Families of rows that an object of any kind may have.
var (
	alertsDisabled = &exposition.Family{
		Name: "cobaltcore_object_alerts_disabled", Type: exposition.Gauge, Labels: []string{"cluster", "group", "kind", "namespace", "name"},
		Help: "Objects with the annotation cobaltcore.dev/alerts: disabled. No alert about them fires. Always 1.",
	}
	objectOwner = &exposition.Family{
		Name: "cobaltcore_object_owner_info", Type: exposition.Gauge, Labels: []string{"cluster", "group", "kind", "namespace", "name", "owner", "support_group"},
		Help: "Objects with labels for their owner, by ownership of the configuration. Always 1.",
	}
)

// objectDeleted is exported for every watched kind.
var objectDeleted = &exposition.Family{
	Name: "cobaltcore_object_deletion_timestamp_seconds", Type: exposition.Gauge,
	Labels: []string{"cluster", "group", "kind", "namespace", "name", "finalizers"},
	Help:   "When the deletion of an object was requested that a finalizer holds. finalizers are the remaining finalizers, separated by commas.",
}

// objectApplier is not exported. Only the page of an object uses it.
var objectApplier = &exposition.Family{
	Name: "cobaltcore_object_applied_by", Type: exposition.Gauge, Internal: true,
	Labels: []string{"applier"},
	Help:   "The object of Flux (kind/namespace/name) that applies the object of the row, by its labels. Always 1.",
}

// appliers are the kinds that label the objects that they apply, with the names of the labels. If an object has labels of
// several, the first applier is used.
var appliers = [...]struct{ kind, name, namespace string }{
	{"HelmRelease", "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace"},
	{"Kustomization", "kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"},
	{"ResourceSet", "resourceset.fluxcd.controlplane.io/name", "resourceset.fluxcd.controlplane.io/namespace"},
	{"FluxInstance", "fluxcd.controlplane.io/name", "fluxcd.controlplane.io/namespace"},
}

// applierLabels returns the labels that name an applier.
func applierLabels() []string {
	var names []string
	for _, a := range appliers {
		names = append(names, a.name, a.namespace)
	}
	return names
}

// objectFamilies returns the families that every kind has.
func objectFamilies() []*exposition.Family {
	return []*exposition.Family{alertsDisabled, objectOwner, objectDeleted, objectApplier}
}

// Owners has the names of labels with the owner of an object. The first label in each list that the
// object has is used.
type Owners struct{ Owner, SupportGroup []string }

func (o Owners) names() []string { return slices.Concat(o.Owner, o.SupportGroup) }

// WithOwners returns the resource with owner labels.
func (r Resource) WithOwners(o Owners) Resource {
	names := o.names()
	if len(names) == 0 {
		return r
	}
	create := r.create
	r.create = func() object {
		o := create()
		o.meta().Own.wanted = slices.Concat(r.OwnLabels, names)
		return o
	}
	r.owners = o
	r.Labels = slices.Concat(r.Labels, names)
	r.shape = r.lazyShape()
	return r
}

// objectRows adds the rows that an object of any kind may have.
func (r Resource) objectRows(o object, rows *exposition.Rows) {
	m := o.meta()
	if strings.EqualFold(m.Annotations[AlertsAnnotation], "disabled") {
		rows.Add(alertsDisabled, 1, r.Group, r.Kind, m.Namespace, m.Name)
	}
	rows.Time(objectDeleted, m.Deleted, r.Group, r.Kind, m.Namespace, m.Name, strings.Join(m.Finalizers, ","))
	first := func(names []string) string {
		for _, name := range names {
			if v := o.label(name); v != "" {
				return v
			}
		}
		return ""
	}
	if owner, group := first(r.owners.Owner), first(r.owners.SupportGroup); owner != "" || group != "" {
		rows.Add(objectOwner, 1, r.Group, r.Kind, m.Namespace, m.Name, owner, group)
	}
	for i := range appliers {
		a := &appliers[i]
		if name := o.label(a.name); name != "" {
			rows.Add(objectApplier, 1, a.kind+"/"+o.label(a.namespace)+"/"+name)
			break
		}
	}
}

// OwnLabels decodes only the wanted labels of an object. All others are skipped without being stored.
type OwnLabels struct {
	wanted []string
	values []ownLabel // a map for each object took a tenth of the allocations during a start
}

type ownLabel struct{ name, value string }

// Get returns the value of a wanted label; empty if the object does not have it.
func (l *OwnLabels) Get(name string) string {
	for i := range l.values {
		if l.values[i].name == name {
			return l.values[i].value
		}
	}
	return ""
}

// UnmarshalJSONFrom reads the wanted labels.
func (l *OwnLabels) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	l.values = nil
	if len(l.wanted) == 0 {
		return dec.SkipValue()
	}
	wanted := func(name []byte) (string, bool) {
		i := slices.IndexFunc(l.wanted, func(w string) bool { return w == string(name) })
		if i < 0 {
			return "", false
		}
		return l.wanted[i], true
	}
	return readStrings(dec, wanted, func(name, value string) {
		if l.values == nil {
			l.values = make([]ownLabel, 0, 2) // usually the name and namespace of the applier
		}
		l.values = append(l.values, ownLabel{name, value})
	})
}
