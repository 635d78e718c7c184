// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestTokenOutlivesFailedRenewal checks that a token stays in use for the last third of its lifetime if the renewal
// fails.
func TestTokenOutlivesFailedRenewal(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	good, _ := b.kubernetesAuth(t, 600)
	i := b.start(t)
	healthy := map[string]string{"autopilot_healthy": "1"}
	runRounds(t, i, 1)
	rowsOf(t, b.site).want(t, healthy)

	b.nodes["openbao-0"].set(loginPath, reply(http.StatusInternalServerError, `{"errors":["no"]}`))
	b.clock.add(401 * time.Second)
	runRounds(t, i, 1)
	rowsOf(t, b.site).want(t, map[string]string{
		"autopilot_healthy": "1", failing("", "auth/kubernetes/management/login", failure.ReasonHTTP): "1",
	})
	b.clock.add(200 * time.Second) // the token has expired
	runRounds(t, i, 1)
	rowsOf(t, b.site).want(t, map[string]string{"autopilot_healthy": "", failing("", "auth/kubernetes/management/login", failure.ReasonHTTP): "1"})
	b.nodes["openbao-0"].set(loginPath, good.ServeHTTP)
	runRounds(t, i, 1)
	rowsOf(t, b.site).want(t, healthy)
}

// TestSlowPKIMountDelaysNoOther checks that only rows about PKI wait for its issuers.
func TestSlowPKIMountDelaysNoOther(t *testing.T) {
	b := newBao(t, "kv", nil)
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	b.o.Interval = config.Duration(10 * time.Millisecond) // so that many rounds pass
	for _, n := range b.nodes {
		n.set("pki/issuers", reply(http.StatusInternalServerError, `{"errors":[]}`))
	}
	i := start(b.o, b.site)
	run(t, i)
	testutil.Until(t, "settled", i.Settled)
	testutil.Until(t, "many rounds", func() bool {
		i.mu.Lock()
		defer i.mu.Unlock()
		return i.round > 30
	})
	walks := 0
	for _, r := range b.all() {
		if strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "kv-v2/openstack/metadata") {
			walks++
		}
	}
	if walks > 1 {
		t.Errorf("%d walks through a KV mount in the first of its intervals", walks)
	}
}
