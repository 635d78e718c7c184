// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
)

// TestUnhealthyReasonOfRaftServer checks the reasons according to the tests of autopilot, several of which may fail.
func TestUnhealthyReasonOfRaftServer(t *testing.T) {
	leader := nodeapi.RaftServer{NodeStatus: "alive", LastContact: "0s", LastTerm: 7, LastIndex: 5000}
	settings := &nodeapi.AutopilotSettings{LastContactThreshold: "10s", MaxTrailingLogs: 1000}
	with := func(change func(*nodeapi.RaftServer)) nodeapi.RaftServer { s := leader; change(&s); return s }
	youngLeader := with(func(s *nodeapi.RaftServer) { s.LastIndex = 999 })
	for name, tc := range map[string]struct {
		server   nodeapi.RaftServer
		leader   nodeapi.RaftServer
		settings *nodeapi.AutopilotSettings
		want     []string
	}{
		"contact":          {with(func(s *nodeapi.RaftServer) { s.LastContact = "10.1s" }), leader, settings, []string{"last_contact"}},
		"contact at limit": {with(func(s *nodeapi.RaftServer) { s.LastContact = "10s" }), leader, settings, []string{"unknown"}},
		"never in contact": {with(func(s *nodeapi.RaftServer) { s.LastContact = "-1ns" }), leader, settings, []string{"last_contact"}},
		"left":             {with(func(s *nodeapi.RaftServer) { s.NodeStatus = "left" }), leader, settings, []string{"left"}},
		"failed":           {with(func(s *nodeapi.RaftServer) { s.NodeStatus = "failed" }), leader, settings, []string{"left"}},
		"behind":           {with(func(s *nodeapi.RaftServer) { s.LastIndex = 3999 }), leader, settings, []string{"trailing_logs"}},
		"behind at limit":  {with(func(s *nodeapi.RaftServer) { s.LastIndex = 4000 }), leader, settings, []string{"unknown"}},
		"young log":        {with(func(s *nodeapi.RaftServer) { s.LastIndex = 0 }), youngLeader, settings, []string{"unknown"}},
		"term":             {with(func(s *nodeapi.RaftServer) { s.LastTerm = 6 }), leader, settings, []string{"term"}},
		"all":              {nodeapi.RaftServer{LastContact: "1h"}, leader, settings, []string{"left", "last_contact", "trailing_logs", "term"}},
		"no settings":      {with(func(s *nodeapi.RaftServer) { s.LastContact = "1h"; s.LastIndex = 0 }), leader, nil, []string{"unknown"}},
		"nonsense": {with(func(s *nodeapi.RaftServer) { s.LastContact = "soon" }), leader,
			&nodeapi.AutopilotSettings{LastContactThreshold: "10", MaxTrailingLogs: 1 << 63}, []string{"unknown"}},
	} {
		if diff := cmp.Diff(tc.want, unhealthyReason(tc.server, tc.leader, tc.settings)); diff != "" {
			t.Errorf("%s: reasons (-want +got):\n%s", name, diff)
		}
	}
}
