// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/judge"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// askOf asks with the timeout of the instance. A failure is noted, unless there is nothing
// to ask for.
func askOf[T any](ctx context.Context, d *detailRound, r ask.RequestFor[T]) (T, error) {
	d.requests++
	got, err := ask.Get(ctx, d.asker, r, time.Duration(d.Timeout))
	if err != nil && !errors.Is(err, ask.ErrAbsent) {
		d.failures.Add(r.Name, err)
	}
	return got, err
}

func askCRLs(ctx context.Context, d *detailRound) {
	d.eachMount(func(m ask.MountIssuers) {
		if len(m.List.Keys) == 0 {
			return
		}
		settings := askCRLSettings(ctx, d, m.Mount)
		if settings != nil {
			d.show(func(r *exposition.Rows) { judge.CRLDisabledRows(r, settings.Disable, d.Name, m.Mount) })
		}
		if settings != nil && settings.Disable {
			return // the last list of each issuer stays and expires
		}
		for _, id := range m.List.Keys {
			switch {
			case !signsCRLs(m, id, d.now()):
			case d.requests < d.budget:
				askCRL(ctx, d, m.Mount, id, settings)
			default:
				d.left++
			}
		}
	})
}

// askCRLSettings returns nil if the settings of a mount are unknown.
func askCRLSettings(ctx context.Context, d *detailRound, mount string) *ask.CRLSettings {
	if d.token == "" && !d.credentials.Offline {
		return nil
	}
	settings, err := askOf(ctx, d, ask.PKICRLConfig.At(d.token, "mount", mount))
	if err != nil {
		return nil
	}
	return &settings
}

// signsCRLs reports whether an issuer has a revocation list that is renewed: to ask for
// one without a key or without the key usage is an error 500. An issuer whose certificate
// is unknown is asked for its list.
func signsCRLs(m ask.MountIssuers, id string, now time.Time) bool {
	about, ok := m.Issuers[id]
	return m.List.Info[id].KeyID != "" && (!ok || about.SignsCRLs && about.NotAfter.After(now))
}

func askCRL(ctx context.Context, d *detailRound, mount, issuer string, settings *ask.CRLSettings) {
	r := ask.PKICRL.At("", "mount", mount, "issuer", issuer)
	body, err := askOf(ctx, d, r)
	if err != nil || body.CRL == "" {
		return
	}
	this, next, err := body.Parse()
	if err != nil {
		d.failures.Add(r.Name, err)
		return
	}
	d.show(func(r *exposition.Rows) { judge.CRLRows(r, this, next, settings, d.Name, mount, issuer) })
}

func askAudit(ctx context.Context, d *detailRound) {
	if devices, err := askOf(ctx, d, ask.SysAudit.At(d.token)); err == nil {
		d.show(func(r *exposition.Rows) { judge.AuditRows(r, devices, d.Name) })
	}
}

const (
	// pageSize is how many certificates are asked for at a time.
	pageSize = 1000
	// maxPages bounds how many certificates of a mount are looked at.
	maxPages = 200
)

// askCertificates counts the certificates that the mounts have issued.
func askCertificates(ctx context.Context, d *detailRound) {
	d.eachMount(func(m ask.MountIssuers) {
		count := judge.NewCertificateCount(m.List, d.now())
		if askPages(ctx, d, m.Mount, count) == nil {
			d.show(func(r *exposition.Rows) { count.Rows(r, d.Name, m.Mount) })
		}
	})
}

// askPages asks for the certificates of a mount, page by page.
func askPages(ctx context.Context, d *detailRound, mount string, count *judge.CertificateCount) error {
	r := ask.PKIDetailed.At(d.token, "mount", mount)
	for after, page := "", 0; page < maxPages; page++ {
		r.Params = map[string][]string{"limit": {strconv.Itoa(pageSize)}}
		if after != "" {
			r.Params["after"] = []string{after}
		}
		got, err := askOf(ctx, d, r)
		if err != nil {
			return err
		}
		last := after
		if n := len(got.Keys); n > 0 {
			// Serial numbers are shown with colons, and stored and compared with dashes.
			last = strings.ReplaceAll(got.Keys[n-1], ":", "-")
		}
		if last == after {
			break // nothing, or the same again: a snapshot has no pages
		}
		count.Add(got)
		if len(got.Keys) < pageSize {
			break
		}
		after = last
	}
	return nil
}

func askTidy(ctx context.Context, d *detailRound) {
	d.eachMount(func(m ask.MountIssuers) {
		if got, err := askOf(ctx, d, ask.PKITidy.At(d.token, "mount", m.Mount)); err == nil {
			d.show(func(r *exposition.Rows) { judge.TidyRows(r, got, d.Name, m.Mount) })
		}
	})
}
