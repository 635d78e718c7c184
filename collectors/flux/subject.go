// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"cmp"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// status has the fields of .status that nearly all kinds share.
type status struct {
	Conditions         lifecycle.Conditions `json:"conditions"`
	ObservedGeneration int64                `json:"observedGeneration"`
}

// How kinds record failed attempts beside Ready: see [lifecycle.Kind].
var (
	plain   = lifecycle.Kind{}
	fetched = lifecycle.Kind{Evidence: []lifecycle.Evidence{
		{Type: "FetchFailed", Status: "True"}, {Type: "BuildFailed", Status: "True"}, {Type: "StorageOperationFailed", Status: "True"},
		{Type: "IncludeUnavailable", Status: "True"}, {Type: "SourceVerified", Status: "False"},
	}}
	released = lifecycle.Kind{Evidence: []lifecycle.Evidence{
		{Type: "Released", Status: "False"}, {Type: "TestSuccess", Status: "False"}, {Type: "Remediated", Status: "True"},
	}}
	// Flux Operator writes the spec of a report itself.
	reported = lifecycle.Kind{NoGenerations: true}
)

// shardLabel names the shard of the controllers that reconcile an object.
const shardLabel = "sharding.fluxcd.io/key"

// subject has the values of the rows that all kinds share.
type subject struct {
	kind      string
	lifecycle *lifecycle.Kind
	target    string // cluster that the object is applied to
	meta      *watch.Meta
	status    *status
	suspended bool
	// interval is empty for kinds and objects without one.
	interval string
	// static is set for objects that have no status by design.
	static bool
	// attempted is status.lastAttemptedGeneration.
	attempted int64
	attempts  []lifecycle.Attempt
	truncated bool
	// lastRun is the time of the last reconciliation, for kinds that record it.
	lastRun time.Time
	// source is the object from which this one is built.
	source dependencies.Ref
	// refers are other objects to which the object refers.
	refers []dependencies.Ref
	// provides is set for sources, from which other objects are built.
	provides bool

	now    time.Time
	result lifecycle.Result
}

// evaluate derives the state. It must be called before rows.
func (s *subject) evaluate(seen lifecycle.Observation) {
	s.now = seen.Now
	s.result = s.lifecycle.Evaluate(lifecycle.Object{
		Created: s.meta.Created, Deleted: s.meta.Deleted, Generation: s.meta.Generation,
		Suspended: s.suspended, SuspendedAt: s.meta.SuspensionChanged(), ChangedAt: s.meta.SpecChanged(),
		Conditions: s.status.Conditions, Observed: latestGeneration(s.status.ObservedGeneration, s.attempted),
		Attempts: s.attempts, Truncated: s.truncated, Static: s.static,
	}, seen)
	if shard := s.meta.Own.Get(shardLabel); shard != "" && s.result.State == lifecycle.Unprocessed {
		s.result.Reason += ", shard " + shard
	}
}

// latestGeneration returns the greater of both generations. 0 means none, and -1 is the default of the API server.
func latestGeneration(generation, attempted int64) int64 {
	if attempted > 0 {
		return max(generation, attempted)
	}
	return generation
}

func (s *subject) labels(more ...string) []string {
	return append([]string{s.target, s.kind, s.meta.Namespace, s.meta.Name}, more...)
}

// readyLabels returns the labels ready and reason from the Ready condition. As in Flux Operator, an object that has no
// status by design is ready even before it is processed.
func (s *subject) readyLabels() (readyLabels, reason string) {
	c, ok := s.status.Conditions.Get("Ready")
	switch {
	case !ok && s.static:
		return "True", ""
	case !ok:
		return "Unknown", ""
	}
	if c.Status != "True" && c.Status != "False" {
		c.Status = "Unknown"
	}
	return c.Status, c.Reason
}

