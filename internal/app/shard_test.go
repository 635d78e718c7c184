// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// snapshotFleet returns a copy of test/fleet with the times of the dump and a second OpenBao in
// another cluster. The stores of all clusters but one refer to it.
func snapshotFleet(t *testing.T) site {
	t.Helper()
	fleet, err := filepath.Abs("../../test/fleet")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	for name, from := range map[string]string{
		"management": "", "control-plane": "", "hypervisor": "", "storage": "", "aurora": "", "snapshot.yaml": "",
		"openbao/openbao": "", "openbao/second": "openbao/openbao",
	} {
		if from == "" {
			from = name
		}
		if err := os.MkdirAll(filepath.Dir(s.file(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(fleet, from), s.file(name)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(fleet, "fleet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := regexp.MustCompile(`snapshot: \{path: `).ReplaceAllString(string(text), "snapshot: {shiftTime: false, path: ")
	config = strings.Replace(config, "addresses: ['https://openbao.example.com:8200', ", "addresses: [", 1)
	s.write("fleet.yaml", strings.Replace(config, "  openbao:\n", "  openbao:\n"+secondOpenBao, 1))
	return s
}

const secondOpenBao = "    - {name: second, cluster: control-plane, addresses: ['https://openbao.example.com:8200']}\n"

// shard returns an option that runs the exporter as one of count shards.
func shard(index, count int) func(*Options) {
	return func(o *Options) { o.Shard = fleet.Shard{Index: index, Count: count} }
}

// measured matches the rows whose values depend on the time of the read: if no object records an
// onset, it is the time at which the exporter first saw the state.
var measured = regexp.MustCompile(`^(cobaltcore_(cluster_last_contact|watch_last_event|collector_last_success|discovery_last_success)_timestamp_seconds` +
	`|cobaltcore_collector_duration_seconds|cobaltcore_openbao_[a-z_]*_(duration|response|skew)_seconds)\{|onset="at_least"`)

// counted matches the families that count events of the process or results of its evaluation.
var counted = regexp.MustCompile(`^cobaltcore_((collector_errors|watch_errors|watch_partial_decodes)_total\{|health_)`)

// objectRows returns the rows of a response about clusters. The other rows are about the exporter.
func objectRows(body string) []string {
	var rows []string
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "#") || !strings.Contains(line, `{cluster="`) || counted.MatchString(line) || boundRow(line) {
			continue
		}
		line = strings.TrimSpace(line)
		if measured.MatchString(line) {
			line = line[:strings.LastIndex(line, " ")]
		}
		rows = append(rows, line)
	}
	slices.Sort(rows)
	return rows
}

// body returns the response of /metrics when the exporter is ready.
func (e *exporter) body() string {
	e.t.Helper()
	var body string
	testutil.Eventually(e.t, func() (bool, string) {
		var code int
		code, body = e.ask(http.MethodGet, "/metrics")
		return code == http.StatusOK, body
	})
	return body
}

// TestShardsTogetherAreTheFleet checks that the shards together have the same rows as an exporter
// without shards, for several numbers of shards. No row is in two shards, and two replicas of a
// shard have equal rows.
func TestShardsTogetherAreTheFleet(t *testing.T) {
	t.Parallel()
	s := snapshotFleet(t)
	undivided := s.run()
	want := objectRows(undivided.body())
	for _, part := range []string{
		"flux_resource_info{", "cobaltcore_openbao_node_up{", "cobaltcore_aurora_up{", "cobaltcore_greenhouse_", "cobaltcore_eso_externalsecret_ready{",
		`cobaltcore_secretflow_consumer_last_sync_timestamp_seconds{`, `cobaltcore_secretflow_stored_version{cluster="management",openbao="openbao"`,
		`cobaltcore_secretflow_stored_version{cluster="control-plane",openbao="second"`,
	} {
		if !slices.ContainsFunc(want, func(row string) bool { return strings.HasPrefix(row, part) }) {
			t.Fatalf("the fleet has no row %s", part)
		}
	}
	if strings.Contains(undivided.body(), "cobaltcore_shard_info") {
		t.Error("an exporter without --shard says that it is one")
	}
	for count := 1; count <= 5; count++ {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			t.Parallel()
			var all []string
			for index := range count {
				e := s.run(shard(index, count))
				body := e.body()
				rows := objectRows(body)
				all = append(all, rows...)
				if info := fmt.Sprintf(`cobaltcore_shard_info{shard="%d",shards="%d"} 1`, index, count); !strings.Contains(body, "\n"+info+"\n") {
					t.Errorf("no %s", info)
				}
				replica := s.run(shard(index, count))
				if diff := cmp.Diff(rows, objectRows(replica.body())); diff != "" {
					t.Errorf("two replicas of shard %d differ: %s", index, diff)
				}
				replica.stop()
				e.stop()
			}
			slices.Sort(all)
			if diff := cmp.Diff(want, all); diff != "" {
				t.Errorf("-undivided +shards: %s", diff)
			}
		})
	}
}

// TestShardHasItsClustersOnly checks that rows and filters of a shard have no other clusters.
func TestShardHasItsClustersOnly(t *testing.T) {
	t.Parallel()
	s := snapshotFleet(t)
	e := s.run(shard(1, 2)) // the shard of control-plane follows the other clusters for its OpenBao
	for _, row := range objectRows(e.body()) {
		if !strings.Contains(row, `{cluster="control-plane"`) {
			t.Fatalf("%s is another shard's", row)
		}
	}
	if code, body := e.ask(http.MethodGet, "/metrics?cluster[]=control-plane"); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}
	if code, body := e.ask(http.MethodGet, "/metrics?cluster[]=storage"); code != http.StatusBadRequest {
		t.Errorf("%d %s", code, body)
	}
	nothing := s.run(shard(2, 5))
	if rows := objectRows(nothing.body()); len(rows) > 0 {
		t.Errorf("a shard without clusters has %s", rows[0])
	}
	if code, body := nothing.ask(http.MethodGet, "/-/ready"); code != http.StatusOK {
		t.Errorf("a shard without clusters is not ready: %d %s", code, body)
	}
}

// TestFlowOfShardIsPartial checks that the shard with the only OpenBao follows the secrets of all clusters, and
// that any other shard follows only the secrets of its own clusters.
func TestFlowOfShardIsPartial(t *testing.T) {
	t.Parallel()
	one, two := snapshotFleet(t), snapshotFleet(t)
	text, err := os.ReadFile(one.file("fleet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	one.write("fleet.yaml", strings.Replace(string(text), secondOpenBao, "", 1))
	for name, tc := range map[string]struct {
		e       *exporter
		partial bool
		users   []string // clusters
	}{
		"undivided":           {two.run(), false, []string{"control-plane", "hypervisor", "management", "storage"}},
		"one shard":           {two.run(shard(0, 1)), false, []string{"control-plane", "hypervisor", "management", "storage"}},
		"the only OpenBao":    {one.run(shard(0, 2)), false, []string{"control-plane", "hypervisor", "management", "storage"}},
		"no OpenBao":          {one.run(shard(1, 2)), true, []string{"control-plane"}},
		"one of two OpenBaos": {two.run(shard(0, 2)), true, []string{"control-plane", "hypervisor", "management", "storage"}},
		"the other one":       {two.run(shard(1, 2)), true, []string{"control-plane", "hypervisor", "management", "storage"}},
	} {
		tc.e.body()
		_, text := tc.e.ask(http.MethodGet, "/api/v1/secretflow")
		var report secretflow.Report
		if err := json.Unmarshal([]byte(text), &report); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var users []string
		for _, p := range report.Paths {
			for _, u := range slices.Concat(p.Consumers, p.Producers) {
				users = append(users, u.Cluster)
			}
		}
		slices.Sort(users)
		if diff := cmp.Diff(tc.users, slices.Compact(users)); diff != "" || report.Partial != tc.partial {
			t.Errorf("%s: partial %t, want %t; %s", name, report.Partial, tc.partial, diff)
		}
	}
}
