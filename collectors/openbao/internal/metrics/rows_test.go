// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// answer parses an answer.
func answer[T any](t *testing.T, text string) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRowsOfAnswers compares the rows of single answers.
func TestRowsOfAnswers(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		rows func(*exposition.Rows)
		want []string
	}{
		"no audit device": {
			func(r *exposition.Rows) { AuditRows(r, answer[nodeapi.AuditTable](t, `{}`), "main") },
			[]string{`audit_devices{type=""} 0`},
		},
		"audit devices": {
			func(r *exposition.Rows) {
				AuditRows(r, answer[nodeapi.AuditTable](t, `{"a/":{"type":"file"},"b/":{"type":"file"},"c/":{"type":"socket"}}`), "main")
			},
			[]string{`audit_devices{type="file"} 2`, `audit_devices{type="socket"} 1`},
		},
		"certificates": {
			func(r *exposition.Rows) {
				c := NewCertificateCount(answer[nodeapi.IssuerList](t, `{"key_info":{"i":{"serial_number":"01"}}}`), now)
				c.Add(answer[nodeapi.CertificatePage](t, `{"key_info":{"01":{"not_after":"2030-01-01T00:00:00Z"},"02":{"not_after":"2026-11-23T11:59:59Z"}}}`))
				c.Add(answer[nodeapi.CertificatePage](t, `{"key_info":{"03":{"not_after":"2026-11-23T12:00:01Z"},"04":{"not_after":"2027-01-01T00:00:00Z"}}}`))
				c.Rows(r, "main", "pki")
			},
			[]string{
				`pki_certificate_min_not_after_timestamp_seconds{mount="pki"} 1795435201`,
				`pki_certificates{mount="pki",state="expired"} 1`, `pki_certificates{mount="pki",state="valid"} 2`,
			},
		},
		"tidied": {
			func(r *exposition.Rows) {
				TidyRows(r, answer[nodeapi.TidyData](t, `{"state":"Finished","time_finished":"2026-11-23T12:00:00Z"}`), "main", "pki")
			},
			[]string{`pki_tidy_last_finished_timestamp_seconds{mount="pki"} 1795435200`, `pki_tidy_status{mount="pki",state="Finished"} 1`},
		},
		"not tidied": {
			func(r *exposition.Rows) {
				TidyRows(r, answer[nodeapi.TidyData](t, `{"state":"Error","time_finished":"2026-11-23T12:00:00Z"}`), "main", "pki")
			},
			[]string{`pki_tidy_status{mount="pki",state="Error"} 1`},
		},
		"mounts": {
			func(r *exposition.Rows) {
				have := answer[nodeapi.MountTable](t, `{"pki/":{"type":"pki"},"kv/":{"type":"kv","options":{"version":"1"}}}`)
				ClusterRows(r, &nodeapi.ClusterAnswers{Mounts: &have}, "main",
					config.OpenBaoExpect{Mounts: map[string]string{"pki": "pki", "kv": "kv-v2", "ceph": "kv-v2"}}, nil, now)
			},
			[]string{
				`mount_missing{kind="secret",path="ceph",type="kv-v2",reason="not_found",found=""} 1`,
				`mount_missing{kind="secret",path="kv",type="kv-v2",reason="wrong_type",found="kv-v1"} 1`,
				`mount_present{kind="secret",path="ceph",type="kv-v2"} 0`, `mount_present{kind="secret",path="kv",type="kv-v2"} 0`,
				`mount_present{kind="secret",path="pki",type="pki"} 1`, `mounts{kind="secret",type="kv-v1"} 1`, `mounts{kind="secret",type="pki"} 1`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			families := append(ClusterFamilies(), slices.DeleteFunc(DetailFamilies(),
				func(f *exposition.Family) bool { return f == endpointFailing || f == requestsLeft })...)
			site := collectortest.Site(t, time.Now, families...)
			g := site.Exposition.Group(exposition.Key{Cluster: "management"}, families)
			site.Exposition.Swap(nil, []*exposition.Group{g})
			g.Set("", g.Rows(), tc.rows)
			var got []string
			for row, value := range collectortest.ShortRows(collectortest.Serve(t, site.Exposition), "cobaltcore_openbao_", `cluster="management",openbao="main"`) {
				got = append(got, row+" "+value)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestChooseNode checks that Choose returns the active node of the latest term, or a standby that has reached its
// leader, or the reason why there is none.
func TestChooseNode(t *testing.T) {
	node := func(text, leader string) *nodeapi.NodeAnswers {
		n := &nodeapi.NodeAnswers{}
		if text != "" {
			h := answer[nodeapi.Health](t, text)
			n.Health = &h
		}
		if leader != "" {
			l := answer[nodeapi.LeaderStatus](t, leader)
			n.Leader = &l
		}
		return n
	}
	const (
		isActive  = `{"initialized":true,"sealed":false,"standby":false}`
		isStandby = `{"initialized":true,"sealed":false,"standby":true}`
		isSealed  = `{"initialized":true,"sealed":true,"standby":true}`
	)
	confirmed := node(isStandby, "")
	confirmed.Confirmed = true
	for name, tc := range map[string]struct {
		nodes     Nodes
		want, err string
	}{
		"none":      {Nodes{}, "", "there is no node"},
		"active":    {Nodes{"a": node(isStandby, ""), "b": node(isActive, "")}, "b", ""},
		"newer":     {Nodes{"a": node(isActive, `{"active_time":"2026-11-23T12:00:00Z"}`), "b": node(isActive, `{"active_time":"2026-11-23T12:00:01Z"}`)}, "b", ""},
		"confirmed": {Nodes{"a": node(isSealed, ""), "b": confirmed}, "b", ""},
		"standbys":  {Nodes{"a": node(isStandby, ""), "b": node(isSealed, "")}, "", "no node is active"},
		"sealed":    {Nodes{"a": node(isSealed, ""), "b": node("", "")}, "", "every node that responds is sealed"},
	} {
		got, err := tc.nodes.Choose(nil)
		if got != tc.want || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
