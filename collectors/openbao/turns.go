// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/judge"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// askOf asks with the timeout of the instance. A failure is noted.
func askOf[T any](ctx context.Context, d *detailRound, r ask.RequestFor[T]) (T, error) {
	got, err := ask.Get(ctx, d.asker, r, time.Duration(d.Timeout))
	if err != nil {
		d.failures.Add(r.Name, err)
	}
	return got, err
}

func askCRLs(ctx context.Context, d *detailRound) {
	for _, m := range d.pki.Mounts {
		for _, id := range m.List.Keys {
			if m.List.Info[id].KeyID == "" {
				continue // it has no list, and to ask for one is an error 500
			}
			r := ask.PKICRL.At("", "mount", m.Mount, "issuer", id)
			body, err := askOf(ctx, d, r)
			if err != nil {
				continue
			}
			this, next, err := body.Parse()
			if err != nil {
				d.failures.Add(r.Name, err)
				continue
			}
			d.show(func(r *exposition.Rows) { judge.CRLRows(r, this, next, d.Name, m.Mount, id) })
		}
	}
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
	for _, m := range d.pki.Mounts {
		count := judge.NewCertificateCount(m.List, d.now())
		if askPages(ctx, d, m.Mount, count) == nil {
			d.show(func(r *exposition.Rows) { count.Rows(r, d.Name, m.Mount) })
		}
	}
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
	for _, m := range d.pki.Mounts {
		if got, err := askOf(ctx, d, ask.PKITidy.At(d.token, "mount", m.Mount)); err == nil {
			d.show(func(r *exposition.Rows) { judge.TidyRows(r, got, d.Name, m.Mount) })
		}
	}
}
