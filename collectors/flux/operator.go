// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

const (
	operatorGroup = "fluxcd.controlplane.io"

	// Annotations of Flux Operator that suspend objects and set intervals.
	reconcileAnnotation      = operatorGroup + "/reconcile"
	reconcileEveryAnnotation = operatorGroup + "/reconcileEvery"
)

func operatorAnnotations() []string { return []string{reconcileAnnotation, reconcileEveryAnnotation} }

// isDisabled reports whether an annotation has the value disabled. Like the controllers, it ignores case.
func isDisabled(m *watch.Meta, annotation string) bool {
	return strings.EqualFold(m.Annotations[annotation], "disabled")
}

// operatorSubject returns the subject of an object of Flux Operator.
func operatorSubject(kind, interval string, v fleet.View, m *watch.Meta, st *status) subject {
	if every := m.Annotations[reconcileEveryAnnotation]; every != "" {
		if _, err := time.ParseDuration(every); err == nil { // otherwise the operator also uses its default
			interval = every
		}
	}
	return subject{
		kind: kind, lifecycle: &plain, target: v.Cluster, meta: m, status: st,
		suspended: isDisabled(m, reconcileAnnotation),
		interval:  interval,
	}
}

type resourceSet struct {
	watch.Object

	Spec struct {
		DependsOn []reference `json:"dependsOn"`
	} `json:"spec"`
	Status struct {
		status

		LastAppliedRevision string     `json:"lastAppliedRevision"`
		Inventory           *inventory `json:"inventory"`
		History             []history  `json:"history"`
	} `json:"status"`
}

func (c Collector) resourceSets() watch.Resource {
	return newLifecycleResource(watch.Resource{
		Group: operatorGroup, Kind: "ResourceSet", Versions: []string{"v1"},
		Families:    commonFamilies(resourceSetInfo, resourceOverdue, resourceSucceeded, resourceInventory),
		Annotations: operatorAnnotations(),
	}, c.resourceSetRows)
}

func (c Collector) resourceSetRows(o *resourceSet, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	s := operatorSubject("ResourceSet", "1h", v, &o.Metadata, &o.Status.status)
	s.setHistory(o.Status.History, o.Status.LastAppliedRevision != "")
	s.evaluate(seen)
	ready, reason := s.readyLabels()
	entries := 0
	if o.Status.Inventory != nil {
		entries = int(o.Status.Inventory.Entries)
	}
	r.Add(resourceSetInfo, 1, s.kind, s.meta.Namespace, s.meta.Name, ready, reason, boolLabel(s.suspended),
		strconv.Itoa(entries), o.Status.LastAppliedRevision, s.meta.UID)
	s.rows(r)
	c.overdueRow(&s, r)
	s.successRow(r)
	s.inventoryRow(r, o.Status.Inventory)
	s.recordDependencies(r, dependencies.Node{}, o.resolveDependencies())
	return s.result.Memory
}

// resolveDependencies returns the dependencies of a ResourceSet, which may have any kind. A reference without a namespace names a
// cluster-scoped object.
func (o *resourceSet) resolveDependencies() []dependencies.Wait {
	waits := make([]dependencies.Wait, len(o.Spec.DependsOn))
	for i, d := range o.Spec.DependsOn {
		group, _, _ := strings.Cut(d.APIVersion, "/")
		waits[i] = dependencies.Wait{
			Ref: d.resolve(""), Expression: d.ReadyExpr != "",
			Unwatched: group != operatorGroup && !strings.HasSuffix(group, ".toolkit.fluxcd.io") && group != generatorGroup,
		}
	}
	return waits
}

type inputProvider struct {
	watch.Object

	Spec struct {
		URL redact.URL `json:"url"`
	} `json:"spec"`
	Status status `json:"status"`
}

func inputProviders() watch.Resource {
	return newLifecycleResource(watch.Resource{
		Group: operatorGroup, Kind: "ResourceSetInputProvider", Versions: []string{"v1"},
		Families:    commonFamilies(inputProviderInfo),
		Annotations: operatorAnnotations(),
	}, func(o *inputProvider, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
		s := operatorSubject("ResourceSetInputProvider", "10m", v, &o.Metadata, &o.Status)
		s.evaluate(seen)
		ready, reason := s.readyLabels()
		r.Add(inputProviderInfo, 1, s.kind, s.meta.Namespace, s.meta.Name, ready, reason, boolLabel(s.suspended),
			o.Spec.URL.Redacted(), s.meta.UID)
		s.rows(r)
		s.recordDependencies(r, dependencies.Node{}, nil)
		return s.result.Memory
	})
}
