// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Health is the body of sys/health.
type Health struct {
	Initialized *bool  `json:"initialized"`
	Sealed      *bool  `json:"sealed"`
	Standby     *bool  `json:"standby"`
	Removed     bool   `json:"removed_from_cluster"` // with status 530: taken out of the raft configuration while it ran
	ServerTime  int64  `json:"server_time_utc"`      // truncated to seconds
	Version     string `json:"version"`
	ClusterName string `json:"cluster_name"`
	ClusterID   string `json:"cluster_id"`
}

// SealStatus is the body of sys/seal-status.
type SealStatus struct {
	Type             string `json:"type"`
	Threshold        int    `json:"t"`
	Progress         int    `json:"progress"`
	Migration        bool   `json:"migration"`
	RecoverySeal     bool   `json:"recovery_seal"` // the node unseals itself; the shares belong to the recovery key
	RecoverySealType string `json:"recovery_seal_type"`
	StorageType      string `json:"storage_type"`
}

// AutoUnseal is the seal type of a node before 2.4 that unseals itself, because such a node reports the type of its
// recovery key.
const AutoUnseal = "auto-unseal"

// SealType returns the type of the seal.
func (s *SealStatus) SealType() string {
	if s.RecoverySeal && s.Type == "shamir" {
		return AutoUnseal
	}
	return s.Type
}

// LeaderStatus is the body of sys/leader. OpenBao 2.6 leaves out empty fields.
type LeaderStatus struct {
	HAEnabled  bool      `json:"ha_enabled"`
	IsSelf     bool      `json:"is_self"`
	ActiveTime time.Time `json:"active_time"`
	Address    string    `json:"leader_address"`
	Committed  *uint64   `json:"raft_committed_index"`
	Applied    *uint64   `json:"raft_applied_index"`
}

// AutopilotState is the data of sys/storage/raft/autopilot/state.
type AutopilotState struct {
	Healthy          bool                  `json:"healthy"`
	FailureTolerance int                   `json:"failure_tolerance"`
	Leader           string                `json:"leader"`
	Servers          map[string]RaftServer `json:"servers"`
}

// maxServers bounds the servers of an answer, each of which has its own rows. A raft cluster has at most seven voters.
const maxServers = 64

func (s *AutopilotState) servers() int { return len(s.Servers) }

// RaftServer is a server in the state of autopilot.
type RaftServer struct {
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

// AutopilotSettings is the data of sys/storage/raft/autopilot/configuration.
type AutopilotSettings struct {
	LastContactThreshold string `json:"last_contact_threshold"`
	MaxTrailingLogs      uint64 `json:"max_trailing_logs"`
}

// RaftConfiguration is the data of sys/storage/raft/configuration.
type RaftConfiguration struct {
	Config *struct {
		Servers []RaftPeer `json:"servers"`
	} `json:"config"`
}

// RaftPeer is a server in the raft configuration.
type RaftPeer struct {
	ID      string `json:"node_id"`
	Address string `json:"address"`
	Voter   bool   `json:"voter"`
}

func (c *RaftConfiguration) servers() int {
	if c.Config == nil {
		return 0
	}
	return len(c.Config.Servers)
}

// HANodes is the data of sys/ha-status.
type HANodes struct {
	Nodes []struct {
		APIAddress string     `json:"api_address"`
		Active     bool       `json:"active_node"`
		LastEcho   *time.Time `json:"last_echo"` // standbys only
	} `json:"nodes"`
}

func (h *HANodes) servers() int { return len(h.Nodes) }

// MountTable is the data of sys/mounts or sys/auth: mounts by path.
type MountTable map[string]mount

type mount struct {
	Type    string `json:"type"`
	Options struct {
		Version string `json:"version"`
	} `json:"options"`
}

// KeptKey keeps all paths.
func (MountTable) KeptKey(string) any { return mount{} }

// UnmarshalJSON trims the slash at the end of each path.
func (t *MountTable) UnmarshalJSON(text []byte) error {
	var raw map[string]mount
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*t = make(MountTable, len(raw))
	for path, m := range raw {
		(*t)[strings.TrimSuffix(path, "/")] = m
	}
	return nil
}

// Is reports whether the mount has the type, which may include a version of kv.
func (m mount) Is(wanted string) bool { return m.Type == wanted || m.Full() == wanted }

// Full returns the type with the version of kv. The option may be missing for version 1.
func (m mount) Full() string {
	if m.Type != "kv" {
		return m.Type
	}
	if m.Options.Version == "2" {
		return "kv-v2"
	}
	return "kv-v1"
}

// leaseCounts is the data of sys/leases/count.
type leaseCounts struct {
	Count *float64 `json:"lease_count"`
}

// keyState is the data of sys/key-status.
type keyState struct {
	Term      *float64  `json:"term"`
	Installed time.Time `json:"install_time"`
}

// tokenState is the data of auth/token/lookup-self.
type tokenState struct {
	Expires *time.Time `json:"expire_time"`
}

// IssuerList is the data of pki/issuers.
type IssuerList struct {
	Keys []string `json:"keys"`
	Info map[string]struct {
		Name    string `json:"issuer_name"`
		Default bool   `json:"is_default"`
		KeyID   string `json:"key_id"` // empty if OpenBao does not have the key and cannot sign with it
		Serial  string `json:"serial_number"`
	} `json:"key_info"`
}

// IssuerData is the data of pki/issuer/<id>/json.
type IssuerData struct {
	Certificate string `json:"certificate"`
}

// crlData is the data of pki/issuer/<id>/crl.
type crlData struct {
	CRL string `json:"crl"`
}

// CRLSettings is the data of pki/config/crl.
type CRLSettings struct {
	Disable     bool   `json:"disable"`
	AutoRebuild bool   `json:"auto_rebuild"`
	Grace       string `json:"auto_rebuild_grace_period"` // time before the expiry of a list at which it is rebuilt
}

// AuditTable is the data of sys/audit.
type AuditTable map[string]struct {
	Type string `json:"type"`
}

// CertificatePage is the data of pki/certs/detailed.
type CertificatePage struct {
	Keys []string `json:"keys"`
	Info map[string]struct {
		NotAfter time.Time `json:"not_after"`
	} `json:"key_info"`
}

// TidyData is the data of pki/tidy-status. The time is null before the first run, and it is also set by failures.
// last_auto_tidy_finished is not used, because it is the time of a start.
type TidyData struct {
	State    string     `json:"state"`
	Finished *time.Time `json:"time_finished"`
}

// kvNames is the data of a list of metadata.
type kvNames struct {
	Keys []string `json:"keys"`
}

// kvState is the data of the metadata of a secret, without its name and custom metadata.
type kvState struct {
	Current  int                  `json:"current_version"`
	Versions map[string]kvVersion `json:"versions"`
}

type kvVersion struct {
	Created   time.Time `json:"created_time"`
	Deleted   string    `json:"deletion_time"`
	Destroyed bool      `json:"destroyed"`
}

// Updated returns the time at which the current version was written; zero if it is deleted. The updated_time of the
// secret is not used, because changes of the metadata also set it. The deletion time may be in the future
// (delete_version_after).
func (s *kvState) Updated(now time.Time) time.Time {
	v := s.Versions[strconv.Itoa(s.Current)]
	deleted, err := time.Parse(time.RFC3339, v.Deleted)
	if v.Destroyed || err == nil && !deleted.After(now) {
		return time.Time{}
	}
	return v.Created
}
