// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

// elements are answers with many small values, which cost far more than their bytes.
func elements() []attack {
	const failing = `cobaltcore_watch_failing\{`
	return []attack{
		{
			name: "API server: 30 MB of `{},` in discovery", short: true, answer: `cobaltcore_cluster_failing\{`,
			prepare: func(s *site) {
				s.evil.Replace(func(w http.ResponseWriter, _ *http.Request) {
					writeEmptyElements(w, 30e6, `{"kind":"APIGroupList","groups":[`, `]}`)
				})
			},
		},
		{
			name: "API server: one event of 60 MB", short: true, answer: failing,
			prepare: func(s *site) {
				s.evil.Deny(kustomizations, func(w http.ResponseWriter, _ *http.Request) {
					writeEmptyElements(w, 60e6, `{"type":"ADDED","object":{"metadata":{"name":"a"},"status":{"history":[`, `]}}}`)
				})
			},
		},
		{
			name: "API server: one object of 60 MB in a list", answer: failing,
			prepare: func(s *site) {
				s.evil.Deny(kustomizations, serveList(func(w io.Writer) {
					writeEmptyElements(w, 60e6, `{"kind":"KustomizationList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"},"status":{"history":[`, `]}}]}`)
				}))
			},
		},
		{
			name: "API server: 8 MB of one object of each kind at the same time, without its end", answer: `cobaltcore_watch_failing\{`,
			prepare: func(s *site) {
				s.evil.Replace(everyKind(serveList(func(w io.Writer) {
					_, _ = io.WriteString(w, `{"kind":"L","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"`+strings.Repeat("x", 8e6))
					w.(http.Flusher).Flush() //nolint:forcetypeassert // of net/http
					<-s.ctx.Done()
				})))
			},
		},
		{
			name: "API server: one pod of 60 MB", answer: `cobaltcore_collector_failing\{cluster="evil",collector="controllers"`,
			prepare: func(s *site) {
				s.evil.Serve("/api/v1/pods", "Pod", "v1")
				s.evil.Deny("/api/v1/pods", func(w http.ResponseWriter, _ *http.Request) {
					writeEmptyElements(w, 60e6, `{"kind":"PodList","items":[{"metadata":{"name":"a"},"status":{"containerStatuses":[`, `]}}]}`)
				})
			},
		},
		{
			name: "Alertmanager: 31 MB of `{},`", answer: `cobaltcore_alertmanager_errors_total`, filter: "x",
			prepare: func(s *site) {
				peer := s.server(func(w http.ResponseWriter, _ *http.Request) { writeEmptyElements(w, 31e6, `[`, `]`) })
				_, _ = fmt.Fprintf(&s.config, "alertmanager: {urls: [%q], interval: 1s}\n", peer)
			},
		},
	}
}

// writeEmptyElements writes JSON with so many bytes of empty objects between its begin and end.
func writeEmptyElements(w io.Writer, size int, begin, end string) {
	if w, ok := w.(http.ResponseWriter); ok {
		w.Header().Set("Content-Type", "application/json")
	}
	part := strings.Repeat("{},", 1<<14)
	_, err := io.WriteString(w, begin)
	for n := 0; n < size && err == nil; n += len(part) {
		_, err = io.WriteString(w, part)
	}
	_, _ = io.WriteString(w, "{}"+end)
}

// serveList refuses to stream, so that the kind is listed, and answers lists.
func serveList(list func(io.Writer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch query := r.URL.Query(); {
		case query.Has("sendInitialEvents"):
			fakeapi.Status(http.StatusUnprocessableEntity, "Invalid", "sendInitialEvents is forbidden for watch")(w, r)
		case query.Has("watch"):
			<-r.Context().Done()
		default:
			w.Header().Set("Content-Type", "application/json")
			list(w)
		}
	}
}

// server starts a server without TLS and returns its URL.
func (s *site) server(h http.HandlerFunc) string {
	server := httptest.NewServer(h)
	s.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// everyKind discovers each kind that is watched, and answers lists by a function.
func everyKind(list http.HandlerFunc) http.HandlerFunc {
	var items []string
	groups := map[string][]string{}
	for _, kind := range []string{
		"kustomize.toolkit.fluxcd.io/v1/Kustomization", "helm.toolkit.fluxcd.io/v2/HelmRelease", "source.toolkit.fluxcd.io/v1/GitRepository",
		"source.toolkit.fluxcd.io/v1/HelmRepository", "source.toolkit.fluxcd.io/v1/HelmChart", "source.toolkit.fluxcd.io/v1/Bucket",
		"source.toolkit.fluxcd.io/v1/OCIRepository", "notification.toolkit.fluxcd.io/v1/Receiver", "notification.toolkit.fluxcd.io/v1beta3/Alert",
		"notification.toolkit.fluxcd.io/v1beta3/Provider", "image.toolkit.fluxcd.io/v1/ImageRepository", "image.toolkit.fluxcd.io/v1/ImagePolicy",
		"image.toolkit.fluxcd.io/v1/ImageUpdateAutomation", "fluxcd.controlplane.io/v1/FluxInstance", "fluxcd.controlplane.io/v1/FluxReport",
		"fluxcd.controlplane.io/v1/ResourceSet", "external-secrets.io/v1/ExternalSecret", "external-secrets.io/v1/SecretStore",
		"external-secrets.io/v1/ClusterSecretStore", "external-secrets.io/v1alpha1/PushSecret", "greenhouse.sap/v1alpha1/Cluster",
		"greenhouse.sap/v1alpha1/Plugin", "greenhouse.sap/v1alpha1/PluginPreset", "greenhouse.sap/v1alpha1/Organization",
		"greenhouse.sap/v1alpha1/Team", "apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "networking.k8s.io/v1/NetworkPolicy",
	} {
		part := strings.Split(kind, "/")
		groups[part[0]+"/"+part[1]] = append(groups[part[0]+"/"+part[1]], fmt.Sprintf(
			`{"resource":%q,"responseKind":{"kind":%q},"verbs":["list","watch"]}`, strings.ToLower(part[2])+"s", part[2]))
	}
	for name, resources := range groups {
		group, version, _ := strings.Cut(name, "/")
		items = append(items, fmt.Sprintf(`{"metadata":{"name":%q},"versions":[{"version":%q,"resources":[%s]}]}`, group, version, strings.Join(resources, ",")))
	}
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/version":
			_, _ = io.WriteString(w, `{"gitVersion":"v1.36.2"}`)
		case "/apis":
			w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
			_, _ = io.WriteString(w, `{"kind":"APIGroupDiscoveryList","items":[`+strings.Join(items, ",")+`]}`)
		case "/readyz":
			_, _ = io.WriteString(w, "ok")
		default:
			if !strings.HasPrefix(r.URL.Path, "/apis/") {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			list(w, r)
		}
	}
}