// rows adds the rows that all kinds share.
func (s *subject) rows(r *exposition.Rows) {
	l := s.labels()
	state := s.result.State
	r.Add(resourceStatus, 1, s.labels(state.String())...)
	if state != lifecycle.Ready {
		s.notReadyRow(r)
		if s.result.Reason != "" {
			r.Add(resourceReason, 1, s.labels(s.result.Reason)...)
		}
	}
	ready, _ := s.status.Conditions.Get("Ready")
	r.Time(resourceCreated, s.meta.Created, l...)
	r.Time(resourceTransition, ready.LastTransitionTime, l...)
	if generation := max(s.status.ObservedGeneration, ready.ObservedGeneration); generation != 0 || !s.static && s.kind != "ExternalArtifact" {
		r.Bool(resourceObserved, generation >= s.meta.Generation, l...)
	}
	if d, err := time.ParseDuration(s.interval); err == nil {
		r.Add(resourceInterval, d.Seconds(), l...)
	}
	r.Time(resourceReconciled, s.lastRun, l...)
}

// minOverdue is the minimum delay after which an object is overdue.
const minOverdue = 30 * time.Minute

// overdueRow adds the time at which a ready object becomes overdue.
func (c Collector) overdueRow(s *subject, r *exposition.Rows) {
	d, err := time.ParseDuration(s.interval)
	if err != nil || s.lastRun.IsZero() || s.result.State != lifecycle.Ready {
		return
	}
	late := max(lifecycle.Times(d, cmp.Or(c.OverdueAfter, defaultOverdueAfter)), minOverdue)
	r.Time(resourceOverdue, lifecycle.Past(s.lastRun, s.now).Add(late), s.labels(controllerOf(s.kind))...)
}

// conditionRow adds 1 or 0 for a condition that is True or False.
func (s *subject) conditionRow(r *exposition.Rows, f *exposition.Family, name string) {
	if c, _ := s.status.Conditions.Get(name); c.Status == "True" || c.Status == "False" {
		r.Bool(f, c.Status == "True", s.labels()...)
	}
}

// badConditionRow adds a row only if the condition has the bad status. The row has the onset and the reason.
func (s *subject) badConditionRow(r *exposition.Rows, f *exposition.Family, name, bad string, seen lifecycle.Observation) {
	c, _ := s.status.Conditions.Get(name)
	if c.Status != bad {
		return
	}
	s.conditionRow(r, f, name)
	// Flux updates the time of a transition when the message changes.
	since := lifecycle.Onset{Time: c.LastTransitionTime, AtLeast: true, Once: seen.Once}
	r.Time(releaseTrouble, since.Time, s.labels(name, c.Reason, since.Precision())...)
}

// revisionRow adds a row if the last attempted revision is not applied.
func (s *subject) revisionRow(r *exposition.Rows, attempted, applied string) {
	if attempted != "" && attempted != applied {
		r.Add(resourceRevisionPending, 1, s.labels(attempted, applied)...)
	}
}

// info has the values that only flux_resource_info exports.
type info struct {
	group                  string
	revision, applied      string
	url, ref, path         string
	sourceKind, sourceName string
	sourceNamespace        string
}

func (s *subject) addInfo(r *exposition.Rows, i info) {
	ready, reason := s.readyLabels()
	if i.sourceNamespace == "" && i.sourceName != "" {
		i.sourceNamespace = s.meta.Namespace
	}
	r.Add(resourceInfo, 1, s.target, i.group, s.kind, s.meta.Namespace, s.meta.Name, ready, reason, boolLabel(s.suspended),
		i.revision, i.applied, i.url, i.ref, i.sourceKind, i.sourceNamespace, i.sourceName, i.path, s.meta.UID)
}

