// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"maps"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// CRLRows adds the rows about the revocation list of an issuer. settings are the settings of the mount; nil if unknown.
func CRLRows(r *exposition.Rows, this, next time.Time, settings *nodeapi.CRLSettings, openbao, mount, issuer string) {
	r.Time(crlThisUpdate, this, openbao, mount, issuer)
	r.Time(crlNextUpdate, next, openbao, mount, issuer)
	if settings == nil || !settings.AutoRebuild {
		return
	}
	if grace, err := time.ParseDuration(settings.Grace); err == nil && grace > 0 {
		r.Time(crlRebuild, next.Add(-grace), openbao, mount, issuer)
	}
}

// CRLDisabledRows adds whether the revocation lists of a mount are disabled.
func CRLDisabledRows(r *exposition.Rows, disabled bool, openbao, mount string) {
	r.Bool(crlDisabled, disabled, openbao, mount)
}

// AuditRows adds the number of audit devices by type.
func AuditRows(r *exposition.Rows, devices nodeapi.AuditTable, openbao string) {
	count := map[string]int{}
	for _, device := range devices {
		count[device.Type]++
	}
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		r.Add(auditDevices, float64(count[kind]), openbao, kind)
	}
	if len(devices) == 0 {
		r.Add(auditDevices, 0, openbao, "")
	}
}

// CertificateCount counts the certificates that a mount has issued, except its own CA certificates.
type CertificateCount struct {
	own            map[string]bool
	now            time.Time
	valid, expired int
	first          time.Time // earliest expiry of the valid certificates
}

// NewCertificateCount returns the count of a mount with these issuers.
func NewCertificateCount(list nodeapi.IssuerList, now time.Time) *CertificateCount {
	c := &CertificateCount{own: map[string]bool{}, now: now}
	for _, info := range list.Info {
		c.own[info.Serial] = true
	}
	return c
}

// Add counts the certificates of a page.
func (c *CertificateCount) Add(page nodeapi.CertificatePage) {
	for serial, about := range page.Info {
		switch {
		case c.own[serial]:
		case about.NotAfter.Before(c.now):
			c.expired++
		default:
			c.valid++
			if c.first.IsZero() || about.NotAfter.Before(c.first) {
				c.first = about.NotAfter
			}
		}
	}
}

// Rows adds the rows about the certificates of the mount.
func (c *CertificateCount) Rows(r *exposition.Rows, openbao, mount string) {
	r.Add(certificates, float64(c.valid), openbao, mount, "valid")
	r.Add(certificates, float64(c.expired), openbao, mount, "expired")
	r.Time(certificateFirst, c.first, openbao, mount)
}

// TidyRows adds the state of the last tidy operation of a mount.
func TidyRows(r *exposition.Rows, t nodeapi.TidyData, openbao, mount string) {
	r.Add(tidyState, 1, openbao, mount, t.State)
	if t.Finished != nil && t.State == "Finished" {
		r.Time(tidyFinished, *t.Finished, openbao, mount)
	}
}

// KVCount counts the secrets of a mount.
type KVCount struct {
	Secrets, overdue int
	oldest           time.Time
	Cut              bool // there are more secrets, or some that may not be read
}

// Add counts a secret. updated is zero for deleted secrets, which do not count.
func (c *KVCount) Add(updated, now time.Time, maxAge time.Duration) {
	if updated.IsZero() {
		return
	}
	if c.oldest.IsZero() || updated.Before(c.oldest) {
		c.oldest = updated
	}
	if now.Sub(updated) > maxAge {
		c.overdue++
	}
}

// Rows adds the rows about the secrets of the mount.
func (c *KVCount) Rows(r *exposition.Rows, openbao, mount string) {
	r.Add(kvSecrets, float64(c.Secrets), openbao, mount)
	r.Time(kvOldest, c.oldest, openbao, mount)
	r.Add(kvOverdue, float64(c.overdue), openbao, mount)
	r.Bool(kvCut, c.Cut, openbao, mount)
}

// StoredRows adds the version of a secret to which an object of the fleet refers. A secret that does not exist has
// version 0; a secret that was not requested has no row.
func StoredRows(r *exposition.Rows, p secretflow.Path, version int, updated time.Time, openbao string) {
	if updated.IsZero() {
		r.Add(secretflow.StoredVersion, 0, openbao, p.Backend, p.Mount, p.ID())
		return
	}
	r.Time(secretflow.StoredTimestamp, updated, openbao, p.Backend, p.Mount, p.ID())
	r.Add(secretflow.StoredVersion, float64(version), openbao, p.Backend, p.Mount, p.ID())
}
