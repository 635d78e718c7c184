// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// autopilotState is the data of sys/storage/raft/autopilot/state.
type autopilotState struct {
	Healthy          bool                  `json:"healthy"`
	FailureTolerance int                   `json:"failure_tolerance"`
	Leader           string                `json:"leader"`
	Servers          map[string]raftServer `json:"servers"`
}

// raftServer is a server as autopilot sees it.
type raftServer struct {
	ID          string    `json:"id"`
	Address     string    `json:"address"`
	NodeStatus  string    `json:"node_status"` // alive, failed, left
	LastContact string    `json:"last_contact"`
	LastTerm    uint64    `json:"last_term"`
	LastIndex   uint64    `json:"last_index"`
	Healthy     bool      `json:"healthy"`
	StableSince time.Time `json:"stable_since"`
	Status      string    `json:"status"` // leader, voter, non-voter
	Version     string    `json:"version"`
	NodeType    string    `json:"node_type"`
}

// autopilotSettings is the data of sys/storage/raft/autopilot/configuration.
type autopilotSettings struct {
	LastContactThreshold string `json:"last_contact_threshold"`
	MaxTrailingLogs      uint64 `json:"max_trailing_logs"`
}

// raftConfiguration is the data of sys/storage/raft/configuration.
type raftConfiguration struct {
	Config *struct {
		Servers []struct {
			ID    string `json:"node_id"`
			Voter bool   `json:"voter"`
		} `json:"servers"`
	} `json:"config"`
}

// haNodes is the data of sys/ha-status.
type haNodes struct {
	Nodes []struct {
		APIAddress string     `json:"api_address"`
		Active     bool       `json:"active_node"`
		LastEcho   *time.Time `json:"last_echo"` // of a standby
	} `json:"nodes"`
}

// autopilotRows adds what autopilot says, and why it holds a server to be
// unhealthy: it decides by the contact, the term and the index of each server
// (raft-autopilot, ServerState.IsHealthy), but tells the result only.
func autopilotRows(r *exposition.Rows, openbao string, s *autopilotState, settings *autopilotSettings) {
	r.Bool(autopilotHealthy, s.Healthy, openbao)
	r.Add(autopilotTolerance, float64(s.FailureTolerance), openbao)
	for _, id := range slices.Sorted(maps.Keys(s.Servers)) {
		server := s.Servers[id]
		labels := []string{openbao, id, server.Address}
		r.Bool(serverHealthy, server.Healthy, labels...)
		if !server.Healthy {
			for _, why := range server.unhealthy(s.Servers[s.Leader], settings) {
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

// unhealthy says why, by the same tests as autopilot. More than one may hold.
func (s *raftServer) unhealthy(leader raftServer, settings *autopilotSettings) []string {
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

// settingsRows adds the limits by which autopilot judges.
func settingsRows(r *exposition.Rows, openbao string, s *autopilotSettings) {
	r.Add(autopilotTrailing, float64(s.MaxTrailingLogs), openbao)
	if threshold, err := time.ParseDuration(s.LastContactThreshold); err == nil {
		r.Add(autopilotContact, threshold.Seconds(), openbao)
	}
}

func peerRows(r *exposition.Rows, openbao string, c *raftConfiguration) {
	if c.Config == nil {
		return
	}
	count := map[bool]int{}
	for _, s := range c.Config.Servers {
		count[s.Voter]++
	}
	for _, voter := range []bool{true, false} {
		r.Add(raftPeers, float64(count[voter]), openbao, strconv.FormatBool(voter))
	}
}

func echoRows(r *exposition.Rows, openbao string, h *haNodes) {
	for _, n := range h.Nodes {
		if n.LastEcho != nil {
			r.Time(haLastEcho, *n.LastEcho, openbao, n.APIAddress)
		}
	}
}
