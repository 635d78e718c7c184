// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// health is the body of sys/health.
type health struct {
	Initialized *bool  `json:"initialized"`
	Sealed      *bool  `json:"sealed"`
	Standby     *bool  `json:"standby"`
	ServerTime  int64  `json:"server_time_utc"` // whole seconds, cut off
	Version     string `json:"version"`
	ClusterName string `json:"cluster_name"`
	ClusterID   string `json:"cluster_id"`
}

// sealStatus is the body of sys/seal-status.
type sealStatus struct {
	Type             string `json:"type"`
	Threshold        int    `json:"t"`
	Progress         int    `json:"progress"`
	Migration        bool   `json:"migration"`
	RecoverySeal     bool   `json:"recovery_seal"` // the node unseals itself; the shares are those of the recovery key
	RecoverySealType string `json:"recovery_seal_type"`
	StorageType      string `json:"storage_type"`
}

// leaderStatus is the body of sys/leader. OpenBao 2.6 leaves out what is empty.
type leaderStatus struct {
	HAEnabled  bool      `json:"ha_enabled"`
	IsSelf     bool      `json:"is_self"`
	ActiveTime time.Time `json:"active_time"`
	Address    string    `json:"leader_address"`
	Committed  *uint64   `json:"raft_committed_index"`
	Applied    *uint64   `json:"raft_applied_index"`
}

// state is what a node is, in the words of the state label.
type state string

const (
	active        state = "active"
	standby       state = "standby"
	sealed        state = "sealed"
	uninitialized state = "uninitialized"
	down          state = "down"
)

func states() []state { return []state{active, standby, sealed, uninitialized, down} }

// nodeFacts are what one round has brought about a node.
type nodeFacts struct {
	health   *health
	seal     *sealStatus
	leader   *leaderStatus
	failures probe.Failures
	// confirmed says that the leader which a standby names has answered through it.
	confirmed   bool
	certificate time.Time // when that of the listener expires
	skew        float64
	took        time.Duration
}

// state follows the precedence of sys/health: a sealed or uninitialized node
// calls itself a standby, too.
func (n *nodeFacts) state() state {
	switch {
	case n.health == nil:
		return down
	case !*n.health.Initialized:
		return uninitialized
	case *n.health.Sealed:
		return sealed
	case *n.health.Standby:
		return standby
	}
	return active
}

// askNode asks a node what it tells everybody. If it does not answer at all, the
// rest is not asked: it would take as long again.
func askNode(ctx context.Context, a asker, now func() time.Time) nodeFacts {
	var f nodeFacts
	start := now()
	var err error
	f.health, err = askHealth(ctx, a)
	end := now()
	f.took = end.Sub(start)
	if certificate := a.presented(); certificate != nil {
		f.certificate = certificate.NotAfter
	}
	if err != nil {
		f.failures.Add(sysHealth.path, err)
	} else if f.health.ServerTime > 0 {
		// Up to a second was cut off, so that clocks that agree are 0 to 1 apart.
		f.skew = math.Ceil(float64(f.health.ServerTime) - float64(start.Add(f.took/2).UnixMilli())/1000)
	}
	if probe.NoAnswer(err) {
		f.failures.Skip(sysSealStatus.path, err)
		f.failures.Skip(sysLeader.path, err)
		return f
	}
	if f.seal, err = askPlain[sealStatus](ctx, a, sysSealStatus); err != nil {
		f.failures.Add(sysSealStatus.path, err)
	}
	f.leader, err = askPlain[leaderStatus](ctx, a, sysLeader)
	if probe.ReasonOf(err) == ReasonSealed {
		f.leader, err = &leaderStatus{HAEnabled: true}, nil // a sealed node says that, and knows no leader
	}
	if err != nil {
		f.failures.Add(sysLeader.path, err)
	}
	return f
}

