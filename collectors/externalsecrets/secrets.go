// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretstores"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// storeRef names a store. The default kind is SecretStore.
type storeRef struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

func (s *storeRef) kind() string { return cmp.Or(s.Kind, secretstores.KindSecretStore) }

// resolve returns the store that an object in the namespace names.
func (s *storeRef) resolve(namespace string) secretstores.Ref {
	if s.kind() != secretstores.KindSecretStore {
		namespace = ""
	}
	return secretstores.Ref{Kind: s.kind(), Namespace: namespace, Name: s.Name}
}

// remoteRef names a key in a store.
type remoteRef struct {
	Key string `json:"key"`
}

// sourceRef names another store for a single key.
type sourceRef struct {
	Store *storeRef `json:"storeRef"`
}

type externalSecretObject struct {
	watch.Object

	Spec struct {
		Store           storeRef `json:"secretStoreRef"`
		RefreshPolicy   string   `json:"refreshPolicy"`
		RefreshInterval string   `json:"refreshInterval"`
		Target          struct {
			CreationPolicy string `json:"creationPolicy"`
			DeletionPolicy string `json:"deletionPolicy"`
		} `json:"target"`
		Data []struct {
			Remote remoteRef `json:"remoteRef"`
			Source sourceRef `json:"sourceRef"`
		} `json:"data"`
		DataFrom []struct {
			Extract *remoteRef `json:"extract"`
			Find    *struct{}  `json:"find"`
			Key     string     `json:"key"`
			Source  sourceRef  `json:"sourceRef"`
		} `json:"dataFrom"`
		SyncWindows struct {
			Windows watch.Count `json:"windows"`
		} `json:"syncWindows"`
	} `json:"spec"`
	Status syncStatus `json:"status"`
}

func externalSecrets() watch.Resource {
	return watch.NewStatefulResource(newResource(secretstores.KindExternalSecret, externalSecretFamilies()),
		func(o *externalSecretObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			return o.rows(seen, r)
		})
}

func (o *externalSecretObject) rows(seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	policy := cmp.Or(o.Spec.RefreshPolicy, "Periodic")
	interval := "0s"
	if policy == "Periodic" && o.Spec.SyncWindows.Windows == 0 {
		interval = cmp.Or(o.Spec.RefreshInterval, "1h")
	}
	s := o.evaluate(seen)
	syncRows(r, &externalSecret, &o.Metadata, &o.Status, interval, &s)
	stores := o.stores()
	var first secretstores.Ref
	var store string
	if len(stores) > 0 {
		first = stores[0]
		store = first.String()
	}
	r.Add(secretInfo, 1, o.Metadata.Namespace, o.Metadata.Name, first.Kind, first.Name, store, policy,
		cmp.Or(o.Spec.Target.DeletionPolicy, "Retain"), cmp.Or(o.Spec.Target.CreationPolicy, "Owner"))
	for i := 1; i < len(stores); i++ {
		r.Add(secretStoreRef, 1, o.Metadata.Namespace, o.Metadata.Name, stores[i].Kind, stores[i].Name)
	}
	r.Note(s.node(stores, o.flow(r)).Shift(r))
	return s.Memory
}

// stores returns the stores that the ExternalSecret names, including those of single keys.
func (o *externalSecretObject) stores() []secretstores.Ref {
	var stores []secretstores.Ref
	refer := func(s *storeRef) {
		if s != nil && s.Name != "" {
			stores = appendNew(stores, s.resolve(o.Metadata.Namespace))
		}
	}
	refer(&o.Spec.Store)
	for i := range o.Spec.Data {
		refer(o.Spec.Data[i].Source.Store)
	}
	for i := range o.Spec.DataFrom {
		refer(o.Spec.DataFrom[i].Source.Store)
	}
	return stores
}

// maxStores bounds the stores of an object. The rows of more stores exceed the limit of an object, which then
// counts as cut.
const maxStores = 1024

func appendNew[T comparable](list []T, x T) []T {
	if len(list) == maxStores || slices.Contains(list, x) {
		return list
	}
	return append(list, x)
}

// syncRows adds the rows that ExternalSecrets and PushSecrets share.
func syncRows(r *exposition.Rows, f *secretFamilies, meta *watch.Meta, status *syncStatus, interval string, s *state) {
	labels := []string{meta.Namespace, meta.Name}
	ready, ok := status.Conditions.Get("Ready")
	if ok {
		r.Bool(f.ready, ready.Status == "True", labels...)
	}
	if reason := s.reason(); s.State != lifecycle.Deleting && (s.State != lifecycle.Ready || !isSuccess(reason)) {
		r.Add(f.reason, 1, meta.Namespace, meta.Name, reason)
	}
	r.Time(f.created, meta.Created, labels...)
	r.Time(f.transition, ready.LastTransitionTime, labels...)
	if !meta.Deleted.IsZero() {
		interval = "0s"
	}
	if d, err := time.ParseDuration(interval); err == nil {
		r.Add(f.interval, max(0, d.Seconds()), labels...)
		if d > 0 && s.State == lifecycle.Ready && !status.RefreshTime.IsZero() {
			r.Time(f.overdue, lifecycle.Past(status.RefreshTime, s.now).Add(lifecycle.Times(d, 2)+overdueGrace), labels...)
		}
	}
	if generation, ok := status.generation(); ok {
		r.Bool(f.synced, generation == meta.Generation, labels...)
	}
}

// overdueGrace is added to two intervals before an object is overdue.
const overdueGrace = 5 * time.Minute

