// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import "github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"

// ClusterAnswers are the answers about the cluster in one round. A nil field had no answer, or no
// request.
type ClusterAnswers struct {
	// TokenRenewed reports that the exporter replaces its token itself, and that this has not failed so far.
	TokenRenewed bool

	Autopilot *AutopilotState
	Settings  *AutopilotSettings
	Peers     *RaftConfiguration
	HA        *HANodes
	Mounts    *MountTable
	Auth      *MountTable
	Leases    *leaseCounts
	Key       *keyState
	Token     *tokenState
	PKI       PKIAnswers
	Failures  failure.List
	Requested int  // requests with a token
	Skipped   int  // requests about issuers that are deferred to the next round
	Complete  bool // the active node was queried
}

// TokenRefused reports whether all requests with a token were refused.
func (c *ClusterAnswers) TokenRefused() bool {
	refused := 0
	for _, f := range c.Failures {
		if f.Reason() == failure.ReasonForbidden {
			refused++
		}
	}
	return c.Requested > 0 && refused >= c.Requested
}
