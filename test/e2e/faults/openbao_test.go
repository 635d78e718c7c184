//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

func baoAlert(name string) alert {
	return alert{"alertname": name, "cluster": "management", "openbao": "openbao"}
}

// followers returns the nodes that are not the leader, except the node that stores use.
func (f *faultyFleet) followers(t *testing.T) []*testbed.OpenBaoNode {
	t.Helper()
	leader, err := f.bao.WaitActive(t.Context())
	harness.Must(t, err)
	return slices.DeleteFunc(slices.Clone(f.bao.Nodes[1:]), func(n *testbed.OpenBaoNode) bool { return n == leader })
}

// newLeader makes a node that stores do not use the leader, and returns it.
func (f *faultyFleet) newLeader(t *testing.T) (leader *testbed.OpenBaoNode) {
	t.Helper()
	harness.Eventually(t, time.Minute, func() error {
		var err error
		if leader, err = f.bao.WaitActive(t.Context()); err != nil || leader != f.bao.Nodes[0] {
			return err
		}
		return errors.Join(errors.New("it has just stepped down"), f.stepDown(t))
	})
	return leader
}

// stepDown makes the leader step down.
func (f *faultyFleet) stepDown(t *testing.T) error {
	before, err := f.bao.WaitActive(t.Context())
	if err != nil {
		return err
	}
	token, err := f.bao.Token(t.Context())
	if err != nil {
		return err
	}
	if _, _, err := before.Do(t.Context(), http.MethodPut, "sys/step-down", nil, token); err != nil {
		return err
	}
	return testbed.Poll(t.Context(), time.Minute, func(ctx context.Context) error {
		now, err := f.bao.Leader(ctx)
		if err == nil && now == before {
			err = errors.New("it still leads")
		}
		return err
	})
}

// loseLeader breaks a leader while the exporter is stopped, because the scaled rules would fire about the time until another
// node leads, and waits for that.
func (f *faultyFleet) loseLeader(t *testing.T, breakNode func(*testbed.OpenBaoNode) error) *testbed.OpenBaoNode {
	t.Helper()
	f.exporter.Stop(t)
	leader := f.newLeader(t)
	harness.Must(t, breakNode(leader))
	_, err := f.bao.WaitActive(t.Context())
	harness.Must(t, err)
	f.waitSynced(t) // a store that was validated in between would be found, and kept
	f.startExporter()
	return leader
}

// restart starts all nodes that are not running or sealed, and waits until they are one
// cluster again.
func (f *faultyFleet) restart(t *testing.T, nodes ...*testbed.OpenBaoNode) {
	t.Helper()
	for _, n := range nodes {
		harness.Must(t, n.Stop())
	}
	for _, n := range nodes {
		harness.Must(t, n.Start(harness.WithoutCancel(t)))
	}
	harness.Must(t, f.bao.WaitVoters(t.Context(), 3))
	f.forgetAlerts(t)
}

func (f *faultyFleet) certify(t *testing.T, n *testbed.OpenBaoNode, left time.Duration) {
	t.Helper()
	harness.Must(t, n.SetCertificate(t.Context(), time.Now().Add(left)))
}

