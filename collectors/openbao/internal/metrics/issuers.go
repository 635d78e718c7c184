// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"strconv"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// issuerRows adds the rows about the issuers of one of the mounts.
func issuerRows(r *exposition.Rows, m nodeapi.MountIssuers, all []nodeapi.MountIssuers, openbao string, now time.Time) {
	r.Add(issuers, float64(len(m.List.Keys)), openbao, m.Mount)
	for _, id := range m.List.Keys {
		about, ok := m.Issuers[id]
		if !ok {
			continue // its certificate is unknown
		}
		kind := "intermediate"
		if about.Root {
			kind = "root"
		}
		info := m.List.Info[id]
		labels := []string{openbao, m.Mount, id, info.Name, kind, strconv.FormatBool(info.Default)}
		r.Time(issuerNotAfter, about.NotAfter, labels...)
		r.Time(issuerNotBefore, about.NotBefore, labels...)
		if by := replacement(m, all, id, now); by != "" {
			r.Time(issuerReplaced, about.NotAfter, openbao, m.Mount, id, cmp.Or(m.List.Info[by].Name, by))
		}
	}
}

// replacement returns the issuer that is used in place of another one: a newer issuer with the same subject, or the default
// issuer if it is newer and of the same kind. The default issuer, which signs new certificates, and the CAs above it have
// no replacement. A CA without its key that has signed no valid issuer is not in use either.
func replacement(m nodeapi.MountIssuers, all []nodeapi.MountIssuers, id string, now time.Time) string {
	old, info := m.Issuers[id], m.List.Info[id]
	if info.Default {
		return ""
	}
	needed := hasSignedDefault(m, old)
	found := ""
	for _, other := range m.List.Keys {
		next, ok := m.Issuers[other]
		usable := ok && !next.NotBefore.After(now) && next.NotAfter.After(now) && (m.List.Info[other].KeyID != "" || info.KeyID == "")
		isDefault := m.List.Info[other].Default
		sameKey := next.PublicKey == old.PublicKey // of any age: another certificate of the same CA, such as one signed by another root
		if !usable || !sameKey && !next.NotBefore.After(old.NotBefore) || !next.NotAfter.After(old.NotAfter) {
			continue
		}
		successor := next.Subject == old.Subject || isDefault && next.Root == old.Root
		if successor && (!needed || sameKey) && (found == "" || isDefault) {
			found = other
		}
	}
	if found == "" && info.KeyID == "" && !needed && !hasSignedAny(all, old, now) {
		return defaultIssuer(m)
	}
	return found
}

// hasSignedAny reports whether a CA has signed an issuer that has not expired, of any mount.
func hasSignedAny(all []nodeapi.MountIssuers, ca nodeapi.Issuer, now time.Time) bool {
	for _, m := range all {
		for _, other := range m.Issuers {
			if other.Subject != ca.Subject && other.NotAfter.After(now) && ca.Signed(other) {
				return true
			}
		}
	}
	return false
}

// defaultIssuer returns the default issuer of a mount; empty if there is none.
func defaultIssuer(m nodeapi.MountIssuers) string {
	for id, info := range m.List.Info {
		if info.Default {
			return id
		}
	}
	return ""
}

// hasSignedDefault reports whether the default issuer of the mount was signed by a CA, directly
// or through other issuers of the mount.
func hasSignedDefault(m nodeapi.MountIssuers, ca nodeapi.Issuer) bool {
	for id, child := range m.Issuers {
		if !m.List.Info[id].Default {
			continue
		}
		for range len(m.Issuers) { // maximum length of a chain
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
