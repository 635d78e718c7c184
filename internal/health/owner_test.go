// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// TestOwnersOfObjects checks that owners and disabled alerts are applied, whatever metrics are exported.
func TestOwnersOfObjects(t *testing.T) {
	about := func(family, cluster, name string, more ...string) row {
		return row{cluster, family, 1, append([]string{"g", "Kustomization", "flux-system", name}, more...)}
	}
	for _, o := range []exposition.Options{{}, {Include: []string{testFlux.Name, testSince.Name}, Keep: StateFamilies()}} {
		w := newWorld(t, o)
		w.show(all(cluster("a"), cluster("b"), []row{
			flux("a", "a", "apps", "failed"), flux("a", "a", "infra", "failed"), flux("a", "a", "sandbox", "failed"), flux("b", "b", "apps", "failed"),
			about("cobaltcore_object_owner_info", "a", "apps", "me", "we"), about("cobaltcore_object_owner_info", "b", "apps", "", "they"),
			about("cobaltcore_object_alerts_disabled", "a", "sandbox"),
		})...)
		got := map[string]string{}
		r := w.report(w.evaluator(testRules(), once))
		for _, f := range r.Findings {
			got[f.Cluster+" "+f.Object.Name] = f.Labels["owner"] + "/" + f.Labels["support_group"]
			if _, ok := f.Labels["owner"]; ok != (f.Cluster == "a" && f.Object.Name == "apps") {
				t.Errorf("labels are %v", f.Labels)
			}
		}
		want(t, "owners", map[string]string{"a apps": "me/we", "a infra": "/", "b apps": "/they"}, got)
	}
}