func openBaoFaults() []fault {
	const day = 24 * time.Hour
	var broken []*testbed.OpenBaoNode
	restart := func(t *testing.T, f *faultyFleet) { f.restart(t, broken...) }
	stores := []alert{
		storeAlert("management"), storeAlert("storage"), secretAlert("ESOExternalSecretFailing", "storage-kubeconfig"),
		{"alertname": "ESOPushSecretFailing", "cluster": "storage"},
	}
	return []fault{
		{
			name: "a node was killed",
			inject: func(t *testing.T, f *faultyFleet) {
				broken = f.followers(t)[:1]
				harness.Must(t, broken[0].Kill())
			},
			heal:         restart,
			roots:        []alert{baoAlert("OpenBaoNodeDown")},
			consequences: []alert{baoAlert("OpenBaoQuorumAtRisk"), baoAlert("OpenBaoAutopilotUnhealthy")},
			also:         worseThanCause("OpenBaoQuorumAtRiskCritical"),
		},
		{
			// Its kernel still accepts connections, but no process answers.
			name: "the leader hangs",
			inject: func(t *testing.T, f *faultyFleet) {
				broken = []*testbed.OpenBaoNode{f.loseLeader(t, (*testbed.OpenBaoNode).Freeze)}
			},
			heal:         restart,
			roots:        []alert{baoAlert("OpenBaoNodeDown")},
			consequences: []alert{baoAlert("OpenBaoQuorumAtRisk"), baoAlert("OpenBaoAutopilotUnhealthy")},
			also:         worseThanCause("OpenBaoQuorumAtRiskCritical"),
		},
		{
			// Only the leader can step down, and electing the next one takes seconds. Faults that must be short do not
			// use this.
			name: "a node is sealed",
			inject: func(t *testing.T, f *faultyFleet) {
				broken = []*testbed.OpenBaoNode{f.loseLeader(t, func(n *testbed.OpenBaoNode) error { return n.Seal(t.Context()) })}
			},
			heal:         restart,
			roots:        []alert{baoAlert("OpenBaoNodeSealed")},
			consequences: []alert{baoAlert("OpenBaoQuorumAtRisk"), baoAlert("OpenBaoAutopilotUnhealthy")},
			also:         worseThanCause("OpenBaoQuorumAtRiskCritical"),
		},
		{
			// The third node cannot step down, because it follows no leader.
			name: "it is sealed",
			inject: func(t *testing.T, f *faultyFleet) {
				broken = nil
				for range 2 {
					leader, err := f.bao.WaitActive(t.Context())
					harness.Must(t, err)
					broken = append(broken, leader)
					harness.Must(t, leader.Seal(t.Context()))
				}
			},
			heal:         restart,
			roots:        []alert{baoAlert("OpenBaoClusterSealed")},
			consequences: append([]alert{baoAlert("OpenBaoNodeSealed"), baoAlert("OpenBaoNoLeader")}, stores...),
		},
		{
			name: "two nodes were killed",
			inject: func(t *testing.T, f *faultyFleet) {
				leader, err := f.bao.WaitActive(t.Context())
				harness.Must(t, err)
				broken = []*testbed.OpenBaoNode{leader, f.followers(t)[0]}
				for _, n := range broken {
					harness.Must(t, n.Kill())
				}
			},
			heal:         restart,
			roots:        []alert{baoAlert("OpenBaoNoLeader")},
			consequences: append([]alert{baoAlert("OpenBaoNodeDown")}, stores...),
		},
		{
			name: "no node responds",
			inject: func(t *testing.T, f *faultyFleet) {
				broken = f.bao.Nodes
				for _, n := range broken {
					harness.Must(t, n.Kill())
				}
			},
			heal:  restart,
			roots: []alert{baoAlert("OpenBaoDown")},
			consequences: append([]alert{
				baoAlert("OpenBaoNodeDown"), {"alertname": "ExporterCollectorDown", "cluster": "management", "collector": "openbao"},
			}, stores...),
		},
		{
			name:         "a certificate of a listener is about to expire",
			inject:       func(t *testing.T, f *faultyFleet) { f.certify(t, f.bao.Nodes[1], 2*day) },
			heal:         func(t *testing.T, f *faultyFleet) { f.certify(t, f.bao.Nodes[1], 80*day) },
			roots:        []alert{baoAlert("OpenBaoListenerCertExpiringCritical")},
			consequences: []alert{baoAlert("OpenBaoListenerCertExpiring")},
		},
		{
			name: "a secrets engine is missing",
			inject: func(t *testing.T, f *faultyFleet) {
				harness.AdminRequest(t, f.bao, http.MethodDelete, "sys/mounts/kv-v2/openstack", nil)
			},
			heal: func(t *testing.T, f *faultyFleet) {
				harness.AdminRequest(t, f.bao, http.MethodPost, "sys/mounts/kv-v2/openstack", map[string]any{"type": "kv", "options": map[string]any{"version": "2"}})
			},
			roots: []alert{baoAlert("OpenBaoMountMissing").and("path", "kv-v2/openstack")},
		},
		{
			name: "an auth method was disabled", always: true,
			inject: func(t *testing.T, f *faultyFleet) {
				harness.AdminRequest(t, f.bao, http.MethodDelete, "sys/auth/kubernetes/storage", nil)
			},
			heal: func(t *testing.T, f *faultyFleet) {
				const mount = "kubernetes/storage"
				harness.AdminRequest(t, f.bao, http.MethodPost, "sys/auth/"+mount, map[string]any{"type": "kubernetes"})
				harness.Must(t, f.bao.ConfigureKubernetesAuth(t.Context(), mount, f.storage))
				harness.Must(t, f.bao.PutKubernetesRole(t.Context(), mount, "eso-storage", "external-secrets", "external-secrets", "eso-storage", "push-ceph-keys"))
			},
			roots:        []alert{baoAlert("OpenBaoAuthMountMissing").and("path", "kubernetes/storage")},
			consequences: []alert{{"alertname": "ESOPushSecretFailing", "cluster": "storage"}},
			also:         worseThanCause("ESOStoreNotReady"),
		},
		{
			name: "the exporter may not ask",
			inject: func(t *testing.T, f *faultyFleet) {
				harness.Must(t, f.bao.PutPolicy(t.Context(), "exporter", strings.ReplaceAll(harness.Policy(), "sys/", "nothing/")))
			},
			heal: func(t *testing.T, f *faultyFleet) {
				harness.Must(t, f.bao.PutPolicy(t.Context(), "exporter", harness.Policy()))
			},
			roots: []alert{baoAlert("OpenBaoCollectorFailing")},
		},
	}
}
