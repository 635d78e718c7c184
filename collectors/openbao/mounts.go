// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// mountTable is the data of sys/mounts or sys/auth: mounts by path.
type mountTable map[string]mount

type mount struct {
	Type    string `json:"type"`
	Options struct {
		Version string `json:"version"`
	} `json:"options"`
}

// KeptKey is for any path.
func (mountTable) KeptKey(string) any { return mount{} }

// UnmarshalJSON trims the slash behind each path.
func (t *mountTable) UnmarshalJSON(text []byte) error {
	var raw map[string]mount
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*t = make(mountTable, len(raw))
	for path, m := range raw {
		(*t)[strings.TrimSuffix(path, "/")] = m
	}
	return nil
}

// is says whether the mount is of the type, which may name a version of kv.
func (m mount) is(wanted string) bool { return m.Type == wanted || m.full() == wanted }

// full is the type with the version of kv. The first one may have no option.
func (m mount) full() string {
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

// rows adds what is known about the cluster.
func (f *clusterFacts) rows(r *exposition.Rows, openbao string, expect config.OpenBaoExpect) {
	if f.autopilot != nil {
		autopilotRows(r, openbao, f.autopilot, f.settings)
	}
	if f.settings != nil {
		settingsRows(r, openbao, f.settings)
	}
	if f.peers != nil {
		peerRows(r, openbao, f.peers)
	}
	if f.ha != nil {
		echoRows(r, openbao, f.ha)
	}
	if f.mounts != nil {
		mountRows(r, openbao, "secret", *f.mounts, expect.Mounts)
	}
	if f.auth != nil {
		mountRows(r, openbao, "auth", *f.auth, expect.Auth)
	}
	if f.leases != nil && f.leases.Count != nil {
		r.Add(irrevocableLeases, *f.leases.Count, openbao)
	}
	if f.key != nil && f.key.Term != nil {
		r.Add(keyTerm, *f.key.Term, openbao)
		r.Time(keyInstalled, f.key.Installed, openbao)
	}
	if f.token != nil && f.token.Expires != nil {
		r.Time(tokenExpiry, *f.token.Expires, openbao)
	}
	for _, m := range f.pki.mounts {
		m.rows(r, openbao)
	}
	failureRows(r, f.failures, openbao, "")
}

// mountRows adds which mounts there are, and which of the expected ones.
func mountRows(r *exposition.Rows, openbao, kind string, have mountTable, expected map[string]string) {
	for _, path := range slices.Sorted(maps.Keys(expected)) {
		wanted := expected[path]
		found, ok := have[path]
		r.Bool(mountPresent, ok && found.is(wanted), openbao, kind, path, wanted)
		switch {
		case !ok:
			r.Add(mountMissing, 1, openbao, kind, path, wanted, "not_found", "")
		case !found.is(wanted):
			r.Add(mountMissing, 1, openbao, kind, path, wanted, "wrong_type", found.full())
		}
	}
	count := map[string]int{}
	for _, m := range have {
		count[m.full()]++
	}
	for _, t := range slices.Sorted(maps.Keys(count)) {
		r.Add(mounts, float64(count[t]), openbao, kind, t)
	}
}
