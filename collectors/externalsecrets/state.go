// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretstores"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Lifecycles of the kinds (external-secrets 0.9 to 2.x, controllers externalsecret, pushsecret, secretstore,
// clusterexternalsecret). All keep lastTransitionTime until the status changes.
var (
	synchronized = lifecycle.Kind{KeepsTransitions: true, NeverWaits: true}
	// unversioned is for kinds and objects without an observed generation.
	unversioned = lifecycle.Kind{KeepsTransitions: true, NoGenerations: true, NeverWaits: true}
	// undated is for conditions that change without a transition.
	undated = lifecycle.Kind{NeverWaits: true}
)

// Problems in the status of an object; values of the label problem of
// cobaltcore_eso_object_not_ready_since_timestamp_seconds.
const (
	problemBehind        = "behind"
	problemNeverSynced   = "never_synced"
	problemTargetMissing = "target_missing"
	problemSourceDeleted = "source_deleted"
	problemSourceKept    = "source_kept"
)

// reasonUnprocessed is the reason of an object without a status.
const reasonUnprocessed = "Unprocessed"

// state is the state of an object with other values of its rows.
type state struct {
	lifecycle.Result
	problem string
	now     time.Time // of the evaluation
}

// reason returns the value of the label reason.
func (s *state) reason() string {
	if s.Reason == lifecycle.ReasonNoStatus {
		return reasonUnprocessed
	}
	return s.Reason
}

// node returns the note of the object.
func (s *state) node(stores []secretstores.Ref, flow any) *secretstores.Node {
	return &secretstores.Node{State: s.State, Onset: s.Onset, Problem: s.problem, Stores: stores, References: flow}
}

// lifecycleObject returns the input of package lifecycle from the metadata and the conditions.
func lifecycleObject(m *watch.Meta, conditions lifecycle.Conditions) lifecycle.Object {
	return lifecycle.Object{Created: m.Created, Deleted: m.Deleted, Generation: m.Generation, ChangedAt: m.SpecChanged(),
		Conditions: conditions}
}

// syncStatus is the status of an object that is synchronized periodically.
type syncStatus struct {
	Conditions  lifecycle.Conditions `json:"conditions"`
	RefreshTime time.Time            `json:"refreshTime"`
	// SyncedVersion is the generation and a hash of labels and annotations, separated by a dash.
	SyncedVersion string `json:"syncedResourceVersion"`
}

// generation returns the last synchronized generation.
func (s *syncStatus) generation() (n int64, ok bool) {
	text, _, _ := strings.Cut(s.SyncedVersion, "-")
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// evaluate derives the state by the rules of a kind.
func (s *syncStatus) evaluate(k *lifecycle.Kind, m *watch.Meta, seen lifecycle.Observation) state {
	o := lifecycleObject(m, s.Conditions)
	o.Observed, _ = s.generation()
	result := state{Result: k.Evaluate(o, seen), now: seen.Now}
	if result.Reason == lifecycle.ReasonGenerationBehind {
		result.problem = problemBehind
	}
	return result
}

// failed evaluates an object whose Ready condition does not show the failure or its time. at is a time at which it
// had already failed; zero if unknown.
func (s syncStatus) failed(k *lifecycle.Kind, m *watch.Meta, at time.Time, seen lifecycle.Observation) state {
	s.Conditions = slices.Clone(s.Conditions)
	for i := range s.Conditions {
		if c := &s.Conditions[i]; c.Type == "Ready" {
			c.Status = "False"
			if !at.IsZero() {
				c.LastTransitionTime = at
			}
		}
	}
	return s.evaluate(k, m, seen)
}

// evaluate derives the state of an ExternalSecret.
func (o *externalSecretObject) evaluate(seen lifecycle.Observation) state {
	ready, _ := o.Status.Conditions.Get("Ready")
	if ready.Reason == "SecretMissing" || ready.Reason == "ResourceMissing" {
		// Ready has been True since the first synchronization and does not show the failure.
		s := o.Status.failed(&undated, &o.Metadata, o.Status.RefreshTime, seen)
		if s.State == lifecycle.Failed {
			s.problem = problemTargetMissing
		}
		return s
	}
	k := &synchronized
	if generation, ok := o.Status.generation(); ok && generation > 0 && o.Spec.RefreshPolicy == "CreatedOnce" {
		k = &unversioned
	}
	s := o.Status.evaluate(k, &o.Metadata, seen)
	if s.State == lifecycle.Ready && o.Status.RefreshTime.IsZero() {
		s.State, s.problem, s.Onset = lifecycle.Unknown, problemNeverSynced, lifecycle.Onset{Time: o.Metadata.Created, Once: seen.Once}
	}
	return s
}

// evaluate derives the state of a PushSecret.
func (o *pushSecretObject) evaluate(seen lifecycle.Observation) state {
	if ready, _ := o.Status.Conditions.Get("Ready"); ready.Reason != "SourceDeleted" {
		return o.Status.evaluate(&synchronized, &o.Metadata, seen)
	}
	s := o.Status.failed(&synchronized, &o.Metadata, time.Time{}, seen)
	switch targets, _ := o.countSynced(); {
	case s.State != lifecycle.Failed:
	case o.Spec.DeletionPolicy == "Delete" && targets == 0:
		s.problem = problemSourceDeleted
	default:
		s.problem = problemSourceKept
	}
	return s
}

// evaluate derives the state of an object that creates objects in many namespaces. Versions before 0.10 have the
// conditions NotReady and PartiallyReady instead of Ready.
func (o *clusterObject) evaluate(seen lifecycle.Observation) state {
	conditions := o.Status.Conditions
	if _, ok := conditions.Get("Ready"); !ok {
		for _, c := range conditions {
			if (c.Type == "NotReady" || c.Type == "PartiallyReady") && c.Status == "True" {
				c.Type, c.Status, c.Reason = "Ready", "False", cmp.Or(c.Reason, c.Type)
				conditions = append(slices.Clone(conditions), c)
				break
			}
		}
	}
	return state{Result: unversioned.Evaluate(lifecycleObject(&o.Metadata, conditions), seen)}
}
