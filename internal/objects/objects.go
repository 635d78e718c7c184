// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package objects lists the watched objects of the fleet. It reads the rows from the exposition for each
// request, and keeps in memory only the objects of the requested page.
package objects

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Object is a watched object. Fields without a row are empty.
type Object struct {
	Cluster   string `json:"cluster" jsonschema_description:"The cluster in which the object lives."`
	Target    string `json:"targetCluster" jsonschema_description:"The cluster to which the object is applied; its own if it has no other one."`
	System    string `json:"system"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace" jsonschema_description:"Empty for an object of the cluster."`
	Name      string `json:"name"`
	State     string `json:"state" jsonschema_description:"deleting, suspended, stalled, failed, dependency_not_ready, unprocessed, progressing, ready or unknown; empty for a kind without a state."`
	// Since and SinceAtLeast are set for objects that are not ready.
	Since        *time.Time `json:"since,omitempty" jsonschema_description:"When the state began, if it is not ready."`
	SinceAtLeast bool       `json:"sinceAtLeast,omitempty" jsonschema_description:"Whether the state began at the time in since or earlier."`
	Reason       string     `json:"reason,omitempty" jsonschema_description:"Why the object is in its state, as it records it."`
	Revision     string     `json:"revision,omitempty" jsonschema_description:"The revision or version that is applied."`
	Attempted    string     `json:"attemptedRevision,omitempty" jsonschema_description:"The revision that was attempted last, if it is not the applied one."`
	Source       string     `json:"source,omitempty" jsonschema_description:"What the object is made from or refers to: kind/namespace/name, kind/name, or the address of a server."`
	Owner        string     `json:"owner,omitempty" jsonschema_description:"The owner by the labels of the object."`
	SupportGroup string     `json:"supportGroup,omitempty"`
}

// Key returns namespace/name, or the name of a cluster-scoped object.
func (o *Object) Key() string {
	if o.Namespace == "" {
		return o.Name
	}
	return o.Namespace + "/" + o.Name
}

// Ref returns kind/namespace/name, or kind/name of a cluster-scoped object.
func (o *Object) Ref() string { return o.Kind + "/" + o.Key() }

// Kind is a watched kind.
type Kind struct{ Collector, Kind string }

// Reader reads objects from an exposition.
type Reader struct {
	exposition *exposition.Exposition
	// targets and owners are the indices of the families with the target cluster and with the owner of an
	// object.
	targets, owners []int
	kinds           map[Kind]bool
	now             func() time.Time
}

// New returns a reader of the objects of the kinds.
func New(e *exposition.Exposition, kinds []Kind, now func() time.Time) *Reader {
	r := &Reader{exposition: e, kinds: map[Kind]bool{}, now: now}
	for _, k := range kinds {
		r.kinds[k] = true
	}
	r.targets, r.owners = r.having("target_cluster"), r.having("owner", "owned_by")
	return r
}

// having returns the indices of the families that have one of the labels.
func (r *Reader) having(labels ...string) []int {
	var places []int
	for i, name := range names {
		if all, ok := r.exposition.Labels(name); ok && slices.ContainsFunc(all, func(l string) bool { return slices.Contains(labels, l) }) {
			places = append(places, i)
		}
	}
	return places
}

func (r *Reader) watched(k exposition.Key) bool { return r.kinds[Kind{k.Collector, k.Kind}] }

// Ready is the state of an object without problems. NotReady stands for all other states in a query.
const (
	Ready    = "ready"
	NotReady = "not_ready"
)

// states are all states, worst first; the empty state is last.
var states = [...]string{
	"stalled", "failed", "dependency_not_ready", "unprocessed", "unknown", "deleting", "progressing", "suspended", Ready, "",
}

// Ranks of states.
const (
	rankFailed      = 1
	rankUnprocessed = 3
	rankUnknown     = 4
	rankProgressing = 6
	rankReady       = 8
	rankNone        = 9
)

// States returns all states, worst first; the empty state is last.
func States() []string { return states[:] }

// names are the names of the families from which objects are read, in the order of the constants.
var names = [...]string{
	"cobaltcore_flux_resource_status",
	"cobaltcore_flux_resource_not_ready_since_timestamp_seconds",
	"cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds",
	"cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds",
	"cobaltcore_certmanager_issuer_not_ready_since_timestamp_seconds",
	"cobaltcore_certmanager_request_pending_since_timestamp_seconds",
	"cobaltcore_certmanager_request_failed_timestamp_seconds",
	"cobaltcore_eso_externalsecret_ready",
	"cobaltcore_eso_pushsecret_ready",
	"cobaltcore_eso_store_ready",
	"cobaltcore_eso_clusterexternalsecret_ready",
	"cobaltcore_eso_clusterpushsecret_ready",
	"cobaltcore_controller_replicas_desired",
	"cobaltcore_controller_replicas_available",
	"cobaltcore_object_owner_info",
	"flux_resource_info",
	"flux_instance_info",
	"flux_resourceset_info",
	"flux_resourcesetinputprovider_info",
	"cobaltcore_flux_resource_reason_info",
	"cobaltcore_eso_externalsecret_status",
	"cobaltcore_eso_pushsecret_status",
	"cobaltcore_eso_store_status",
	"cobaltcore_eso_clusterexternalsecret_status",
	"cobaltcore_eso_clusterpushsecret_status",
	"cobaltcore_eso_externalsecret_info",
	"cobaltcore_eso_pushsecret_store_ref",
	"cobaltcore_eso_store_info",
	"cobaltcore_greenhouse_object_reason_info",
	"cobaltcore_greenhouse_plugin_info",
	"cobaltcore_greenhouse_pluginpreset_info",
	"cobaltcore_greenhouse_plugindefinition_info",
	"cobaltcore_greenhouse_cluster_info",
	"cobaltcore_greenhouse_catalog_info",
	"cobaltcore_greenhouse_teamrolebinding_info",
	"cobaltcore_certmanager_certificate_info",
	"cobaltcore_certmanager_issuer_info",
	"cobaltcore_controller_info",
	"cobaltcore_controller_release_info",
}

