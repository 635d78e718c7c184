// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// storeRef names a store. Without a kind it is a SecretStore.
type storeRef struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

func (s *storeRef) kind() string { return cmp.Or(s.Kind, "SecretStore") }

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
			Name           string `json:"name"`
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

// syncStatus is the status of what is synchronized.
type syncStatus struct {
	Conditions  conditions `json:"conditions"`
	RefreshTime time.Time  `json:"refreshTime"`
	// SyncedVersion is the generation and a hash of labels and annotations, with a
	// dash between them.
	SyncedVersion string `json:"syncedResourceVersion"`
}

func externalSecrets() watch.Resource {
	return watch.Of(resource("ExternalSecret", externalSecretFamilies()), func(o *externalSecretObject, _ fleet.View, r *exposition.Rows) {
		labels := []string{o.Metadata.Namespace, o.Metadata.Name}
		policy := cmp.Or(o.Spec.RefreshPolicy, "Periodic")
		interval := "0s"
		if policy == "Periodic" && o.Spec.SyncWindows.Windows == 0 {
			interval = cmp.Or(o.Spec.RefreshInterval, "1h")
		}
		syncRows(r, &externalSecret, &o.Metadata, &o.Status, interval)
		storeKind := ""
		if o.Spec.Store.Name != "" {
			storeKind = o.Spec.Store.kind()
		}
		r.Add(secretInfo, 1, append(labels, storeKind, o.Spec.Store.Name, cmp.Or(o.Spec.Target.Name, o.Metadata.Name), policy,
			cmp.Or(o.Spec.Target.DeletionPolicy, "Retain"), cmp.Or(o.Spec.Target.CreationPolicy, "Owner"))...)
		refer := func(s *storeRef) {
			if s != nil && s.Name != "" {
				r.Add(secretStoreRef, 1, o.Metadata.Namespace, o.Metadata.Name, s.kind(), s.Name)
			}
		}
		refer(&o.Spec.Store)
		for i := range o.Spec.Data {
			refer(o.Spec.Data[i].Source.Store)
		}
		for i := range o.Spec.DataFrom {
			refer(o.Spec.DataFrom[i].Source.Store)
		}
		r.Note(o.flow(r))
	})
}

// syncRows adds what ExternalSecrets and PushSecrets have in common.
func syncRows(r *exposition.Rows, f *secretFamilies, meta *watch.Meta, s *syncStatus, interval string) {
	labels := []string{meta.Namespace, meta.Name}
	ready, ok := s.Conditions.ready()
	if ok {
		r.Bool(f.ready, ready.Status == "True", labels...)
	} else {
		ready.Reason = unprocessed
	}
	r.Add(f.reason, 1, meta.Namespace, meta.Name, ready.Reason)
	r.Time(f.created, meta.Created, labels...)
	r.Time(f.transition, ready.Transition, labels...)
	r.Time(f.lastSync, s.RefreshTime, labels...)
	if !meta.Deleted.IsZero() {
		interval = "0s"
	}
	if d, err := time.ParseDuration(interval); err == nil {
		r.Add(f.interval, max(0, d.Seconds()), labels...)
	}
	generation, _, _ := strings.Cut(s.SyncedVersion, "-")
	if n, err := strconv.ParseInt(generation, 10, 64); err == nil {
		r.Bool(f.synced, n == meta.Generation, labels...)
	}
}

type pushSecretObject struct {
	watch.Object

	Spec struct {
		Stores []struct {
			storeRef

			Selector *struct{} `json:"labelSelector"`
		} `json:"secretStoreRefs"`
		RefreshInterval string `json:"refreshInterval"`
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

		// Synced has the pushed keys by store, which is kind/name.
		Synced map[string]watch.Count `json:"syncedPushSecrets"`
	} `json:"status"`
}

func pushSecrets() watch.Resource {
	return watch.Of(resource("PushSecret", pushSecretFamilies()), func(o *pushSecretObject, _ fleet.View, r *exposition.Rows) {
		labels := []string{o.Metadata.Namespace, o.Metadata.Name}
		syncRows(r, &pushSecret, &o.Metadata, &o.Status.syncStatus, cmp.Or(o.Spec.RefreshInterval, "1h"))
		named := map[storeRef]bool{}
		selectors := 0
		for _, s := range o.Spec.Stores {
			if s.Selector != nil || s.Name == "" { // the selector wins
				selectors++
				continue
			}
			named[storeRef{Name: s.Name, Kind: s.kind()}] = true
			r.Add(pushStoreRef, 1, o.Metadata.Namespace, o.Metadata.Name, s.kind(), s.Name)
		}
		targets, stores := 0, 0
		for _, keys := range o.Status.Synced {
			targets += int(keys)
			if keys > 0 {
				stores++
			}
		}
		r.Add(pushDeclaredStores, float64(len(named)+selectors), labels...)
		r.Add(pushSyncedStores, float64(stores), labels...)
		if selectors == 0 && o.Spec.DataTo == 0 {
			r.Add(pushDeclaredTargets, float64(len(named)*len(o.Spec.Data)), labels...)
		}
		r.Add(pushSyncedTargets, float64(targets), labels...)
		r.Note(o.flow(r))
	})
}

type clusterObject struct {
	watch.Object

	Status struct {
		Conditions  conditions  `json:"conditions"`
		Failed      watch.Count `json:"failedNamespaces"`
		Provisioned watch.Count `json:"provisionedNamespaces"`
	} `json:"status"`
}

// clusterResources are the kinds that make objects in many namespaces.
func clusterResources(kind string, f *clusterFamilies) watch.Resource {
	r := resource(kind, f.all())
	r.Notes = false // what it refers to, the objects that it makes say themselves
	return watch.Of(r, func(o *clusterObject, _ fleet.View, r *exposition.Rows) {
		if ready, ok := o.Status.Conditions.ready(); ok {
			r.Bool(f.ready, ready.Status == "True", o.Metadata.Name)
		}
		r.Time(f.created, o.Metadata.Created, o.Metadata.Name)
		r.Add(f.failed, float64(o.Status.Failed), o.Metadata.Name)
		r.Add(f.provisioned, float64(o.Status.Provisioned), o.Metadata.Name)
	})
}