// askHealth accepts every status with which sys/health tells a state.
func askHealth(ctx context.Context, a asker) (*health, error) {
	got, err := a.ask(ctx, sysHealth.at(""))
	if err != nil {
		return nil, probe.TransportFailure(err)
	}
	switch got.status {
	case http.StatusOK, http.StatusTooManyRequests, http.StatusNotImplemented, http.StatusServiceUnavailable:
	default:
		return nil, statusFailure(sysHealth, got)
	}
	h, err := probe.Decode[health](got.body)
	if err == nil && (h.Initialized == nil || h.Sealed == nil || h.Standby == nil) {
		err = probe.Failed(probe.ReasonDecode, "not the health of an OpenBao node")
	}
	if err != nil && got.status != http.StatusOK {
		err = probe.Failed(probe.ReasonHTTP, "status %d of something else", got.status)
	}
	if err != nil {
		return nil, err
	}
	return &h, nil
}

// askPlain gets an endpoint whose content is the body itself.
func askPlain[T any](ctx context.Context, a asker, e endpoint) (*T, error) {
	got, err := get(ctx, a, e.at(""))
	if err != nil {
		return nil, err
	}
	out, err := probe.Decode[T](got.body)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// rows adds what is known about a node.
func (n *nodeFacts) rows(r *exposition.Rows, openbao, node string) {
	r.Bool(nodeUp, n.health != nil, openbao, node)
	if h := n.health; h != nil {
		is := n.state()
		r.Bool(nodeInitialized, *h.Initialized, openbao, node)
		r.Bool(nodeSealed, *h.Sealed, openbao, node)
		r.Bool(nodeActive, is == active, openbao, node)
		r.Bool(nodeStandby, is == standby, openbao, node)
		if s := n.seal; s != nil {
			r.Add(nodeInfo, 1, openbao, node, h.Version, s.Type, s.StorageType, s.RecoverySealType, h.ClusterName, h.ClusterID)
			r.Bool(nodeMigration, s.Migration, openbao, node)
			r.Add(nodeProgress, float64(s.Progress), openbao, node)
			if !s.RecoverySeal {
				r.Add(nodeThreshold, float64(s.Threshold), openbao, node)
			} else {
				r.Add(nodeThreshold, 0, openbao, node)
			}
		}
		if h.ServerTime > 0 {
			r.Add(nodeSkew, n.skew, openbao, node)
		}
		if n.took > 0 { // not in a snapshot
			r.Add(nodeResponseTime, n.took.Seconds(), openbao, node)
		}
	}
	if l := n.leader; l != nil && n.health != nil {
		if l.Committed != nil {
			r.Add(nodeCommitted, float64(*l.Committed), openbao, node)
		}
		if l.Applied != nil {
			r.Add(nodeApplied, float64(*l.Applied), openbao, node)
		}
	}
	r.Time(nodeCertificate, n.certificate, openbao, node)
	failureRows(r, n.failures, openbao, node)
}

// leaderRows adds whether the node knows a leader, and which. A standby goes on
// naming a leader that was killed (seen with 2.4.0), so the word of one counts only
// while some node is active or its leader has answered through it.
func (n *nodeFacts) leaderRows(r *exposition.Rows, openbao, node string, someActive bool) {
	l := n.leader
	if l == nil || n.health == nil {
		return
	}
	known := l.Address != "" && (someActive || n.confirmed) || !l.HAEnabled && n.state() == active
	r.Bool(nodeLeaderKnown, known, openbao, node)
	if known && l.Address != "" {
		r.Add(leaderInfo, 1, openbao, node, l.Address)
	}
}

// namesSame says whether both are standbys of the same leader.
func (n *nodeFacts) namesSame(other *nodeFacts) bool {
	return n.state() == standby && other.state() == standby && n.leader != nil && other.leader != nil && n.leader.Address == other.leader.Address
}

// confirms asks through a standby for something that only the leader answers, and
// says whether it did. A standby before 2.5 passes every request on, so that a
// refusal, too, is the leader's; later ones refuse by themselves what they need a
// token for.
func (n *nodeFacts) confirms(ctx context.Context, a asker, token string) bool {
	got, err := a.ask(ctx, haStatus.at(token))
	if err != nil {
		return false
	}
	return got.status == http.StatusOK || got.status == http.StatusForbidden && passesOn(n.health.Version)
}

// passesOn says whether a standby of this version serves nothing by itself.
func passesOn(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d.", &major, &minor)
	return err == nil && major == 2 && minor < 5
}
