// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// query sends a request with the timeout of the instance. It records a failure, unless the installation does not
// have the requested feature.
func query[T any](ctx context.Context, d *detailRound, r nodeapi.RequestFor[T]) (T, error) {
	d.requests++
	got, err := nodeapi.Get(ctx, d.node, r, time.Duration(d.Timeout))
	if err != nil && !errors.Is(err, nodeapi.ErrAbsent) {
		d.failures.Add(r.Name, err)
	}
	return got, err
}

func queryCRLs(ctx context.Context, d *detailRound) {
	d.eachMount(func(m nodeapi.MountIssuers) {
		if len(m.List.Keys) == 0 {
			return
		}
		settings := queryCRLSettings(ctx, d, m.Mount)
		if settings != nil {
			d.addRows(func(r *exposition.Rows) { metrics.CRLDisabledRows(r, settings.Disable, d.Name, m.Mount) })
		}
		if settings != nil && settings.Disable {
			return // the last list of each issuer stays until it expires
		}
		for _, id := range m.List.Keys {
			switch {
			case !signsCRLs(m, id, d.now()):
			case d.requests < d.budget:
				queryCRL(ctx, d, m.Mount, id, settings)
			default:
				d.skipped++
			}
		}
	})
}

// queryCRLSettings returns nil if the settings of a mount are unknown.
func queryCRLSettings(ctx context.Context, d *detailRound, mount string) *nodeapi.CRLSettings {
	if d.token == "" && !d.credentials.Offline {
		return nil
	}
	settings, err := query(ctx, d, nodeapi.PKICRLConfig.At(d.token, "mount", mount))
	if err != nil {
		return nil
	}
	return &settings
}

// signsCRLs reports whether an issuer has a revocation list that is renewed. OpenBao answers status 500 for the list
// of an issuer without a key or without the key usage. The list of an issuer with an unknown certificate is
// requested.
func signsCRLs(m nodeapi.MountIssuers, id string, now time.Time) bool {
	about, ok := m.Issuers[id]
	return m.List.Info[id].KeyID != "" && (!ok || about.SignsCRLs && about.NotAfter.After(now))
}

func queryCRL(ctx context.Context, d *detailRound, mount, issuer string, settings *nodeapi.CRLSettings) {
	r := nodeapi.PKICRL.At("", "mount", mount, "issuer", issuer)
	body, err := query(ctx, d, r)
	if err != nil || body.CRL == "" {
		return
	}
	this, next, err := body.Parse()
	if err != nil {
		d.failures.Add(r.Name, err)
		return
	}
	d.addRows(func(r *exposition.Rows) { metrics.CRLRows(r, this, next, settings, d.Name, mount, issuer) })
}

func queryAudit(ctx context.Context, d *detailRound) {
	if devices, err := query(ctx, d, nodeapi.SysAudit.At(d.token)); err == nil {
		d.addRows(func(r *exposition.Rows) { metrics.AuditRows(r, devices, d.Name) })
	}
}

const (
	// pageSize is the number of certificates per page.
	pageSize = 1000
	// maxPages bounds the certificates of a mount that are counted.
	maxPages = 200
)

// queryCertificates counts the certificates that the mounts have issued.
func queryCertificates(ctx context.Context, d *detailRound) {
	d.eachMount(func(m nodeapi.MountIssuers) {
		count := metrics.NewCertificateCount(m.List, d.now())
		if queryPages(ctx, d, m.Mount, count) == nil {
			d.addRows(func(r *exposition.Rows) { count.Rows(r, d.Name, m.Mount) })
		}
	})
}

// queryPages requests the certificates of a mount, page by page.
func queryPages(ctx context.Context, d *detailRound, mount string, count *metrics.CertificateCount) error {
	r := nodeapi.PKIDetailed.At(d.token, "mount", mount)
	for after, page := "", 0; page < maxPages; page++ {
		r.Params = map[string][]string{"limit": {strconv.Itoa(pageSize)}}
		if after != "" {
			r.Params["after"] = []string{after}
		}
		got, err := query(ctx, d, r)
		if err != nil {
			return err
		}
		last := after
		if n := len(got.Keys); n > 0 {
			// Serial numbers have colons in answers, and dashes in storage and comparisons.
			last = strings.ReplaceAll(got.Keys[n-1], ":", "-")
		}
		if last == after {
			break // no certificates, or the same page again: a snapshot has only one
		}
		count.Add(got)
		if len(got.Keys) < pageSize {
			break
		}
		after = last
	}
	return nil
}

func queryTidy(ctx context.Context, d *detailRound) {
	d.eachMount(func(m nodeapi.MountIssuers) {
		if got, err := query(ctx, d, nodeapi.PKITidy.At(d.token, "mount", m.Mount)); err == nil {
			d.addRows(func(r *exposition.Rows) { metrics.TidyRows(r, got, d.Name, m.Mount) })
		}
	})
}
