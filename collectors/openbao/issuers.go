// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// pkiMounts returns the PKI mounts to query: the expected ones, and with a token all existing ones.
func (i *instance) pkiMounts(have *nodeapi.MountTable) []string {
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

// queryIssuers requests the issuers of each PKI mount, until the round has reached its limit of requests, or several were
// not answered. For other mounts it uses the answers of earlier rounds. The certificate of an issuer is requested once.
func (i *instance) queryIssuers(ctx context.Context, a nodeapi.Node, facts *nodeapi.ClusterAnswers) {
	known, answers := map[string]nodeapi.Issuer{}, map[string]nodeapi.MountIssuers{}
	requests, silent := 0, 0
	for _, mount := range i.pkiRotation.begin(i.pkiMounts(facts.Mounts)) {
		m, ok := i.pkiAnswers[mount]
		if requests >= i.budget || silent >= maxFlowFailures {
			facts.Skipped++
			if !ok {
				facts.PKI.Partial = true
				continue
			}
		} else {
			requests++
			i.pkiRotation.markRequested(mount)
			r := nodeapi.PKIIssuers.At("", "mount", mount)
			list, err := nodeapi.Get(ctx, a, r, time.Duration(i.Timeout))
			if i.isAssumedMount(facts, err) {
				continue
			}
			if err != nil {
				facts.Failures.Add(r.Name, err)
				facts.PKI.Partial = true
				if failure.NoAnswer(err) {
					silent++
				}
				continue
			}
			m = nodeapi.MountIssuers{Mount: mount, List: list, Issuers: map[string]nodeapi.Issuer{}}
		}
		requests += i.readIssuers(ctx, a, facts, m, i.budget-requests)
		for id, about := range m.Issuers {
			known[mount+" "+id] = about
		}
		answers[mount] = m
	}
	for _, mount := range slices.Sorted(maps.Keys(answers)) {
		facts.PKI.Mounts = append(facts.PKI.Mounts, answers[mount])
	}
	i.issuers, i.pkiAnswers, facts.PKI.Known = known, answers, true
}

// readIssuers adds the certificates of its issuers to a mount, with a limited number of requests. It returns the number
// of requests.
func (i *instance) readIssuers(ctx context.Context, a nodeapi.Node, facts *nodeapi.ClusterAnswers, m nodeapi.MountIssuers, most int,
) (requests int) {
	for _, id := range m.List.Keys {
		about, ok := i.issuers[m.Mount+" "+id]
		switch {
		case ok:
		case requests >= most:
			facts.Skipped++
			continue
		default:
			requests++
			r := nodeapi.PKIIssuer.At("", "mount", m.Mount, "issuer", id)
			var err error
			if about, err = i.readIssuer(ctx, a, r); err != nil {
				facts.Failures.Add(r.Name, err)
				continue
			}
		}
		m.Issuers[id] = about
	}
	return requests
}

// isAssumedMount reports whether a missing PKI mount was only assumed because of the reference architecture, while the mounts
// are unknown. The issuers of a mount need no token, so OpenBao refuses the request only if the mount does not exist.
func (i *instance) isAssumedMount(facts *nodeapi.ClusterAnswers, err error) bool {
	if err == nil || facts.Mounts != nil || !i.Expect.AssumesMounts() {
		return false
	}
	reason := failure.ReasonOf(err)
	return reason == failure.ReasonForbidden || reason == failure.ReasonNotFound
}

func (i *instance) readIssuer(ctx context.Context, a nodeapi.Node, r nodeapi.RequestFor[nodeapi.IssuerData]) (nodeapi.Issuer, error) {
	got, err := nodeapi.Get(ctx, a, r, time.Duration(i.Timeout))
	if err != nil {
		return nodeapi.Issuer{}, err
	}
	return got.Parse()
}
