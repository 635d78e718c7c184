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

// watches are lists and streams that go on for ever, or end at once.
func watches() []attack {
	const oneObject = `{"kind":"KustomizationList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a","namespace":"n"}}]}`
	return []attack{
		{name: "API server: a list of pages without an end", prepare: func(*site) {}, begin: endlessPages(500)},
		{name: "API server: a list of empty pages without an end", prepare: func(*site) {}, begin: endlessPages(0)},
		{
			name: "API server: bookmarks without a pause", prepare: func(*site) {},
			begin: stream(oneObject, func(i int) string {
				return fakeapi.Frame("BOOKMARK", fmt.Sprintf(`{"metadata":{"resourceVersion":"%d"}}`, i+2))
			}),
		},
		{
			name: "API server: changes of 1,000 objects without a pause", prepare: func(*site) {},
			begin: stream(oneObject, func(i int) string {
				return fakeapi.Frame("MODIFIED", strings.Replace([]func(int) string{smallObject, failing}[i/1000%2](i%1000), `{"metadata":{`,
					fmt.Sprintf(`{"metadata":{"resourceVersion":"%d",`, i+2), 1))
			}),
		},
		{
			name: "API server: new objects without a pause, each of which is deleted", prepare: func(*site) {},
			begin: stream(oneObject, func(i int) string {
				return fakeapi.Frame([]string{"ADDED", "DELETED"}[i%2], failing(i/2))
			}),
		},
		{
			name: "API server: watches that end at once as expired", prepare: func(*site) {},
			begin: func(s *site) {
				var lists, ended atomic.Int64
				s.evil.Deny(kustomizations, func(w http.ResponseWriter, r *http.Request) {
					switch query := r.URL.Query(); {
					case query.Has("sendInitialEvents"):
						fakeapi.Status(http.StatusUnprocessableEntity, "Invalid", "sendInitialEvents is forbidden for watch")(w, r)
					case query.Has("watch"):
						ended.Add(1)
						_, _ = io.WriteString(w, fakeapi.Frame("ERROR", fakeapi.Expired))
					default:
						lists.Add(1)
						list(w, "KustomizationList", 2000, failing)
					}
					s.recordResult("%d lists, %d watches", lists.Load(), ended.Load())
				})
			},
		},
		{
			name: "API server: a resource version of 1 MB", prepare: func(*site) {},
			begin: func(s *site) {
				s.evil.Deny(kustomizations, serveList(func(w io.Writer) {
					_, _ = fmt.Fprintf(w, `{"kind":"KustomizationList","metadata":{"resourceVersion":"%s"},"items":[]}`, strings.Repeat("1", 1e6))
					s.recordResult("lists were answered")
				}))
			},
		},
		{name: "OpenBao: EndpointSlices that change 100 times a second", prepare: baoBehindService, begin: changeSlices},
	}
}

// endlessPages answers a list with pages of so many new objects, each of which has another.
func endlessPages(size int) func(*site) {
	return func(s *site) {
		var pages atomic.Int64
		s.evil.Deny(kustomizations, serveList(func(w io.Writer) {
			page := int(pages.Add(1))
			_, _ = fmt.Fprintf(w, `{"kind":"KustomizationList","metadata":{"resourceVersion":"1","continue":"c%d"},"items":[{}`, page)
			for i := range size {
				_, _ = io.WriteString(w, ","+failing(page*size+i))
			}
			_, _ = io.WriteString(w, "]}")
			s.recordResult("%d pages", page)
		}))
	}
}

// stream answers a list with a text, and its watch with events without a pause.
func stream(list string, event func(i int) string) func(*site) {
	return func(s *site) {
		var sent atomic.Int64
		s.evil.Deny(kustomizations, func(w http.ResponseWriter, r *http.Request) {
			switch query := r.URL.Query(); {
			case query.Has("sendInitialEvents"):
				fakeapi.Status(http.StatusUnprocessableEntity, "Invalid", "sendInitialEvents is forbidden for watch")(w, r)
			case query.Has("watch"):
				var err error
				for err == nil {
					n := sent.Add(1)
					if _, err = io.WriteString(w, event(int(n))); n%1000 == 0 {
						s.recordResult("%d events", n)
					}
				}
			default:
				_, _ = io.WriteString(w, list)
				s.recordResult("the list was read")
			}
		})
	}
}

const slicesOfBao = "/apis/discovery.k8s.io/v1/namespaces/openbao-system/endpointslices"

// baoBehindService configures an OpenBao whose nodes are found in EndpointSlices.
func baoBehindService(s *site) {
	s.evil.Serve(slicesOfBao, "EndpointSlice", "v1")
	s.config.WriteString("collectors: {openbao: [{name: bao, cluster: evil, interval: 1s, " +
		"service: {namespace: openbao-system, name: openbao-internal}, tls: {serverName: openbao}}]}\n")
}

// changeSlices changes the addresses and names of 40 nodes.
func changeSlices(s *site) {
	n := 0
	s.loop(1, func(int) {
		n++
		var endpoints []any
		for i := range 40 {
			endpoints = append(endpoints, map[string]any{
				"addresses":  []string{fmt.Sprintf("192.0.2.%d", (n+i)%250+1)},
				"conditions": map[string]any{"ready": true}, "targetRef": map[string]any{"kind": "Pod", "name": fmt.Sprintf("openbao-%d-%d", n, i)},
			})
		}
		s.evil.Put(slicesOfBao, "s", map[string]any{
			"addressType": "IPv4", "endpoints": endpoints, "ports": []any{map[string]any{"name": "https", "port": 8200}},
			"metadata": map[string]any{"labels": map[string]string{"kubernetes.io/service-name": "openbao-internal"}},
		})
		s.recordResult("%d changes", n)
		s.sleep(scrapePause / 20)
	})
}
