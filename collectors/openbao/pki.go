// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// issuerList is the data of pki/issuers.
type issuerList struct {
	Keys []string `json:"keys"`
	Info map[string]struct {
		Name    string `json:"issuer_name"`
		Default bool   `json:"is_default"`
		KeyID   string `json:"key_id"` // empty if OpenBao does not have the key, and so signs nothing with it
		Serial  string `json:"serial_number"`
	} `json:"key_info"`
}

// issuerData is the data of pki/issuer/<id>/json.
type issuerData struct {
	Certificate string `json:"certificate"`
}

// issuer is what its certificate says. It never changes: another certificate is
// another issuer.
type issuer struct {
	notBefore, notAfter time.Time
	root                bool
}

// mountIssuers are the issuers of a PKI mount.
type mountIssuers struct {
	mount   string
	list    issuerList
	issuers map[string]issuer
}

// pkiFacts are the PKI mounts whose issuers are known.
type pkiFacts struct {
	mounts  []mountIssuers
	partial bool // there are others
	known   bool // they were asked for
}

func (m mountIssuers) rows(r *exposition.Rows, openbao string) {
	r.Add(issuers, float64(len(m.list.Keys)), openbao, m.mount)
	for _, id := range m.list.Keys {
		about, ok := m.issuers[id]
		if !ok {
			continue // its certificate was not answered
		}
		kind := "intermediate"
		if about.root {
			kind = "root"
		}
		info := m.list.Info[id]
		labels := []string{openbao, m.mount, id, info.Name, kind, strconv.FormatBool(info.Default)}
		r.Time(issuerNotAfter, about.notAfter, labels...)
		r.Time(issuerNotBefore, about.notBefore, labels...)
	}
}

// pkiMounts are the PKI mounts to ask: those that are expected, and with a token
// all that there are.
func (i *instance) pkiMounts(have *mountTable) []string {
	paths := map[string]bool{}
	for path, kind := range i.Expect.Mounts {
		if kind == "pki" && (have == nil || (*have)[path].Type == "pki") {
			paths[path] = true
		}
	}
	if have != nil {
		for path, m := range *have {
			if m.Type == "pki" {
				paths[path] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

// askIssuers asks for the issuers of each PKI mount. The certificate of an issuer
// is asked for once.
func (i *instance) askIssuers(ctx context.Context, a asker, facts *clusterFacts) {
	known := map[string]issuer{}
	for _, mount := range i.pkiMounts(facts.mounts) {
		m := mountIssuers{mount: mount, issuers: map[string]issuer{}}
		r := pkiIssuers.at("", "mount", mount)
		var err error
		if m.list, err = askWithin[issuerList](ctx, i, a, r); err != nil {
			facts.failures.Add(r.name, err)
			facts.pki.partial = true
			continue
		}
		for _, id := range m.list.Keys {
			about, ok := i.issuers[mount+" "+id]
			if !ok {
				r := pkiIssuer.at("", "mount", mount, "issuer", id)
				if about, err = readIssuer(ctx, i, a, r); err != nil {
					facts.failures.Add(r.name, err)
					continue
				}
			}
			m.issuers[id], known[mount+" "+id] = about, about
		}
		facts.pki.mounts = append(facts.pki.mounts, m)
	}
	i.issuers, facts.pki.known = known, true
}

// askWithin asks with the timeout of the instance.
func askWithin[T any](ctx context.Context, i *instance, a asker, r request) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
	defer cancel()
	return ask[T](ctx, a, r)
}

func readIssuer(ctx context.Context, i *instance, a asker, r request) (issuer, error) {
	body, err := askWithin[issuerData](ctx, i, a, r)
	if err != nil {
		return issuer{}, err
	}
	return parseIssuer(body)
}

func parseIssuer(body issuerData) (issuer, error) {
	block, _ := pem.Decode([]byte(body.Certificate))
	if block == nil {
		return issuer{}, probe.Failed(probe.ReasonDecode, "not a certificate")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return issuer{}, probe.Failed(probe.ReasonDecode, "not a certificate")
	}
	return issuer{
		notBefore: c.NotBefore, notAfter: c.NotAfter,
		root: bytes.Equal(c.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(c) == nil,
	}, nil
}

// crlData is the data of pki/issuer/<id>/crl.
type crlData struct {
	CRL string `json:"crl"`
}

// parseCRL reads when a revocation list was made and by when the next one is due.
func parseCRL(body crlData) (this, next time.Time, err error) {
	block, _ := pem.Decode([]byte(body.CRL))
	if block == nil {
		return this, next, probe.Failed(probe.ReasonDecode, "not a revocation list")
	}
	c, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		return this, next, probe.Failed(probe.ReasonDecode, "not a revocation list")
	}
	return c.ThisUpdate, c.NextUpdate, nil
}
