//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestSnapshotOfARealFleet takes a snapshot of two clusters with Flux and External Secrets Operator, and of an OpenBao,
// and compares its rows with the rows of the fleet.
func TestSnapshotOfARealFleet(t *testing.T) {
	t.Parallel()
	storage, hypervisor := harness.StartCluster(t, "storage"), harness.StartCluster(t, "hypervisor")
	clusters := []*testbed.Cluster{storage, hypervisor}
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	harness.Must(t, b.SeedReference(t.Context()))
	crds, err := testbed.ESOCRDs(t.Context())
	harness.Must(t, err)
	crds = append(crds, harness.FluxCRDs(t)...)
	var operators []*testbed.ExternalSecrets
	for _, c := range clusters {
		harness.Must(t, c.ApplyCRDs(t.Context(), crds...))
		harness.Must(t, c.Apply(t.Context(), harness.FleetObjects(t, c.Name)...))
		o, err := testbed.StartExternalSecrets(harness.WithoutCancel(t), t.TempDir(), c)
		harness.Must(t, err)
		t.Cleanup(func() { harness.Stop(t, o.Stop) })
		operators = append(operators, o)
	}
	harness.Must(t, testbed.SeedSecrets(t.Context(), b, clusters...))
	token := harness.PolicyToken(t, b, harness.Policy())
	e := harness.StartExporter(t, harness.BaoConfig{
		OpenBao: b, TokenFile: token, Cluster: "storage",
		Extra: "      details: {certificates: true, tidy: true}\n      kv: {mounts: [kv-v2/bootstrap, kv-v2/openstack]}\n",
	}.Config(harness.ConfigFor("", clusters...))+"  secretFlow: {interval: 1s}\n")
	e.WaitReady(t)
	e.Expect(t, 1, harness.Series{"": "cobaltcore_eso_pushsecret_ready", "cluster": "storage", "name": "ceph-client-nova", "=": "1"})
	for _, o := range operators { // from now on nothing changes
		harness.Must(t, o.Freeze())
		t.Cleanup(func() { harness.Must(t, o.Thaw()) })
	}

	var progress bytes.Buffer
	out := filepath.Join(t.TempDir(), "taken")
	result, err := app.Snapshot(t.Context(), app.SnapshotOptions{Options: app.Options{ConfigFile: e.ConfigFile}, Out: out,
		Timeout: time.Minute, Progress: &progress})
	harness.Must(t, err)
	t.Log(progress.String())
	if len(result.Missing) > 0 || result.Answers < 20 {
		t.Errorf("%d answers, missing: %v", result.Answers, result.Missing)
	}
	secret, err := os.ReadFile(token)
	harness.Must(t, err)
	noSecrets(t, out, strings.TrimSpace(string(secret)))

	// The moment stays, so that times can be compared.
	text, err := os.ReadFile(filepath.Join(out, "fleet.yaml"))
	harness.Must(t, err)
	configuration := strings.ReplaceAll(strings.ReplaceAll(string(text), "shiftTime: true", "shiftTime: false"), "path: ", "path: "+out+"/")
	again := harness.StartExporter(t, configuration)
	again.WaitReady(t)
	harness.Eventually(t, time.Minute, func() error {
		live, replayed := steadyRows(t, e), steadyRows(t, again)
		if len(live) < 400 {
			return fmt.Errorf("only %d rows", len(live))
		}
		if diff := cmp.Diff(live, replayed); diff != "" {
			return fmt.Errorf("rows (-live +replayed):\n%s", diff)
		}
		return nil
	})
	t.Logf("%d rows", len(steadyRows(t, again)))
}

// unsteady are families that change all the time, or are of one exporter.
var unsteady = regexp.MustCompile(`^cobaltcore_openbao_(node_(response_seconds|clock_skew_seconds|raft_\w+_index)|autopilot_server_last_(index|contact_seconds)|ha_node_last_echo_\w+|kv_secrets_overdue)\{`)

// steadyRows are the rows about objects and about OpenBao, with the nodes as the snapshot
// names them.
func steadyRows(t *testing.T, e *harness.Exporter) []string {
	t.Helper()
	code, body, err := e.Get(t.Context(), "/metrics")
	harness.Must(t, err)
	if code != http.StatusOK {
		return nil
	}
	rows := map[string]bool{}
	for line := range strings.Lines(string(body)) {
		for _, prefix := range []string{"flux_", "cobaltcore_flux_", "cobaltcore_eso_", "cobaltcore_openbao_", "cobaltcore_greenhouse_", "cobaltcore_controller_", "cobaltcore_secretflow_", "cobaltcore_watch_present", "cobaltcore_watch_synced", "cobaltcore_watch_objects"} {
			if strings.HasPrefix(line, prefix) && !unsteady.MatchString(line) {
				rows[line] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(rows))
}

// noSecrets searches a snapshot for tokens, values of Secrets, and messages.
func noSecrets(t *testing.T, dir, token string) {
	t.Helper()
	harness.Must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, word := range []string{token, "accessor", `"message"`, "fieldsV1", `"kind":"Secret"`, "client_token", "last-applied", "BEGIN RSA"} {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%s has %q", path, word)
			}
		}
		return err
	}))
}