// isSuccess reports whether a reason means success.
func isSuccess(reason string) bool {
	return reason == "SecretSynced" || reason == "ResourceSynced" || reason == "Synced"
}

type pushSecretObject struct {
	watch.Object

	Spec struct {
		Stores []struct {
			storeRef

			Selector *struct{} `json:"labelSelector"`
		} `json:"secretStoreRefs"`
		RefreshInterval string `json:"refreshInterval"`
		DeletionPolicy  string `json:"deletionPolicy"`
		Data            []struct {
			Match struct {
				Remote struct {
					Key string `json:"remoteKey"`
				} `json:"remoteRef"`
			} `json:"match"`
		} `json:"data"`
		DataTo watch.Count `json:"dataTo"`
	} `json:"spec"`
	Status struct {
		syncStatus

		// Synced has the pushed keys by the kind/name of the store.
		Synced map[string]watch.Count `json:"syncedPushSecrets"`
	} `json:"status"`
}

func pushSecrets() watch.Resource {
	return watch.NewStatefulResource(newResource(secretstores.KindPushSecret, pushSecretFamilies()),
		func(o *pushSecretObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			return o.rows(seen, r)
		})
}

func (o *pushSecretObject) rows(seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	s := o.evaluate(seen)
	syncRows(r, &pushSecret, &o.Metadata, &o.Status.syncStatus, cmp.Or(o.Spec.RefreshInterval, "1h"), &s)
	var stores []secretstores.Ref
	selectors := 0
	for _, ref := range o.Spec.Stores {
		if ref.Selector != nil || ref.Name == "" { // the selector takes precedence
			selectors++
			continue
		}
		stores = appendNew(stores, ref.resolve(o.Metadata.Namespace))
		r.Add(pushStoreRef, 1, o.Metadata.Namespace, o.Metadata.Name, ref.kind(), ref.Name)
	}
	if s.State == lifecycle.Ready {
		o.incompleteRows(r, len(stores), selectors)
	}
	if selectors > 0 {
		stores = o.addSelected(stores)
	}
	r.Note(s.node(stores, o.flow(r)).Shift(r))
	return s.Memory
}

// incompleteRows adds the desired and the actual number of pushed keys and stores, if some are missing.
func (o *pushSecretObject) incompleteRows(r *exposition.Rows, named, selectors int) {
	labels := []string{o.Metadata.Namespace, o.Metadata.Name}
	targets, stores := o.countSynced()
	if declared := named + selectors; stores < declared {
		r.Add(pushDeclaredStores, float64(declared), labels...)
		r.Add(pushSyncedStores, float64(stores), labels...)
	}
	if declared := named * len(o.Spec.Data); targets < declared && selectors == 0 && o.Spec.DataTo == 0 {
		r.Add(pushDeclaredTargets, float64(declared), labels...)
		r.Add(pushSyncedTargets, float64(targets), labels...)
	}
}

// countSynced returns the number of pushed keys, and the number of stores that have some.
func (o *pushSecretObject) countSynced() (targets, stores int) {
	for _, keys := range o.Status.Synced {
		targets += int(keys)
		if keys > 0 {
			stores++
		}
	}
	return targets, stores
}

// addSelected adds the stores to which keys were pushed, because the stores that a selector matches are unknown.
func (o *pushSecretObject) addSelected(stores []secretstores.Ref) []secretstores.Ref {
	for _, pushed := range slices.Sorted(maps.Keys(o.Status.Synced)) {
		if kind, name, ok := strings.Cut(pushed, "/"); ok && name != "" {
			stores = appendNew(stores, (&storeRef{Name: name, Kind: kind}).resolve(o.Metadata.Namespace))
		}
	}
	return stores
}

type clusterObject struct {
	watch.Object

	Status struct {
		Conditions lifecycle.Conditions `json:"conditions"`
		Failed     []struct {
			Namespace string `json:"namespace"`
		} `json:"failedNamespaces"`
		Provisioned watch.Count `json:"provisionedNamespaces"`
	} `json:"status"`
}

// clusterResources declares a kind that creates objects in many namespaces.
func clusterResources(kind string, f *clusterFamilies) watch.Resource {
	return watch.NewStatefulResource(newResource(kind, f.list()),
		func(o *clusterObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			if ready, ok := o.Status.Conditions.Get("Ready"); ok {
				r.Bool(f.ready, ready.Status == "True", o.Metadata.Name)
			}
			r.Time(f.created, o.Metadata.Created, o.Metadata.Name)
			r.Add(f.failed, float64(len(o.Status.Failed)), o.Metadata.Name)
			r.Add(f.provisioned, float64(o.Status.Provisioned), o.Metadata.Name)
			s := o.evaluate(seen)
			if reason := cmp.Or(o.failedNamespaces(), s.reason()); reason != "" && s.State != lifecycle.Ready && s.State != lifecycle.Deleting {
				r.Add(f.reason, 1, o.Metadata.Name, reason)
			}
			r.Note(s.node(nil, nil).Shift(r))
			return s.Memory
		})
}

// failedNamespaces returns the first few namespaces in which objects could not be created. It replaces a reason, which
// the conditions do not have.
func (o *clusterObject) failedNamespaces() string {
	const most = 3
	var names []string
	for _, f := range o.Status.Failed {
		if f.Namespace != "" {
			names = append(names, f.Namespace)
		}
	}
	switch n := len(names); {
	case n == 0:
		return ""
	case n > most:
		return fmt.Sprintf("failed in namespaces %s and %d more", strings.Join(names[:most], ", "), n-most)
	case n > 1:
		return "failed in namespaces " + strings.Join(names, ", ")
	}
	return "failed in namespace " + names[0]
}
