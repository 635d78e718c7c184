// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

const secretsOfFlux = "/api/v1/namespaces/flux-system/secrets"

// discoveries are responses of an API server to requests for kinds or clusters.
func discoveries() []attack {
	return []attack{
		{
			name: "API server: 60,000 versions of a group, each with 40,000 kinds", answer: `cobaltcore_cluster_failing\{`,
			prepare: func(s *site) {
				s.evil.Replace(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					switch r.URL.Path {
					case "/version":
						_, _ = io.WriteString(w, `{"gitVersion":"v1.36.2"}`)
					case "/apis":
						_, _ = io.WriteString(w, `{"kind":"APIGroupList","groups":[{"name":"kustomize.toolkit.fluxcd.io","versions":[{}`)
						for i := range 60_000 {
							_, _ = fmt.Fprintf(w, `,{"groupVersion":"kustomize.toolkit.fluxcd.io/v%d","version":"v%d"}`, i, i)
						}
						_, _ = io.WriteString(w, `]}]}`)
					default:
						_, _ = io.WriteString(w, `{"kind":"APIResourceList","resources":[{}`)
						for i := range 40_000 {
							_, _ = fmt.Fprintf(w, `,{"name":"a","kind":"K%d","verbs":["list","watch"]}`, i)
						}
						_, _ = io.WriteString(w, `]}`)
					}
				})
			},
		},
		{
			name: "API server: 10,000 Secrets with 12 KB of labels each", answer: `cobaltcore_discovery_finding\{.*reason="too_many"`,
			prepare: func(s *site) {
				long := strings.Repeat("x", 12_000)
				s.evil.Change(func(state *fakeapi.State) {
					state.Serve(secretsOfFlux, "Secret", "v1")
					state.Deny(secretsOfFlux, func(w http.ResponseWriter, r *http.Request) {
						var page int
						_, _ = fmt.Sscan(r.URL.Query().Get("continue"), &page)
						next := ""
						if page < 19 {
							next = fmt.Sprint(page + 1)
						}
						_, _ = fmt.Fprintf(w, `{"kind":"PartialObjectMetadataList","metadata":{"continue":%q},"items":[{}`, next)
						for i := range 500 {
							_, _ = fmt.Fprintf(w, `,{"metadata":{"name":"a%d-%d-kubeconfig","resourceVersion":"1","labels":{`+
								`"metadata.greenhouse.sap/region":"%s"}}}`, page, i, long)
						}
						_, _ = io.WriteString(w, `]}`)
					})
				})
				s.config.WriteString("discover:\n- fluxSecrets: {cluster: evil}\n")
			},
		},
		{
			name: "Secret: 400 kubeconfigs of a cluster", answer: `cobaltcore_discovery_finding\{.*reason="too_many"`,
			prepare: func(s *site) {
				s.putKubeconfigs(400, s.evil.Kubeconfig("t"))
				s.config.WriteString("discover:\n- {fluxSecrets: {cluster: evil}, allow: [loopback]}\n")
			},
		},
		{
			name: "Secret: a kubeconfig whose aliases stand for 4 GB", short: true,
			answer: `cobaltcore_discovery_finding\{.*reason="not_a_kubeconfig"`,
			prepare: func(s *site) {
				s.putKubeconfigs(8, testutil.Aliases(64<<10, 60_000))
				s.config.WriteString("discover:\n- fluxSecrets: {cluster: evil}\n")
			},
		},
	}
}

// putKubeconfigs puts n Secrets with a kubeconfig into the attacking cluster.
func (s *site) putKubeconfigs(n int, kubeconfig string) {
	s.evil.Change(func(state *fakeapi.State) {
		state.Serve(secretsOfFlux, "Secret", "v1")
		for i := range n {
			state.Put(secretsOfFlux, fmt.Sprintf("a%03d-kubeconfig", i), map[string]any{
				"data": map[string]string{"value": base64.StdEncoding.EncodeToString([]byte(kubeconfig))},
			})
		}
	})
}
