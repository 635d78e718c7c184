// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"maps"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// ClusterRows adds the rows about the cluster with the given nodes.
func ClusterRows(r *exposition.Rows, f *nodeapi.ClusterAnswers, openbao string, expect config.OpenBaoExpect, nodes []string,
	now time.Time,
) {
	if f.Autopilot != nil {
		autopilotRows(r, openbao, f.Autopilot, f.Settings)
	}
	if f.Settings != nil {
		settingsRows(r, openbao, f.Settings)
	}
	if f.Peers != nil && f.Peers.Config != nil {
		peers{f.Peers.Config.Servers, f.Autopilot, nodes, expect}.rows(r, openbao)
	}
	if f.HA != nil {
		echoRows(r, openbao, f.HA)
	}
	if f.Mounts != nil {
		mountRows(r, openbao, "secret", *f.Mounts, expect.Mounts)
	}
	if f.Auth != nil {
		mountRows(r, openbao, "auth", *f.Auth, expect.Auth)
	}
	if f.Leases != nil && f.Leases.Count != nil {
		r.Add(irrevocableLeases, *f.Leases.Count, openbao)
	}
	if f.Key != nil && f.Key.Term != nil {
		r.Add(keyTerm, *f.Key.Term, openbao)
		r.Time(keyInstalled, f.Key.Installed, openbao)
	}
	if f.Token != nil && f.Token.Expires != nil {
		r.Time(tokenExpiry, *f.Token.Expires, openbao)
	}
	if f.TokenRenewed {
		r.Add(tokenRenewed, 1, openbao)
	}
	for _, m := range f.PKI.Mounts {
		issuerRows(r, m, f.PKI.Mounts, openbao, now)
	}
	FailureRows(r, f.Failures, openbao, "")
	SkippedRows(r, f.Skipped, openbao, "issuers")
}

// mountRows adds the existing mounts, and whether the expected ones exist.
func mountRows(r *exposition.Rows, openbao, kind string, have nodeapi.MountTable, expected map[string]string) {
	for _, path := range slices.Sorted(maps.Keys(expected)) {
		wanted := expected[path]
		found, ok := have[path]
		r.Bool(mountPresent, ok && found.Is(wanted), openbao, kind, path, wanted)
		switch {
		case !ok:
			r.Add(mountMissing, 1, openbao, kind, path, wanted, "not_found", "")
		case !found.Is(wanted):
			r.Add(mountMissing, 1, openbao, kind, path, wanted, "wrong_type", found.Full())
		}
	}
	count := map[string]int{}
	for _, m := range have {
		count[m.Full()]++
	}
	for _, t := range slices.Sorted(maps.Keys(count)) {
		r.Add(mounts, float64(count[t]), openbao, kind, t)
	}
}

// autopilotRows adds the verdict of autopilot, and the reasons why a server is unhealthy. Autopilot decides by the last
// contact, the term and the index of each server (raft-autopilot, ServerState.IsHealthy), but reports only the result.
func autopilotRows(r *exposition.Rows, openbao string, s *nodeapi.AutopilotState, settings *nodeapi.AutopilotSettings) {
	r.Bool(autopilotHealthy, s.Healthy, openbao)
	r.Add(autopilotTolerance, float64(s.FailureTolerance), openbao)
	for _, id := range slices.Sorted(maps.Keys(s.Servers)) {
		server := s.Servers[id]
		labels := []string{openbao, id, server.Address}
		r.Bool(serverHealthy, server.Healthy, labels...)
		if !server.Healthy {
			for _, why := range unhealthyReason(server, s.Servers[s.Leader], settings) {
				r.Add(serverUnhealthy, 1, openbao, id, server.Address, why)
			}
		}
		if contact, err := time.ParseDuration(server.LastContact); err == nil {
			r.Add(serverContact, contact.Seconds(), labels...)
		}
		r.Add(serverTerm, float64(server.LastTerm), labels...)
		r.Add(serverIndex, float64(server.LastIndex), labels...)
		r.Time(serverStable, server.StableSince, labels...)
		r.Add(serverInfo, 1, openbao, id, server.Address, server.Status, server.NodeStatus, server.Version, server.NodeType)
	}
}

// unhealthyReason returns the reasons according to the tests of autopilot. There may be several.
func unhealthyReason(s, leader nodeapi.RaftServer, settings *nodeapi.AutopilotSettings) []string {
	var why []string
	if s.NodeStatus != "alive" {
		why = append(why, "left")
	}
	if settings != nil {
		contact, err := time.ParseDuration(s.LastContact)
		threshold, thresholdErr := time.ParseDuration(settings.LastContactThreshold)
		if err == nil && thresholdErr == nil && (contact > threshold || contact < 0) {
			why = append(why, "last_contact")
		}
		if leader.LastIndex > settings.MaxTrailingLogs && s.LastIndex < leader.LastIndex-settings.MaxTrailingLogs {
			why = append(why, "trailing_logs")
		}
	}
	if s.LastTerm != leader.LastTerm {
		why = append(why, "term")
	}
	if why == nil {
		why = append(why, "unknown")
	}
	return why
}

// settingsRows adds the limits of autopilot.
func settingsRows(r *exposition.Rows, openbao string, s *nodeapi.AutopilotSettings) {
	r.Add(autopilotTrailing, float64(s.MaxTrailingLogs), openbao)
	if threshold, err := time.ParseDuration(s.LastContactThreshold); err == nil {
		r.Add(autopilotContact, threshold.Seconds(), openbao)
	}
}

func echoRows(r *exposition.Rows, openbao string, h *nodeapi.HANodes) {
	for _, n := range h.Nodes {
		if n.LastEcho != nil {
			r.Time(haLastEcho, *n.LastEcho, openbao, n.APIAddress)
		}
	}
}
