// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"cmp"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type condition struct {
	Type               string    `json:"type"`
	Status             string    `json:"status"`
	Reason             string    `json:"reason"`
	LastTransitionTime time.Time `json:"lastTransitionTime"`
	ObservedGeneration int64     `json:"observedGeneration"`
}

type conditions []condition

func (cs conditions) get(name string) (condition, bool) {
	for _, c := range cs {
		if c.Type == name {
			return c, true
		}
	}
	return condition{}, false
}

func (cs conditions) isTrue(name string) bool {
	c, _ := cs.get(name)
	return c.Status == "True"
}

// status is the part of .status that nearly all kinds share.
type status struct {
	Conditions         conditions `json:"conditions"`
	ObservedGeneration int64      `json:"observedGeneration"`
}

// subject is what the rows that all kinds have in common are made from.
type subject struct {
	kind      string
	target    string // the cluster that the object is applied to
	meta      *watch.Meta
	status    *status
	suspended bool
	// interval is empty for kinds and objects without one.
	interval string
	// alwaysReady is set for objects that have nothing to reconcile.
	alwaysReady bool
	// unobserved is set for kinds that note no observed generation unless they
	// do.
	unobserved bool
}

func (s *subject) labels(more ...string) []string {
	return append([]string{s.target, s.kind, s.meta.Namespace, s.meta.Name}, more...)
}

// ready and reason are the labels of that name: those of the Ready condition.
func (s *subject) ready() (ready, reason string) {
	c, ok := s.status.Conditions.get("Ready")
	switch {
	case s.alwaysReady:
		return "True", c.Reason
	case !ok:
		return "Unknown", ""
	}
	return c.Status, c.Reason
}

// state names the state of the object. The order is that of precedence: what is
// suspended on purpose is not failing, and what waits or is under way has not
// failed yet.
func (s *subject) state() string {
	ready, reason := s.ready()
	progressing := s.status.Conditions.isTrue("Reconciling") || reason == "Progressing" || reason == "ProgressingWithRetry"
	switch {
	case s.suspended:
		return "suspended"
	case s.status.Conditions.isTrue("Stalled"):
		return "stalled"
	case ready == "False" && reason == "DependencyNotReady":
		return "dependency_not_ready"
	case ready == "False":
		return "failed"
	case progressing && !s.alwaysReady:
		return "progressing"
	case ready == "True":
		return "ready"
	}
	return "unknown"
}

func (s *subject) rows(r *exposition.Rows) {
	l := s.labels()
	r.Add(resourceStatus, 1, s.target, s.kind, s.meta.Namespace, s.meta.Name, s.state())
	ready, ok := s.status.Conditions.get("Ready")
	if ok {
		r.Add(resourceReason, 1, s.target, s.kind, s.meta.Namespace, s.meta.Name, ready.Reason)
	}
	r.Time(resourceCreated, s.meta.Created, l...)
	r.Time(resourceTransition, ready.LastTransitionTime, l...)
	observed := max(s.status.ObservedGeneration, ready.ObservedGeneration)
	if observed > 0 || !s.unobserved {
		r.Bool(resourceObserved, observed >= s.meta.Generation, l...)
	}
	if d, err := time.ParseDuration(s.interval); err == nil {
		r.Add(resourceInterval, d.Seconds(), l...)
	}
}

// info is what only flux_resource_info shows.
type info struct {
	group                  string
	revision, applied      string
	url, ref, path         string
	sourceKind, sourceName string
	sourceNamespace        string
}

func (s *subject) info(r *exposition.Rows, i info) {
	ready, reason := s.ready()
	if i.sourceNamespace == "" && i.sourceName != "" {
		i.sourceNamespace = s.meta.Namespace
	}
	r.Add(resourceInfo, 1, s.target, i.group, s.kind, s.meta.Namespace, s.meta.Name, ready, reason, boolLabel(s.suspended),
		i.revision, i.applied, i.url, i.ref, i.sourceKind, i.sourceNamespace, i.sourceName, i.path, s.meta.UID)
}

// boolLabel spells booleans as Flux Operator does.
func boolLabel(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// reference is a sourceRef, chartRef or the like.
type reference struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

// kubeConfig says where the objects of a Kustomization or HelmRelease go.
type kubeConfig struct {
	SecretRef    reference `json:"secretRef"`
	ConfigMapRef reference `json:"configMapRef"`
}

// target is the cluster that an object in namespace is applied to.
func (k *kubeConfig) target(v fleet.View, namespace string) string {
	if k.SecretRef.Name != "" {
		return v.Target(fleet.Reference{Kind: fleet.KindSecret, Namespace: namespace, Name: k.SecretRef.Name})
	}
	return v.Target(fleet.Reference{Kind: "ConfigMap", Namespace: namespace, Name: k.ConfigMapRef.Name})
}

// inventory is the list of what was applied; only its length is kept. It is not
// there before something was, and in what older controllers wrote.
type inventory struct {
	Entries watch.Count `json:"entries"`
}

func (s *subject) inventoryRow(r *exposition.Rows, i *inventory) {
	if i != nil {
		r.Add(resourceInventory, float64(i.Entries), s.labels()...)
	}
}

// history is one entry of a status history, newest first.
type history struct {
	Digest     string    `json:"digest"`
	Last       time.Time `json:"lastReconciled"`
	Duration   string    `json:"lastReconciledDuration"`
	Status     string    `json:"lastReconciledStatus"`
	Total      int64     `json:"totalReconciliations"`
	Properties struct {
		Flux string `json:"flux"`
	} `json:"metadata"`
}

// historyRows writes the whole history, which Flux bounds to five entries.
func (s *subject) historyRows(r *exposition.Rows, entries []history) {
	for _, h := range entries {
		l := s.labels(h.Digest, h.Properties.Flux, h.Status)
		r.Time(historyTime, h.Last, l...)
		if d, err := time.ParseDuration(h.Duration); err == nil {
			r.Add(historyDuration, d.Seconds(), l...)
		}
		r.Add(historyCount, float64(h.Total), l...)
	}
}

// succeeded is the reason that Flux notes for a success.
const succeeded = "ReconciliationSucceeded"

// timeRows writes when the object was last reconciled, and when with success.
func (s *subject) timeRows(r *exposition.Rows, entries []history) {
	r.Time(resourceReconciled, newest(entries), s.labels()...)
	r.Time(resourceSucceeded, newest(slices.DeleteFunc(slices.Clone(entries), func(h history) bool { return h.Status != succeeded })), s.labels()...)
}

// dependsOnRows writes what the object waits for: objects of its own kind.
func (s *subject) dependsOnRows(r *exposition.Rows, on []reference) {
	for _, d := range on {
		r.Add(resourceDependsOn, 1, s.labels(cmp.Or(d.Namespace, s.meta.Namespace), d.Name)...)
	}
}

func newest(entries []history) time.Time {
	var t time.Time
	for _, h := range entries {
		if h.Last.After(t) {
			t = h.Last
		}
	}
	return t
}
