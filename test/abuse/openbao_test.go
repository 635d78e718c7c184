// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

// openBaos are an OpenBao that answers with too much, or EndpointSlices that name too many.
func openBaos() []attack {
	const failing = `cobaltcore_openbao_endpoint_failing\{.*endpoint=`
	return []attack{
		{
			name: "OpenBao: 15 MB of `{},` in `sys/ha-status`", answer: failing + `"sys/ha-status"`,
			prepare: func(s *site) {
				s.bao(map[string]http.HandlerFunc{"sys/ha-status": func(w http.ResponseWriter, _ *http.Request) { writeEmptyElements(w, 15e6, `{"data":{"nodes":[`, `]}}`) }})
			},
		},
		{
			name: "OpenBao: 8 MB of raft servers in the state of autopilot", answer: failing + `"sys/storage/raft/autopilot/state"`,
			prepare: func(s *site) {
				s.bao(map[string]http.HandlerFunc{"sys/storage/raft/autopilot/state": func(w http.ResponseWriter, _ *http.Request) {
					_, _ = io.WriteString(w, `{"data":{"healthy":true,"servers":{"a":{}`)
					for i := range 110_000 {
						_, _ = fmt.Fprintf(w, `,"%032x":{"id":"%032x"}`, i, i)
					}
					_, _ = io.WriteString(w, `}}}`)
				}})
			},
		},
		{
			name: "OpenBao: 20,000 PKI mounts, each of which is asked for its issuers", answer: "",
			prepare: func(s *site) {
				asked := &atomic.Int64{}
				s.bao(map[string]http.HandlerFunc{
					"sys/mounts": func(w http.ResponseWriter, _ *http.Request) {
						_, _ = io.WriteString(w, `{"data":{"pki/":{"type":"pki"}`)
						for i := range 20_000 {
							_, _ = fmt.Fprintf(w, `,"pki%d/":{"type":"pki"}`, i)
						}
						_, _ = io.WriteString(w, `}}`)
					},
					"": func(w http.ResponseWriter, r *http.Request) {
						if strings.HasPrefix(r.URL.Path, "/v1/pki") {
							s.recordResult("%d requests to the mounts", asked.Add(1))
						}
						w.WriteHeader(http.StatusNotFound)
						_, _ = io.WriteString(w, `{"errors":[]}`)
					},
				})
			},
		},
		{
			name: "OpenBao: 40,000 addresses in EndpointSlices", answer: failing + `"endpointslices"`,
			prepare: func(s *site) {
				const slices = "/apis/discovery.k8s.io/v1/namespaces/openbao-system/endpointslices"
				s.evil.Change(func(state *fakeapi.State) {
					state.Serve(slices, "EndpointSlice", "v1")
					for i := range 400 {
						var endpoints []any
						for j := range 100 {
							endpoints = append(endpoints, map[string]any{
								"addresses":  []string{fmt.Sprintf("127.%d.%d.%d", i/250+1, i%250, j+1)},
								"conditions": map[string]any{"ready": true}, "targetRef": map[string]any{"kind": "Pod", "name": fmt.Sprintf("openbao-%d-%d", i, j)},
							})
						}
						state.Put(slices, fmt.Sprintf("s%d", i), map[string]any{
							"addressType": "IPv4", "endpoints": endpoints, "ports": []any{map[string]any{"name": "https", "port": 8200}},
							"metadata": map[string]any{"labels": map[string]string{"kubernetes.io/service-name": "openbao-internal"}},
						})
					}
				})
				s.config.WriteString("collectors: {openbao: [{name: bao, cluster: evil, interval: 1s, service: {namespace: openbao-system, name: openbao-internal}, tls: {serverName: openbao}}]}\n")
			},
		},
	}
}

// bao configures an OpenBao with one node. on answers some paths; the others are those of a
// healthy node, or, below "", of on.
func (s *site) bao(on map[string]http.HandlerFunc) {
	answers := map[string]string{
		"sys/health":      `{"initialized":true,"sealed":false,"standby":false,"version":"2.4.0","cluster_name":"c","cluster_id":"i"}`,
		"sys/seal-status": `{"initialized":true,"sealed":false,"type":"shamir","version":"2.4.0","storage_type":"raft","cluster_name":"c","cluster_id":"i"}`,
		"sys/leader":      `{"ha_enabled":true,"is_self":true,"active_time":"2026-11-20T09:00:00Z","leader_address":"http://127.0.0.1:8200"}`,
	}
	url := s.server(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		path := strings.TrimPrefix(r.URL.Path, "/v1/")
		switch h, text := on[path], answers[path]; {
		case h != nil:
			h(w, r)
		case text != "":
			_, _ = io.WriteString(w, text)
		case on[""] != nil:
			on[""](w, r)
		default:
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"errors":["permission denied"]}`)
		}
	})
	s.write("bao.token", "t")
	_, _ = fmt.Fprintf(&s.config, "collectors: {openbao: [{name: bao, cluster: evil, interval: 1s, nodes: [%q], auth: {tokenFile: bao.token}, details: {interval: 1s}}]}\n", url)
}
