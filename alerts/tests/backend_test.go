// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// TestSandboxIsNotACauseInProduction checks that an OpenBao that is down is the cause only of alerts
// about the stores that refer to it and their ExternalSecrets, in all clusters. The report and
// Alertmanager must agree.
func TestSandboxIsNotACauseInProduction(t *testing.T) {
	t.Parallel()
	const fixture = "OpenBaoDown/sandbox"
	all := allFixtures(t)
	r := report(t, all[slices.IndexFunc(all, func(f ruletest.Fixture) bool { return f.Name == fixture })])
	causes := map[string]string{}
	for _, f := range r.Findings {
		if f.System != "externalsecrets" || f.Rule == "ESOSyncFailureRatio" {
			continue
		}
		root := r.Findings[slices.IndexFunc(r.Findings, func(other health.Finding) bool {
			return other.ID == f.RootCause || f.RootCause == "" && other.ID == f.ID
		})]
		causes[f.Cluster+" "+f.Object.Kind+" "+f.Object.Name] = root.Cluster + " " + root.Rule
	}
	want := map[string]string{
		"a SecretStore own": "a OpenBaoDown", "a ExternalSecret nova-rabbitmq": "a OpenBaoDown",
		"b SecretStore own": "a OpenBaoDown", "b ExternalSecret nova-rabbitmq": "a OpenBaoDown",
		"b ClusterSecretStore openbao-cluster-store": "b ESOStoreNotReady", "b ExternalSecret nova-db": "b ESOStoreNotReady",
	}
	if diff := cmp.Diff(want, causes); diff != "" {
		t.Errorf("root causes (-want +got):\n%s", diff)
	}

	in, alerting := newInhibitor(t), firing(t, fixture)
	down := alertsOf(alerting, "OpenBaoDown")[0]
	for _, a := range alertsOf(alerting, "ESOStoreNotReady") {
		if got, want := in.silences(down, a), a["backend"] == "a/openbao"; got != want {
			t.Errorf("OpenBaoDown silences it: %t, want %t:\n%v", got, want, a)
		}
	}
}
