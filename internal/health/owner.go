// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// ownedObject is an object in a cluster.
type ownedObject struct {
	cluster string
	Object
}

// addOwners adds the owners of their objects to alerts.
func (e *Evaluator) addOwners(ctx context.Context, all []*alert, now time.Time) error {
	i := slices.IndexFunc(e.state, func(q query) bool { return q.source == alerts.ObjectOwner })
	if i < 0 {
		return nil
	}
	found, err := e.ask(ctx, e.state[i], now)
	if err != nil || len(found.rows) == 0 {
		return err
	}
	wanted := map[ownedObject][]*alert{}
	for _, a := range all {
		if a.rule.aboutObject {
			key := ownedObject{a.objectCluster(), a.object()}
			wanted[key] = append(wanted[key], a)
		}
	}
	for _, s := range found.rows {
		get := s.labels.Get
		for _, a := range wanted[ownedObject{get(clusterLabel), Object{get("kind"), get("namespace"), get("name")}}] {
			a.owner = map[string]string{}
			for _, name := range alerts.OwnerLabels() {
				if v := get(name); v != "" {
					a.owner[name] = v
				}
			}
		}
	}
	return nil
}
