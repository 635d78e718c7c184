//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestShardsOnRealClusters checks that two shards together have the rows of one exporter, including those of a real
// OpenBao, whose secrets a cluster of the other shard refers to. A reference that changes is followed within two
// intervals.
func TestShardsOnRealClusters(t *testing.T) {
	t.Parallel()
	management, control := harness.StartCluster(t, "management"), harness.StartCluster(t, "control-plane")
	clusters := []*testbed.Cluster{management, control}
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	harness.Must(t, b.SeedReference(t.Context()))
	secrets, err := testbed.ESOCRDs(t.Context())
	harness.Must(t, err)
	for _, c := range clusters {
		harness.Must(t, c.ApplyCRDs(t.Context(), append(harness.FluxCRDs(t), secrets...)...))
		harness.Must(t, c.Apply(t.Context(), harness.FleetObjects(t, c.Name)...))
	}
	harness.Must(t, testbed.SeedSecrets(t.Context(), b, clusters...))
	config := harness.BaoConfig{OpenBao: b, TokenFile: harness.PolicyToken(t, b, harness.Policy())}.Config(harness.ConfigFor("", clusters...)) + "  secretFlow: {interval: 1s}\n"
	undivided := harness.StartExporter(t, config)
	shards := make([]*harness.Exporter, 2)
	for i := range shards {
		shards[i] = harness.StartExporter(t, config, func(o *app.Options) { o.Shard = fleet.Shard{Index: i, Count: len(shards)} })
	}
	undivided.WaitReady(t)
	for i, e := range shards {
		e.WaitReady(t)
		status, text, err := e.Get(t.Context(), "/api/v1/clusters")
		harness.Must(t, err)
		var report fleetreport.Report
		harness.Must(t, json.Unmarshal(text, &report))
		owned := map[string]bool{}
		for _, c := range report.Clusters {
			owned[c.Name] = c.Owned
		}
		if diff := cmp.Diff(map[string]bool{"management": i == 0, "control-plane": i == 1}, owned); diff != "" || status != http.StatusOK {
			t.Errorf("shard %d: %d %s", i, status, diff)
		}
	}
	expectSumOf(t, undivided, shards)
	admin := secretflow.Path{Mount: "kv-v2/bootstrap", Key: "keystone-admin"} // control-plane refers to it
	undivided.Expect(t, 1, harness.Series{"": "cobaltcore_secretflow_stored_timestamp_seconds", "cluster": "management", "path_id": admin.ID()})

	late := testbed.NewObject("external-secrets.io/v1", "ExternalSecret", "openstack", "late")
	late.Object["spec"] = map[string]any{
		"secretStoreRef": map[string]any{"name": "openbao-cluster-store", "kind": "ClusterSecretStore"},
		"data":           []any{map[string]any{"secretKey": "k", "remoteRef": map[string]any{"key": "kv-v2/bootstrap/data/nobody-else"}}},
	}
	harness.Must(t, control.Apply(t.Context(), late))
	missing := secretflow.Path{Mount: "kv-v2/bootstrap", Key: "nobody-else"}
	shards[0].Expect(t, 1, harness.Series{"": "cobaltcore_secretflow_stored_version", "cluster": "management", "path_id": missing.ID(), "=": "0"})
	expectSumOf(t, undivided, shards)
}

// expectSumOf waits until the shards together have the rows of e. Rows about objects and
// the flow of secrets have the same values, the others the same labels.
func expectSumOf(t *testing.T, e *harness.Exporter, shards []*harness.Exporter) {
	t.Helper()
	rows := func(exporters ...*harness.Exporter) ([]string, error) {
		var all []string
		for _, e := range exporters {
			status, body, err := e.Get(t.Context(), "/metrics")
			if err == nil && status != http.StatusOK {
				err = errors.New(string(body))
			}
			if err != nil {
				return nil, err
			}
			for line := range strings.Lines(string(body)) {
				switch line = strings.TrimSpace(line); {
				case strings.HasPrefix(line, "#"), !strings.Contains(line, `{cluster="`), ofOne.MatchString(line):
				case aboutObjects.MatchString(line):
					all = append(all, line)
				default:
					all = append(all, line[:strings.LastIndex(line, " ")])
				}
			}
		}
		slices.Sort(all)
		return all, nil
	}
	harness.Eventually(t, time.Minute, func() error {
		want, err := rows(e)
		if err != nil {
			return err
		}
		got, err := rows(shards...)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("-undivided +shards:\n%s", diff)
		}
		return nil
	})
}

var (
	aboutObjects = regexp.MustCompile(`^(flux_|cobaltcore_flux_|cobaltcore_eso_|cobaltcore_secretflow_)`)
	// ofOne are the families of a single process, and the families of health, because a shard gives no verdict on other
	// clusters.
	ofOne = regexp.MustCompile(`^cobaltcore_((collector_errors|watch_errors|watch_partial_decodes)_total|health_status|health_finding_\w+)\{`)
)
