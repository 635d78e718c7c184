//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestAurora simulates the faults of a dashboard one after the other, and checks that each is reported.
func TestAurora(t *testing.T) {
	t.Parallel()
	a, err := testbed.StartAurora(t.TempDir(), time.Now().Add(12*24*time.Hour))
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, a.Stop) })
	e := harness.StartExporter(t, `clusters: [{name: management, snapshot: {path: .}}]
collectors:
  aurora:
    - {name: aurora, cluster: management, url: '`+a.URL+`', keystoneURL: '`+a.KeystoneURL+`', interval: 500ms, timeout: 500ms, tls: {caFile: `+a.CAFile+`}}
`)
	e.WaitReady(t)
	aurora := func(name string, and harness.Series) harness.Series {
		all := harness.Series{"": "cobaltcore_aurora_" + name, "cluster": "management", "aurora": "aurora"}
		maps.Copy(all, and)
		return all
	}
	for _, tc := range []struct {
		fault   testbed.AuroraFault
		reasons string // by check: csrf_token, session, page, keystone
		problem string
	}{
		{testbed.AuroraHealthy, "- - - -", ""},
		{testbed.AuroraFallback, "content content - -", ""},
		{testbed.AuroraBadGateway, "http http http -", ""},
		{testbed.AuroraSlow, "timeout timeout timeout -", ""},
		{testbed.AuroraSilent, "timeout timeout timeout -", ""},
		{testbed.AuroraLogin, "redirect_elsewhere redirect_elsewhere redirect_elsewhere -", ""},
		{testbed.AuroraLoop, "redirect_loop redirect_loop redirect_loop -", ""},
		{testbed.AuroraExpired, "tls tls tls -", "expired"},
		{testbed.AuroraOtherName, "tls tls tls -", "hostname"},
		{testbed.AuroraKeystoneDown, "- - - http", ""},
		{testbed.AuroraHealthy, "- - - -", ""},
	} {
		harness.Must(t, a.Set(tc.fault))
		up := "1"
		for i, reason := range strings.Fields(tc.reasons) {
			check := []string{"csrf_token", "session", "page", "keystone"}[i]
			if reason == "-" {
				e.Expect(t, 1, aurora("check_success", harness.Series{"check": check, "=": "1"}))
				e.Expect(t, 0, aurora("check_failing", harness.Series{"check": check}))
				continue
			}
			if check != "keystone" {
				up = "0"
			}
			e.Expect(t, 1, aurora("check_failing", harness.Series{"check": check, "reason": reason}))
			if tc.problem != "" {
				e.Expect(t, 1, aurora("tls_failing", harness.Series{"check": check, "problem": tc.problem}))
			}
		}
		e.Expect(t, 1, aurora("up", harness.Series{"=": up}))
	}
	e.Expect(t, 4, aurora("certificate_expiry_timestamp_seconds", nil))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_collector_up", "collector": "aurora", "=": "1"})
}
