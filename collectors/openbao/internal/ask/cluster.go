// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ask

import "github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"

// ClusterAnswers are the answers about the cluster in one round. A nil field had no answer, or no
// request.
type ClusterAnswers struct {
	// TokenRenewed means that the exporter replaces its token itself, and could so far.
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
	Asked     int  // requests with a token
	Left      int  // requests about issuers that are left to the next round
	Complete  bool // the active node was asked
}

// TokenRefused reports whether nothing was granted.
func (c *ClusterAnswers) TokenRefused() bool {
	refused := 0
	for _, f := range c.Failures {
		if f.Reason() == failure.ReasonForbidden {
			refused++
		}
	}
	return c.Asked > 0 && refused >= c.Asked
}
