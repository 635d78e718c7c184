// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ask

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// NodeAnswers are the answers of a node in one round.
type NodeAnswers struct {
	Health   *Health
	Seal     *SealStatus
	Leader   *LeaderStatus
	Failures failure.List
	// Confirmed reports that the leader which a standby names has answered through it.
	Confirmed   bool
	Certificate time.Time // when that of the listener expires
	Skew        float64
	Took        time.Duration
}

// QueryNode asks a node for all that needs no token. If it does not answer at all, the
// rest is not asked: it would take as long again.
func QueryNode(ctx context.Context, a Node, now func() time.Time) NodeAnswers {
	var n NodeAnswers
	start := now()
	var err error
	n.Health, err = QueryHealth(ctx, a)
	end := now()
	n.Took = end.Sub(start)
	if certificate := a.Presented(); certificate != nil {
		n.Certificate = certificate.NotAfter
	}
	if err != nil {
		n.Failures.Add(SysHealth.Path, err)
	} else if n.Health.ServerTime > 0 {
		// Up to a second was cut off, so that clocks that agree are 0 to 1 apart.
		n.Skew = math.Ceil(float64(n.Health.ServerTime) - float64(start.Add(n.Took/2).UnixMilli())/1000)
	}
	if failure.NoAnswer(err) {
		n.Failures.Skip(SysSealStatus.Path, err)
		n.Failures.Skip(SysLeader.Path, err)
		return n
	}
	if seal, err := askUntil(ctx, a, SysSealStatus.At("")); err != nil {
		n.Failures.Add(SysSealStatus.Path, err)
	} else {
		n.Seal = &seal
	}
	leader, err := askUntil(ctx, a, SysLeader.At(""))
	switch {
	case failure.ReasonOf(err) == ReasonSealed:
		n.Leader = &LeaderStatus{HAEnabled: true} // the answer of a sealed node, which has no leader
	case err != nil:
		n.Failures.Add(SysLeader.Path, err)
	default:
		n.Leader = &leader
	}
	return n
}

// QueryHealth accepts every status with which sys/health reports a state.
func QueryHealth(ctx context.Context, a Node) (*Health, error) {
	got, err := a.Ask(ctx, SysHealth.At("").Request)
	if err != nil {
		return nil, failure.FromTransport(err)
	}
	switch got.Status {
	case http.StatusOK, http.StatusTooManyRequests, http.StatusNotImplemented, http.StatusServiceUnavailable:
	case statusDRSecondary, statusPerformanceStandby, statusRemoved:
	default:
		return nil, statusFailure(SysHealth.Endpoint, got)
	}
	h, err := httpclient.DecodeJSON[Health](got.Body)
	if err == nil && (h.Initialized == nil || h.Sealed == nil || h.Standby == nil) {
		err = failure.Errorf(failure.ReasonDecode, "not the health of an OpenBao node")
	}
	if err != nil && got.Status != http.StatusOK {
		err = failure.Errorf(failure.ReasonHTTP, "status %d of something else", got.Status)
	}
	if err != nil {
		return nil, err
	}
	h.Removed = h.Removed || got.Status == statusRemoved
	return &h, nil
}

// Statuses of sys/health that net/http does not name. The body has the state.
const (
	statusDRSecondary        = 472
	statusPerformanceStandby = 473
	statusRemoved            = 530
)

// UsesRaft reports whether the node has raft, for its storage or only to elect the leader.
// While it is unknown, it has.
func (n *NodeAnswers) UsesRaft() bool {
	return n.Seal == nil || n.Seal.StorageType == "" || n.Seal.StorageType == "raft" || n.Leader != nil && n.Leader.Committed != nil
}

// Serves reports whether the node, which calls itself active, leads.
func (n *NodeAnswers) Serves() bool {
	return n.Leader == nil || !n.Leader.HAEnabled || n.Leader.IsSelf || n.Leader.Address != ""
}

// ConfirmLeader asks through a standby for something that only the leader answers, and
// reports whether it did. A standby before 2.5 passes every request on, so that a
// refusal, too, is the leader's; later ones refuse by themselves what they need a
// token for.
func ConfirmLeader(ctx context.Context, a Node, version, token string) bool {
	got, err := a.Ask(ctx, HAStatus.At(token).Request)
	if err != nil {
		return false
	}
	return got.Status == http.StatusOK || got.Status == http.StatusForbidden && passesOn(version)
}

// passesOn reports whether a standby of this version serves nothing by itself.
func passesOn(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d.", &major, &minor)
	return err == nil && major == 2 && minor < 5
}
