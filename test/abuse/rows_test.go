// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

// rowsOfObjects are objects that an API server accepts and that have, or would have, very
// many rows.
func rowsOfObjects() []attack {
	return []attack{
		{
			name: "tenant: 500 Kustomizations with 10,000 dependencies", answer: `cobaltcore_watch_objects_with_cut_labels\{`,
			prepare: func(s *site) {
				object := largeObject()
				s.evil.Deny(kustomizations, serveList(func(w io.Writer) { list(w, "KustomizationList", 500, object) }))
			},
		},
		{
			name: "tenant: 4,000 Kustomizations with 64 KiB of rows that do not compress", answer: `cobaltcore_watch_objects_over_budget\{`, patience: time.Minute,
			prepare: func(s *site) {
				s.config.WriteString("metrics: {detail: full}\n")
				s.evil.Deny(kustomizations, serveList(func(w io.Writer) { list(w, "KustomizationList", 4000, random) }))
			},
		},
		{
			name: "tenant: 4,000 such Kustomizations in each of three clusters", patience: time.Minute,
			answer: `cobaltcore_watch_objects_over_budget\{.*scope="process"`, filter: "cluster[]=evil&cluster[]=evil2&cluster[]=evil3",
			prepare: func(s *site) {
				s.config.WriteString("- {name: evil2, kubeconfig: {path: evil.kubeconfig}}\n- {name: evil3, kubeconfig: {path: evil.kubeconfig}}\n" +
					"metrics: {detail: full}\n")
				s.evil.Deny(kustomizations, serveList(func(w io.Writer) { list(w, "KustomizationList", 4000, random) }))
			},
		},
		{
			name: "tenant: 1,000,000 Kustomizations", answer: `cobaltcore_watch_objects_cut\{`, memory: 300 << 20, patience: time.Minute,
			begin: func(s *site) {
				s.evil.Deny(kustomizations, serveList(func(w io.Writer) { list(w, "KustomizationList", 1_000_000, smallObject) }))
			},
			prepare: func(*site) {},
		},
		{
			name: "tenant: 200,000 Kustomizations that fail", answer: `cobaltcore_health_findings_left_out\{`, patience: 2 * time.Minute,
			prepare: func(*site) {},
			begin: func(s *site) {
				s.evil.Deny(kustomizations, serveList(func(w io.Writer) { list(w, "KustomizationList", 200_000, failing) }))
			},
		},
		{
			name: "tenant: 20 pods of a Deployment with a label of Flux, and 8 MB of metrics each", answer: `cobaltcore_controller_metrics_cut\{`,
			prepare: func(s *site) {
				s.config.WriteString("collectors: {controllers: {interval: 1s}}\n")
				var metrics []byte
				for i := range 80_000 {
					metrics = fmt.Appendf(metrics, "controller_runtime_reconcile_total{controller=\"%070d\",result=\"a\"} 1\n", i)
				}
				s.evil.Change(func(state *fakeapi.State) {
					state.Serve("/api/v1/pods", "Pod", "v1")
					state.Deny("/api/v1/pods", func(w http.ResponseWriter, _ *http.Request) {
						list(w, "PodList", 20, pod)
					})
					state.Refuse = func(_, path string) http.HandlerFunc {
						if !strings.HasSuffix(path, "/proxy/metrics") {
							return nil
						}
						return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(metrics) }
					}
				})
			},
		},
	}
}

// list writes a list of n objects.
func list(w io.Writer, kind string, n int, object func(i int) string) {
	_, err := fmt.Fprintf(w, `{"kind":%q,"metadata":{"resourceVersion":"1"},"items":[`, kind)
	comma := ""
	for i := 0; i < n && err == nil; i++ {
		_, err = io.WriteString(w, comma+object(i))
		comma = ","
	}
	_, _ = io.WriteString(w, "]}")
}

func smallObject(i int) string {
	return fmt.Sprintf(`{"metadata":{"name":"k%07d","namespace":"n"},"spec":{"path":"./%d"},"status":{"lastAppliedRevision":"main@sha1:%d","conditions":[`+
		`{"type":"Ready","status":"True","reason":"ReconciliationSucceeded","lastTransitionTime":"2026-11-20T09:00:00Z"}]}}`, i, i, i)
}

// failing returns objects about which rules find something.
func failing(i int) string {
	return fmt.Sprintf(`{"metadata":{"name":"k%d","namespace":"n"},"spec":{"path":"./"},"status":{"conditions":[`+
		`{"type":"Ready","status":"False","reason":"BuildFailed","lastTransitionTime":"2026-11-20T09:00:00Z"}]}}`, i)
}

// largeObject returns objects that wait for many others.
func largeObject() func(int) string {
	var b strings.Builder
	for i := range 10_000 {
		_, _ = fmt.Fprintf(&b, `,{"name":"d%0100d"}`, i)
	}
	return func(i int) string {
		return fmt.Sprintf(`{"metadata":{"name":"k%d","namespace":"n"},"spec":{"path":"./","dependsOn":[%s]},"status":{"conditions":[`+
			`{"type":"Ready","status":"False","reason":"DependencyNotReady","lastTransitionTime":"2026-11-20T09:00:00Z"}]}}`, i, b.String()[1:])
	}
}

// random returns objects whose rows are 64 KiB that do not compress.
func random(i int) string {
	var b []byte
	n := uint64(i)*0x9e3779b97f4a7c15 + 1
	for range 70 {
		b = append(b, `,{"name":"`...)
		for range 60 {
			n ^= n << 13
			n ^= n >> 7
			n ^= n << 17
			b = strconv.AppendUint(b, n, 16)
		}
		b = append(b, `"}`...)
	}
	return fmt.Sprintf(`{"metadata":{"name":"k%d","namespace":"n"},"spec":{"path":"./","dependsOn":[%s]},"status":{"conditions":[`+
		`{"type":"Ready","status":"False","reason":"DependencyNotReady","lastTransitionTime":"2026-11-20T09:00:00Z"}]}}`, i, b[1:])
}

// pod returns a pod that any tenant may create.
func pod(i int) string {
	return fmt.Sprintf(`{"metadata":{"name":"p%03d","namespace":"n","labels":{"app.kubernetes.io/part-of":"flux","pod-template-hash":"x"},`+
		`"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"p-x","controller":true}]},"spec":{"containers":[`+
		`{"name":"manager","image":"example.com/manager:v1","ports":[{"name":"http-prom","containerPort":8080}]}]},`+
		`"status":{"phase":"Running","podIP":"127.0.0.1","conditions":[{"type":"Ready","status":"True"}]}}`, i)
}