// recordDependencies keeps the data for resolving dependencies: the state for objects that wait for this one, and the
// dependencies of this one.
func (s *subject) recordDependencies(r *exposition.Rows, n dependencies.Node, on []dependencies.Wait) {
	n.Target, n.State = s.target, s.result.State
	if n.Origin != nil {
		n.Origin.Changed = s.specChangedAt()
	}
	if c := controllerOf(s.kind); c != "flux-operator" && c != "notification-controller" {
		n.Shard = s.meta.Own.Get(shardLabel)
	}
	if ready, _ := s.readyLabels(); ready == "True" {
		c, _ := s.status.Conditions.Get("Ready")
		n.Satisfied = s.static && s.status.ObservedGeneration == 0 || max(s.status.ObservedGeneration, c.ObservedGeneration) >= s.meta.Generation
	}
	switch n.State { //nolint:exhaustive // no other state follows from another object
	case lifecycle.DependencyNotReady:
		n.Trouble = &dependencies.Trouble{Waits: dependencies.KeepWaits(r, on), Onset: s.result.Onset}
	case lifecycle.Failed, lifecycle.Stalled:
		n.Trouble = &dependencies.Trouble{From: s.source, Reason: cmp.Or(s.result.Reason, "Failed")}
	}
	r.Note(n.Bounded(r).Shift(r))
	s.referenceRows(r, on)
}

// referenceRows adds the objects to which the object refers.
func (s *subject) referenceRows(r *exposition.Rows, on []dependencies.Wait) {
	add := func(ref dependencies.Ref) {
		if ref.Kind != "" && ref.Name != "" && ref.Name != "*" {
			r.Add(resourceRefers, 1, ref.String())
		}
	}
	for _, ref := range s.refers {
		add(ref)
	}
	add(s.source)
	for _, w := range on {
		if !w.Unwatched && w.Ref != s.source {
			add(w.Ref)
		}
	}
}

// specChangedAt returns the time of the last change of the spec; zero if unknown.
func (s *subject) specChangedAt() time.Time {
	if at := s.meta.SpecChanged(); !at.IsZero() || s.meta.Generation > 1 {
		return at
	}
	return s.meta.Created
}

// dependsOnRows adds the dependencies of an object that is not ready.
func (s *subject) dependsOnRows(r *exposition.Rows, on []dependencies.Wait) {
	if s.result.State == lifecycle.Ready {
		return
	}
	for _, d := range on {
		r.Add(resourceDependsOn, 1, s.labels(d.Namespace, d.Name)...)
	}
}

// boolLabel formats booleans like Flux Operator.
func boolLabel(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// reference is a sourceRef, chartRef, an entry of dependsOn or the like.
type reference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Namespace  string `json:"namespace"`
	ReadyExpr  string `json:"readyExpr"`
}

// resolve returns the referenced object. namespace is the namespace of the object that has the reference.
func (f reference) resolve(namespace string) dependencies.Ref {
	return dependencies.Ref{Kind: f.Kind, Namespace: cmp.Or(f.Namespace, namespace), Name: f.Name}
}

// resolveDependencies returns the dependencies of an object, which have the same kind.
func (s *subject) resolveDependencies(on []reference) []dependencies.Wait {
	waits := make([]dependencies.Wait, len(on))
	for i, d := range on {
		d.Kind = s.kind
		waits[i] = dependencies.Wait{Ref: d.resolve(s.meta.Namespace), Expression: d.ReadyExpr != ""}
	}
	return waits
}

// kubeConfig names the target cluster of a Kustomization or HelmRelease.
type kubeConfig struct {
	SecretRef    reference `json:"secretRef"`
	ConfigMapRef reference `json:"configMapRef"`
}

// target returns the cluster to which an object in namespace is applied.
func (k *kubeConfig) target(v fleet.View, namespace string) string {
	if k.SecretRef.Name != "" {
		return v.Target(fleet.Reference{Kind: fleet.KindSecret, Namespace: namespace, Name: k.SecretRef.Name})
	}
	return v.Target(fleet.Reference{Kind: "ConfigMap", Namespace: namespace, Name: k.ConfigMapRef.Name})
}

// inventory is the list of applied objects, of which only the length is kept. It does not exist before the first
// apply and in statuses of older controllers.
type inventory struct {
	Entries watch.Count `json:"entries"`
}

func (s *subject) inventoryRow(r *exposition.Rows, i *inventory) {
	if i != nil {
		r.Add(resourceInventory, float64(i.Entries), s.labels()...)
	}
}
