// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// values are objects with values that no controller writes, and credentials that take long to use.
func values() []attack {
	return []attack{
		{
			name: "tenant: names, times, numbers and texts that no controller writes, in objects of each kind", short: true,
			prepare: func(s *site) {
				s.config.WriteString("metrics: {detail: full}\n")
				objects := oddObjects()
				s.evil.Replace(everyKind(serveList(func(w io.Writer) {
					list(w, "List", len(objects), func(i int) string { return objects[i] })
				})))
			},
			begin: checkExposition,
		},
		{
			name: "Secret: kubeconfigs with RSA keys of 65,536 bits", short: true, answer: `cobaltcore_discovery_finding\{.*reason="not_a_kubeconfig"`,
			prepare: func(s *site) {
				certificate, key := testutil.LargeKey(s.T, 1<<16)
				s.putKubeconfigs(20, fmt.Sprintf(`{"current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}],`+
					`"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],`+
					`"users":[{"name":"c","user":{"client-certificate-data":%[2]q,"client-key-data":%q}}]}`, s.evil.URL, base64.StdEncoding.EncodeToString(certificate), base64.StdEncoding.EncodeToString(key)))
				s.config.WriteString("discover:\n- {fluxSecrets: {cluster: evil}, allow: [loopback]}\n")
			},
		},
		{
			name: "OpenBao: an issuer with an RSA key of 4,194,304 bits", answer: `cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds\{`,
			prepare: func(s *site) {
				certificate, _ := testutil.LargeKey(s.T, 1<<22)
				s.bao(map[string]http.HandlerFunc{
					"sys/mounts":        text(`{"data":{"pki/":{"type":"pki"}}}`),
					"pki/issuers":       text(`{"data":{"keys":["i"],"key_info":{"i":{"issuer_name":"i","is_default":true,"key_id":"k","serial_number":"1"}}}}`),
					"pki/issuer/i/json": text(fmt.Sprintf(`{"data":{"certificate":%q}}`, certificate)),
				})
			},
		},
	}
}

func text(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }
}

// checkExposition reads the rows of the attacking cluster as Prometheus does, and the page.
func checkExposition(s *site) {
	client := newClient("127.0.0.4", patience)
	s.loop(1, func(int) {
		body, err := s.get(client, "/metrics?cluster[]=evil")
		if err == nil {
			collectortest.MustParse(s.T, string(body))
			s.recordResult("%d rows", strings.Count(string(body), "\n"))
		}
		for _, path := range []string{"/", "/objects", "/changes", "/clusters/evil", "/api/v1/report", "/api/v1/objects", "/api/v1/clusters"} {
			if err := s.read(client, path, io.Discard); err != nil && !errors.As(err, new(*url.Error)) { // not of the network: it ends
				s.Errorf("%s: %v", path, err)
			}
		}
		s.sleep(scrapePause)
	})
}

// oddObjects returns objects each of which has one value in the place of others.
func oddObjects() []string {
	const pattern = `{"metadata":{"name":%[1]s,"namespace":%[2]s,"uid":"u","generation":%[3]s,"creationTimestamp":%[4]s,"deletionTimestamp":%[5]s,` +
		`"labels":{"app.kubernetes.io/part-of":"flux","app.kubernetes.io/name":%[6]s},"annotations":{"a":%[6]s}},` +
		`"spec":{"interval":%[7]s,"refreshInterval":%[7]s,"timeout":%[7]s,"suspend":%[6]s,"replicas":%[3]s,"path":%[6]s,"url":%[6]s,` +
		`"sourceRef":{"kind":"GitRepository","name":%[6]s},"dependsOn":[{"name":%[6]s},null],"target":{"name":%[6]s},"secretStoreRef":{"name":%[6]s}},` +
		`"status":{"observedGeneration":%[3]s,"replicas":%[3]s,"readyReplicas":%[3]s,"refreshTime":%[4]s,"lastAppliedRevision":%[6]s,` +
		`"lastHandledReconcileAt":%[6]s,"failures":%[3]s,"history":[{"firstReconciled":%[4]s,"lastReconciled":%[4]s,"totalReconciliations":%[3]s}],` +
		`"artifact":{"revision":%[6]s,"lastUpdateTime":%[4]s,"size":%[3]s,"url":%[6]s},"inventory":{"entries":[{"id":%[6]s}]},` +
		`"conditions":[{"type":"Ready","status":"False","reason":%[6]s,"lastTransitionTime":%[4]s,"observedGeneration":%[3]s},{"type":%[6]s,"status":%[6]s}],` +
		`"statusConditions":{"conditions":[{"type":"Ready","status":"False","reason":%[6]s,"lastTransitionTime":%[4]s}]}}}`
	base := []string{`"a"`, `"n"`, `1`, `"2026-11-20T09:00:00Z"`, `null`, `"x"`, `"10m"`}
	texts := []string{
		`"a\nflux_resource_info{cluster=\"good\"} 1\n"`, `"\u0000\u001b[31m\u2028\ud800"`, `"\"} 1 # {}"`, `"` + strings.Repeat("a", 100_000) + `"`, `"A"`, `""`,
		`"https://user:hunter2@host/%zz?token=hunter2"`, `"../../etc/passwd"`, `"<script>alert(1)</script>"`, `"\\"`, "\"\xff\xfe\"", `"$labels {{ .X }} %!s(int=1)"`, `1`, `true`, `{}`, `[]`,
	}
	numbers := []string{`-1`, `-9223372036854775808`, `9223372036854775807`, `1e999`, `-1e999`, `1.5`, `0.1e-400`, strings.Repeat("9", 10_000), `"1"`, `null`}
	times := []string{`"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`, `"-0001-01-01T00:00:00Z"`, `"99999-01-01T00:00:00Z"`, `"2026-02-30T25:61:61+99:99"`, `0`, `"now"`, `"1677-09-21T00:12:43Z"`}
	durations := []string{`"9999999999h"`, `"-9999999999h"`, `"-1h"`, `"1e999s"`, `"0s"`, `"9223372036854775807ns"`, `"` + strings.Repeat("1h", 50_000) + `"`, `10`, `""`}
	all := []string{"{}", "null", `{"metadata":null,"spec":null,"status":null}`, `{"metadata":{"name":"d"},"metadata":{"name":"e"},"spec":[],"spec":{}}`}
	for position, odd := range [][]string{texts, texts, numbers, times, times, texts, durations} {
		for i, value := range odd {
			arguments := slices.Clone(base)
			if position != 0 {
				arguments[0] = fmt.Sprintf(`"o%d-%d"`, position, i)
			}
			arguments[position] = value
			all = append(all, fmt.Sprintf(pattern, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5], arguments[6]))
		}
	}
	return append(all, all[10], `{"METADATA":{"NAME":"u","Namespace":"n"},"Spec":{},"STATUS":{}}`)
}