// Families returns the names of the families from which objects are read.
func Families() []string { return append(names[:], storeStates) }

// Indices of families. The not-ready families begin at notReadyFirst, the families with a value of 0 or 1 at
// readyFirst, and the families with more about an object at infoFirst.
const (
	fluxStatus       = 0
	notReadyFirst    = 1
	requestFailed    = 6
	readyFirst       = 7
	replicasDesired  = 12
	replicasPossible = 13
	infoFirst        = 14
)

// storeStates is the family about objects of External Secrets that are not ready. Its rows are in a separate
// group.
const storeStates = "cobaltcore_eso_object_not_ready_since_timestamp_seconds"

// condition is the state of an object and its onset.
type condition struct {
	rank    int     // index of the state in states
	since   float64 // seconds since the epoch; 0 if unknown
	atLeast bool
}

func (c condition) state() string { return states[c.rank] }

func conditionOf(line []byte) condition {
	onset, _ := exposition.RawLabel(line, "onset")
	return condition{rank: rankIn(line), since: value(line), atLeast: len(onset) > 0 && string(onset) != "exact"}
}

// rankIn returns the rank of the state in the label status of a row.
func rankIn(line []byte) int {
	if bytes.HasSuffix(line, readyRow) {
		return rankReady
	}
	raw, _ := exposition.RawLabel(line, "status")
	return rankOf(string(raw))
}

// readyRow is the end of a row about the state of a ready object.
var readyRow = []byte(`status="ready"} 1`)

// rankOf returns the rank of a state. Other states count as unknown.
func rankOf(state string) int {
	if i := slices.Index(states[:], state); i >= 0 {
		return i
	}
	return rankUnknown
}

// storeConditions returns the states of the objects of External Secrets that are not ready,
// by cluster, kind and key.
func (r *Reader) storeConditions(q *Query) map[[3]string]condition {
	states := map[[3]string]condition{}
	r.exposition.Walk([]string{storeStates}, func(k exposition.Key) bool {
		return k.Collector == "externalsecrets" && k.Kind == "secretstores" && q.cluster(k.Cluster)
	}, func(p *exposition.Page) {
		for at := range p.Len() {
			line := p.Rows(at, 0)
			if kind, key, ok := strings.Cut(string(p.Object(at)), " "); ok && len(line) > 0 {
				states[[3]string{p.Key.Cluster, kind, key}] = conditionOf(line)
			}
		}
	})
	return states
}

// conditionAt returns the state of an object according to its rows.
func conditionAt(p *exposition.Page, at int, stores map[[3]string]condition) condition {
	if line := firstLine(p.Rows(at, fluxStatus)); len(line) > 0 {
		c := condition{rank: rankIn(line)}
		if line = firstLine(p.Rows(at, notReadyFirst)); c.rank != rankReady && len(line) > 0 {
			c = conditionOf(line)
		}
		return c
	}
	for i := notReadyFirst + 1; i <= requestFailed; i++ {
		if line := firstLine(p.Rows(at, i)); len(line) > 0 {
			c := conditionOf(line)
			if i == requestFailed {
				c.rank = rankFailed
			}
			return c
		}
	}
	if len(stores) > 0 {
		if c, ok := stores[[3]string{p.Key.Cluster, p.Key.Kind, string(p.Object(at))}]; ok {
			return c
		}
	}
	return condition{rank: plainRank(p, at)}
}

// plainRank returns the rank of the state of an object whose rows do not name it.
func plainRank(p *exposition.Page, at int) int {
	for i := readyFirst; i < replicasDesired; i++ {
		if !p.Has(i) {
			continue
		}
		switch line := p.Rows(at, i); {
		case len(line) == 0:
			return rankUnprocessed
		case value(line) == 1:
			return rankReady
		}
		return rankFailed
	}
	if line := p.Rows(at, replicasDesired); len(line) > 0 {
		desired, available := value(line), value(p.Rows(at, replicasPossible))
		switch {
		case available >= desired:
			return rankReady
		case available == 0:
			return rankFailed
		}
		return rankProgressing
	}
	for i := notReadyFirst + 1; i < requestFailed; i++ {
		if p.Has(i) {
			return rankReady // in any other state it has a row
		}
	}
	return rankNone
}
