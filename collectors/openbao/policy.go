// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
)

// Policy returns the policy that the exporter needs for the given PKI and KV mounts. A + may replace a part of the path
// of a mount.
func Policy(pki, kv []string) string {
	type stanza struct {
		path         string
		capabilities []string
		why          []string
	}
	var stanzas []stanza
	for _, e := range nodeapi.Endpoints() {
		mounts := []string{""}
		switch {
		case e.Option == "kv":
			mounts = kv
		case strings.HasPrefix(e.Path, "{mount}"):
			mounts = pki
		}
		why := e.Why
		if e.Option != "" {
			why = "with " + e.Option + ": " + why
		}
		for _, mount := range mounts {
			path := strings.NewReplacer("{mount}", mount, "{secret}", "*").Replace(e.Path)
			n := slices.IndexFunc(stanzas, func(s stanza) bool { return s.path == path })
			if n < 0 {
				stanzas = append(stanzas, stanza{path: path})
				n = len(stanzas) - 1
			}
			stanzas[n].capabilities = append(stanzas[n].capabilities, e.Capabilities...)
			stanzas[n].why = append(stanzas[n].why, why)
		}
	}
	var b strings.Builder
	for _, s := range stanzas {
		for _, why := range s.why {
			_, _ = fmt.Fprintf(&b, "# %s\n", why)
		}
		_, _ = fmt.Fprintf(&b, "path %q {\n  capabilities = [\"%s\"]\n}\n\n", s.path, strings.Join(s.capabilities, `", "`))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Role is a role of the Kubernetes auth method. It issues batch tokens, so that a login does not write to the storage
// and creates no lease.
type Role struct {
	Audience        string   `json:"audience,omitempty"`
	ServiceAccounts []string `json:"bound_service_account_names"`
	Namespaces      []string `json:"bound_service_account_namespaces"`
	Policies        []string `json:"token_policies"`
	NoDefaultPolicy bool     `json:"token_no_default_policy"`
	TokenType       string   `json:"token_type"`
	TokenTTL        string   `json:"token_ttl"`
}

// Audience is the audience of the service account tokens with which the exporter logs in; the chart mounts them. Such a
// token cannot be used at the API server by OpenBao, or after a leak from OpenBao.
const Audience = "openbao"

// NewRole returns a role for a service account with the given policies.
func NewRole(namespace, serviceAccount string, policies ...string) Role {
	return Role{
		ServiceAccounts: []string{serviceAccount}, Namespaces: []string{namespace},
		Policies: append([]string{}, policies...), NoDefaultPolicy: true, TokenType: "batch", TokenTTL: "30m",
	}
}
