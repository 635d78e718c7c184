// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// pkiMounts are the PKI mounts to ask: those that are expected, and with a token
// all that there are.
func (i *instance) pkiMounts(have *ask.MountTable) []string {
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
func (i *instance) askIssuers(ctx context.Context, a ask.Node, facts *ask.ClusterAnswers) {
	known := map[string]ask.Issuer{}
	for _, mount := range i.pkiMounts(facts.Mounts) {
		m := ask.MountIssuers{Mount: mount, Issuers: map[string]ask.Issuer{}}
		r := ask.PKIIssuers.At("", "mount", mount)
		var err error
		if m.List, err = ask.Get(ctx, a, r, time.Duration(i.Timeout)); i.assumed(facts, err) {
			continue
		}
		if err != nil {
			facts.Failures.Add(r.Name, err)
			facts.PKI.Partial = true
			continue
		}
		for _, id := range m.List.Keys {
			about, ok := i.issuers[mount+" "+id]
			if !ok {
				r := ask.PKIIssuer.At("", "mount", mount, "issuer", id)
				if about, err = i.readIssuer(ctx, a, r); err != nil {
					facts.Failures.Add(r.Name, err)
					continue
				}
			}
			m.Issuers[id], known[mount+" "+id] = about, about
		}
		facts.PKI.Mounts = append(facts.PKI.Mounts, m)
	}
	i.issuers, facts.PKI.Known = known, true
}

// assumed reports whether a PKI mount that was not found is only one of the reference
// architecture, where the mounts are unknown. The issuers of a mount need no token, so
// OpenBao refuses them only where there is no such mount.
func (i *instance) assumed(facts *ask.ClusterAnswers, err error) bool {
	if err == nil || facts.Mounts != nil || !i.Expect.AssumesMounts() {
		return false
	}
	reason := failure.ReasonOf(err)
	return reason == failure.ReasonForbidden || reason == failure.ReasonNotFound
}

func (i *instance) readIssuer(ctx context.Context, a ask.Node, r ask.RequestFor[ask.IssuerData]) (ask.Issuer, error) {
	got, err := ask.Get(ctx, a, r, time.Duration(i.Timeout))
	if err != nil {
		return ask.Issuer{}, err
	}
	return got.Parse()
}
