//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestSecretFlow follows a Ceph key from storage, where it is pushed, through
// OpenBao to hypervisor, where it is read, and a password that is rotated by hand.
func TestSecretFlow(t *testing.T) {
	t.Parallel()
	storage, hypervisor, control := harness.StartCluster(t, "storage"), harness.StartCluster(t, "hypervisor"), harness.StartCluster(t, "control-plane")
	clusters := []*testbed.Cluster{storage, hypervisor, control}
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	harness.Must(t, b.SeedReference(t.Context()))
	crds, err := testbed.ESOCRDs(t.Context())
	harness.Must(t, err)
	operators := map[string]*testbed.ExternalSecrets{}
	for _, c := range clusters {
		harness.Must(t, c.ApplyCRDs(t.Context(), crds...))
		o, err := testbed.StartExternalSecrets(harness.WithoutCancel(t), t.TempDir(), c)
		harness.Must(t, err)
		t.Cleanup(func() { harness.Stop(t, o.Stop) })
		operators[c.Name] = o
	}
	harness.Must(t, testbed.SeedSecrets(t.Context(), b, clusters...))
	e := harness.StartExporter(t, harness.BaoConfig{OpenBao: b, TokenFile: harness.PolicyToken(t, b, harness.Policy()),
		Cluster: "storage"}.Config(harness.ConfigFor("", clusters...))+
		"  secretFlow: {interval: 1s, showPaths: true}\n")
	prometheus, err := testbed.StartPrometheus(harness.WithoutCancel(t), t.TempDir(), testbed.PrometheusOptions{
		Targets: []testbed.ScrapeTarget{{Job: "exporter", URL: e.URL + "/metrics"}},
	})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, prometheus.Stop) })

	ceph := secretflow.Path{Backend: "storage/openbao", Mount: "kv-v2/ceph", Key: "client-nova"}
	of := func(name, cluster string, p secretflow.Path) harness.Series {
		return harness.Series{"": "cobaltcore_" + name, "cluster": cluster, "backend": p.Backend, "mount": p.Mount, "path_id": p.ID()}
	}
	e.Expect(t, 1, of("eso_pushsecret_last_sync_timestamp_seconds", "storage", ceph))
	e.Expect(t, 1, of("eso_externalsecret_last_sync_timestamp_seconds", "hypervisor", ceph))
	e.Expect(t, 1, of("eso_externalsecret_last_sync_timestamp_seconds", "control-plane", ceph))
	e.Expect(t, 1, of("secretflow_stored_version", "storage", ceph)) // where OpenBao runs
	e.Expect(t, 0, harness.Series{"": "cobaltcore_secretflow_unresolved"})

	behind := func(want ...string) {
		t.Helper()
		harness.Eventually(t, time.Minute, func() error {
			samples, err := prometheus.Query(t.Context(), alerts.SecretBehind)
			if err != nil {
				return err
			}
			got := map[string]bool{}
			for _, s := range samples {
				got[s.Labels["cluster"]+" "+s.Labels["name"]] = true
			}
			for _, w := range want {
				if !got[w] {
					return fmt.Errorf("%s is not behind; these are: %v", w, got)
				}
			}
			if len(got) != len(want) {
				return fmt.Errorf("behind are %v, want %v", got, want)
			}
			return nil
		})
	}
	behind()

	harness.Must(t, operators["hypervisor"].Freeze())
	waitForNextSecond()
	secret := testbed.NewObject("v1", "Secret", "rook-ceph", "rook-ceph-client-openstack-nova")
	secret.Object["stringData"] = map[string]any{"openstack-nova": "another one"}
	harness.Must(t, storage.Apply(t.Context(), secret))
	behind("hypervisor ceph-client-nova") // control-plane has it already
	reader := findReader(t, e, ceph, "hypervisor")
	if reader.Behind == nil || !*reader.Behind || reader.LagSeconds == nil || *reader.LagSeconds <= 0 {
		t.Errorf("the API says %+v of a reader that is behind", reader)
	}
	since, err := prometheus.Query(t.Context(), alerts.SecretBehindSince)
	harness.Must(t, err)
	if len(since) != 1 || math.Abs(float64(time.Now().Unix())-since[0].Value) > 60 {
		t.Errorf("behind since %+v", since)
	}
	harness.Must(t, operators["hypervisor"].Thaw())
	behind()
	harness.Eventually(t, time.Minute, func() error { // Prometheus knows of none that is behind after a scrape that failed, too
		reader = findReader(t, e, ceph, "hypervisor")
		if reader.Behind == nil || *reader.Behind || reader.LastSync == nil || reader.LagSeconds == nil {
			return fmt.Errorf("the API says %+v of a reader that is not behind", reader)
		}
		return nil
	})
	// It was outdated while its operator was stopped.
	if lag := *reader.LagSeconds; lag <= 0 || lag > reader.LastSync.Sub(time.Unix(int64(since[0].Value), 0)).Seconds()+1 {
		t.Errorf("it took %v s to get the key, stored at %v and synchronized at %v", lag, since[0].Value, reader.LastSync)
	}
	e.Expect(t, 1, harness.Series{
		"": "cobaltcore_eso_externalsecret_last_sync_timestamp_seconds", "cluster": "hypervisor", "name": "ceph-client-nova",
	})

	database := secretflow.Path{Mount: "kv-v2/bootstrap", Key: "keystone-db"}
	harness.Must(t, operators["control-plane"].Freeze())
	waitForNextSecond()
	harness.Must(t, b.PutSecret(t.Context(), database.Mount, database.Key, map[string]any{"password": "rotated"}))
	behind("control-plane keystone-db-credentials")
	harness.Must(t, operators["control-plane"].Thaw())
	behind()
	e.Expect(t, 1, harness.Series{"": "cobaltcore_secretflow_consumer_last_sync_timestamp_seconds", "cluster": "control-plane", "name": "nova-credentials", "mount": "kv-v2/openstack",
		"path_id": secretflow.Path{Mount: "kv-v2/openstack", Key: "nova/rabbitmq"}.ID()})

	harness.Must(t, operators["storage"].Freeze())
	harness.Must(t, b.DeleteSecret(t.Context(), ceph.Mount, ceph.Key))
	harness.Eventually(t, time.Minute, func() error {
		samples, err := prometheus.Query(t.Context(), alerts.SecretPushedNotStored)
		if err == nil && (len(samples) != 1 || samples[0].Labels["cluster"] != "storage") {
			err = fmt.Errorf("pushed and not stored: %v", samples)
		}
		return err
	})
	// When OpenBao cannot be read, no secret is reported as missing.
	harness.Must(t, b.Nodes[0].Seal(t.Context()))
	e.Expect(t, 0, harness.Series{"": "cobaltcore_secretflow_stored_version"})
	harness.Eventually(t, time.Minute, func() error {
		samples, err := prometheus.Query(t.Context(), alerts.SecretPushedNotStored)
		if err == nil && len(samples) != 0 {
			err = fmt.Errorf("OpenBao is sealed, and these are not stored: %v", samples)
		}
		return err
	})
	harness.Must(t, operators["storage"].Thaw())
}

// waitForNextSecond waits for the next second. Times are compared in whole seconds, so a version read
// in the second of a change counts as read after the change.
func waitForNextSecond() {
	now := time.Now()
	<-time.After(now.Truncate(time.Second).Add(time.Second).Sub(now))
}

// findReader is a consumer of a path as the API shows it.
func findReader(t *testing.T, e *harness.Exporter, p secretflow.Path, cluster string) (found secretflow.UserReport) {
	t.Helper()
	harness.Eventually(t, time.Minute, func() error {
		code, body, err := e.Get(t.Context(), "/api/v1/secretflow")
		if err != nil || code != 200 {
			return fmt.Errorf("status %d: %w", code, err)
		}
		var report secretflow.Report
		if err := json.Unmarshal(body, &report); err != nil {
			return err
		}
		for _, path := range report.Paths {
			if path.Path != p.Mount+"/"+p.Key || path.ID != p.ID() {
				continue
			}
			for _, c := range path.Consumers {
				if c.Cluster == cluster {
					found = c
					return nil
				}
			}
		}
		return errors.New("not there")
	})
	return found
}
