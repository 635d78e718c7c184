//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

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
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestSnapshotOfARealFleet takes one of two clusters with Flux' objects and External
// Secrets Operator, and of an OpenBao, and compares what it replays to with what the
// exporter says of the fleet itself.
func TestSnapshotOfARealFleet(t *testing.T) {
	storage, hypervisor := startCluster(t, "storage"), startCluster(t, "hypervisor")
	clusters := []*testbed.Cluster{storage, hypervisor}
	b := startOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	must(t, b.SeedReference(t.Context()))
	crds, err := testbed.ESOCRDs(t.Context())
	must(t, err)
	crds = append(crds, fluxCRDs(t)...)
	var operators []*testbed.ExternalSecrets
	for _, c := range clusters {
		must(t, c.ApplyCRDs(t.Context(), crds...))
		must(t, c.Apply(t.Context(), fleetObjects(t, c.Name)...))
		o, err := testbed.StartExternalSecrets(lasting(t), t.TempDir(), c)
		must(t, err)
		t.Cleanup(func() { stop(t, o.Stop) })
		operators = append(operators, o)
	}
	must(t, testbed.SeedSecrets(t.Context(), b, clusters...))
	token := policyToken(t, b, policy())
	e := startExporter(t, bao{
		OpenBao: b, token: token, cluster: "storage",
		extra: "      details: {certificates: true, tidy: true}\n      kv: {mounts: [kv-v2/bootstrap, kv-v2/openstack]}\n",
	}.config(configFor("", clusters...))+"  secretFlow: {interval: 1s}\n")
	e.ready(t)
	e.expect(t, 1, series{"": "cobaltcore_eso_pushsecret_ready", "cluster": "storage", "name": "ceph-client-nova", "=": "1"})
	for _, o := range operators { // from now on nothing changes
		must(t, o.Freeze())
		t.Cleanup(func() { must(t, o.Thaw()) })
	}

	var progress bytes.Buffer
	out := filepath.Join(t.TempDir(), "taken")
	result, err := app.Snapshot(t.Context(), app.SnapshotOptions{ConfigFile: e.config, Out: out, Timeout: time.Minute, Progress: &progress})
	must(t, err)
	t.Log(progress.String())
	if len(result.Missing) > 0 || result.Answers < 20 {
		t.Errorf("%d answers, missing: %v", result.Answers, result.Missing)
	}
	secret, err := os.ReadFile(token)
	must(t, err)
	noSecrets(t, out, strings.TrimSpace(string(secret)))

	// The moment stays, so that times can be compared.
	text, err := os.ReadFile(filepath.Join(out, "fleet.yaml"))
	must(t, err)
	configuration := strings.ReplaceAll(strings.ReplaceAll(string(text), "shiftTime: true", "shiftTime: false"), "path: ", "path: "+out+"/")
	again := startExporter(t, configuration)
	again.ready(t)
	eventually(t, time.Minute, func() error {
		live, replayed := e.steady(t), again.steady(t)
		if len(live) < 400 {
			return fmt.Errorf("only %d rows", len(live))
		}
		if diff := cmp.Diff(live, replayed); diff != "" {
			return fmt.Errorf("rows (-live +replayed):\n%s", diff)
		}
		return nil
	})
	t.Logf("%d rows", len(again.steady(t)))
}

// unsteady are families that change all the time, or are of one exporter.
var unsteady = regexp.MustCompile(`^cobaltcore_openbao_(node_(response_seconds|clock_skew_seconds|raft_\w+_index)|raft_(server_(last_index|last_contact_seconds)|\w*index\w*)|ha_last_echo\w*|kv_secrets_overdue)`)

// steady are the rows about objects and about OpenBao, with the nodes as the snapshot
// names them.
func (e *exporter) steady(t *testing.T) []string {
	t.Helper()
	code, body, err := e.get(t.Context(), "/metrics")
	must(t, err)
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

// noSecrets looks in a snapshot for tokens, for what is in Secrets, and for messages.
func noSecrets(t *testing.T, dir, token string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
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
