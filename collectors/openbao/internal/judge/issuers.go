// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"cmp"
	"strconv"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// issuerRows adds the rows about the issuers of a mount.
func issuerRows(r *exposition.Rows, m ask.MountIssuers, openbao string, now time.Time) {
	r.Add(issuers, float64(len(m.List.Keys)), openbao, m.Mount)
	for _, id := range m.List.Keys {
		about, ok := m.Issuers[id]
		if !ok {
			continue // its certificate was not answered
		}
		kind := "intermediate"
		if about.Root {
			kind = "root"
		}
		info := m.List.Info[id]
		labels := []string{openbao, m.Mount, id, info.Name, kind, strconv.FormatBool(info.Default)}
		r.Time(issuerNotAfter, about.NotAfter, labels...)
		r.Time(issuerNotBefore, about.NotBefore, labels...)
		if by := replacement(m, id, now); by != "" {
			r.Time(issuerReplaced, about.NotAfter, openbao, m.Mount, id, cmp.Or(m.List.Info[by].Name, by))
		}
	}
}

// replacement returns the issuer that is used instead of one: a newer one of the same
// subject, or the default issuer if that is newer and of the same kind. Nothing replaces
// the default issuer, which signs what is issued today, nor a CA above it.
func replacement(m ask.MountIssuers, id string, now time.Time) string {
	old, info := m.Issuers[id], m.List.Info[id]
	if info.Default {
		return ""
	}
	needed := aboveDefault(m, old)
	found := ""
	for _, other := range m.List.Keys {
		next, ok := m.Issuers[other]
		usable := ok && !next.NotBefore.After(now) && next.NotAfter.After(now) && (m.List.Info[other].KeyID != "" || info.KeyID == "")
		if !usable || !next.NotBefore.After(old.NotBefore) || !next.NotAfter.After(old.NotAfter) {
			continue
		}
		isDefault := m.List.Info[other].Default
		sameKey := next.KeyID != "" && next.KeyID == old.KeyID
		successor := next.Subject == old.Subject || isDefault && next.Root == old.Root
		if successor && (!needed || sameKey) && (found == "" || isDefault) {
			found = other
		}
	}
	return found
}

// aboveDefault reports whether the default issuer of the mount was signed by a CA, directly
// or through other issuers of the mount.
func aboveDefault(m ask.MountIssuers, ca ask.Issuer) bool {
	for id, child := range m.Issuers {
		if !m.List.Info[id].Default {
			continue
		}
		for range len(m.Issuers) { // as long as a chain can be
			if ca.Signed(child) {
				return true
			}
			for _, parent := range m.Issuers {
				if parent.Signed(child) {
					child = parent
					break
				}
			}
		}
	}
	return false
}
