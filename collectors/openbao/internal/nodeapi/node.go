// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

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
	// Confirmed reports that the leader named by a standby has answered through it.
	Confirmed   bool
	Certificate time.Time // expiry of the certificate of the listener
	Skew        float64
	Took        time.Duration
}

// QueryNode sends all requests that need no token to a node. If the first has no answer, the others are skipped, because
// they would also wait for the timeout.
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
		// The time is truncated to seconds, so clocks that agree differ by 0 to 1 seconds.
		n.Skew = math.Ceil(float64(n.Health.ServerTime) - float64(start.Add(n.Took/2).UnixMilli())/1000)
	}
	if failure.NoAnswer(err) {
		n.Failures.Skip(SysSealStatus.Path, err)
		n.Failures.Skip(SysLeader.Path, err)
		return n
	}
	if seal, err := queryWithTimeout(ctx, a, SysSealStatus.At("")); err != nil {
		n.Failures.Add(SysSealStatus.Path, err)
	} else {
		n.Seal = &seal
	}
	leader, err := queryWithTimeout(ctx, a, SysLeader.At(""))
	switch {
	case failure.ReasonOf(err) == ReasonSealed:
		n.Leader = &LeaderStatus{HAEnabled: true} // as for a sealed node, which has no leader
	case err != nil:
		n.Failures.Add(SysLeader.Path, err)
	default:
		n.Leader = &leader
	}
	return n
}

// QueryHealth requests sys/health and accepts all statuses with which it reports a state.
func QueryHealth(ctx context.Context, a Node) (*Health, error) {
	got, err := a.Do(ctx, SysHealth.At("").Request)
	if err != nil {
		return nil, failure.FromTransport(err)
	}
	switch got.Status {
	case http.StatusOK, http.StatusTooManyRequests, http.StatusNotImplemented, http.StatusServiceUnavailable:
	case statusDRSecondary, statusPerformanceStandby, statusRemoved:
	default:
		return nil, classifyStatus(SysHealth.Endpoint, got)
	}
	h, err := httpclient.DecodeJSON[Health](got.Body)
	if err == nil && (h.Initialized == nil || h.Sealed == nil || h.Standby == nil) {
		err = failure.Errorf(failure.ReasonDecode, "not the health of an OpenBao node")
	}
	if err != nil && got.Status != http.StatusOK {
		err = failure.Errorf(failure.ReasonHTTP, "status %d, not from an OpenBao node", got.Status)
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

// UsesRaft reports whether the node uses raft, for its storage or only to elect the leader. The result is true while it
// is unknown.
func (n *NodeAnswers) UsesRaft() bool {
	return n.Seal == nil || n.Seal.StorageType == "" || n.Seal.StorageType == "raft" || n.Leader != nil && n.Leader.Committed != nil
}

// IsServing reports whether the node, which reports that it is active, is the leader.
func (n *NodeAnswers) IsServing() bool {
	return n.Leader == nil || !n.Leader.HAEnabled || n.Leader.IsSelf || n.Leader.Address != ""
}

// ConfirmLeader sends a request through a standby that only the leader answers, and reports whether it did. A standby
// before 2.5 forwards all requests, so that even a refusal comes from the leader. Later versions refuse requests without
// a valid token themselves.
func ConfirmLeader(ctx context.Context, a Node, version, token string) bool {
	got, err := a.Do(ctx, HAStatus.At(token).Request)
	if err != nil {
		return false
	}
	return got.Status == http.StatusOK || got.Status == http.StatusForbidden && forwardsRequests(version)
}

// forwardsRequests reports whether a standby of this version forwards all requests.
func forwardsRequests(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d.", &major, &minor)
	return err == nil && major == 2 && minor < 5
}
