// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestHangingNodeDelaysNoOther checks that rows of other nodes are published while a node does not answer.
func TestHangingNodeDelaysNoOther(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	end := make(chan struct{})
	reached := make(chan struct{}, 100)
	b.nodes["openbao-2"].set("sys/health", func(http.ResponseWriter, *http.Request) { reached <- struct{}{}; <-end })
	t.Cleanup(func() { close(end) })
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	b.o.Interval, b.o.Timeout = config.Duration(time.Hour), config.Duration(time.Hour)
	i := b.start(t)
	run(t, i)
	<-reached
	for _, want := range []string{row("node_up", "node", node(0)), row("node_up", "node", node(1)), "autopilot_healthy", row("mount_present", "kind", "secret", "path", "pki", "type", "pki")} {
		testutil.Until(t, want, func() bool { return rowsOf(t, b.site)[want] == "1" })
	}
	rowsOf(t, b.site).want(t, map[string]string{row("node_up", "node", node(2)): ""}) // still unknown
}

// TestHangingNodeTimesOut also checks that no further requests are sent to the node.
func TestHangingNodeTimesOut(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	b.nodes["openbao-2"].set("sys/health", func(http.ResponseWriter, *http.Request) { <-end })
	b.o.Timeout = config.Duration(300 * time.Millisecond)
	i := b.start(t)
	i.pollNodesOnce(t.Context())
	rowsOf(t, b.site).want(t, map[string]string{
		row("node_up", "node", node(2)):                            "0",
		failing(node(2), "sys/health", failure.ReasonTimeout):      "1",
		failing(node(2), "sys/leader", failure.ReasonTimeout):      "1",
		failing(node(2), "sys/seal-status", failure.ReasonTimeout): "1",
		`nodes{state="down"}`:                                      "1",
	})
	if n := b.nodes["openbao-2"].count("sys/leader"); n != 0 {
		t.Errorf("sys/leader was asked %d times", n)
	}
}

// TestEndlessAnswerIsLimited also checks that the answer is not kept.
func TestEndlessAnswerIsLimited(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	sent := 0
	b.nodes["openbao-0"].set("pki/issuers", func(w http.ResponseWriter, r *http.Request) {
		for chunk := []byte(strings.Repeat(" ", 1<<20)); r.Context().Err() == nil && sent < 256; sent++ {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	b.nodes["openbao-0"].set("sys/leader", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"leader_address":"` + strings.Repeat("x", nodeapi.MaxAnswer) + `"}`))
	})
	round(t.Context(), b.start(t))
	rowsOf(t, b.site).want(t, map[string]string{
		failing("", "pki/issuers", failure.ReasonDecode):     "1",
		failing(node(0), "sys/leader", failure.ReasonDecode): "1",
		row("node_up", "node", node(0)):                      "1",
	})
}

// TestNamesInAnswersChangeNoRequestPath checks that names of issuers and secrets cannot make the exporter request
// another path.
func TestNamesInAnswersChangeNoRequestPath(t *testing.T) {
	names := []string{"../../sys/raw", "..", ".", "", "a/../../../sys/raw", "/sys/raw", "a//b", "%2e%2e/%2e%2e/sys/raw", "x?list=true", "x#y", "x y", "x/json?z="}
	quoted := `"` + strings.Join(names, `","`) + `"`
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			b := newBao(t, "healthy-2.4", nil)
			b.o.Auth.TokenFile = tokenFile(t, testToken)
			b.o.KV = &config.OpenBaoKV{Mounts: []string{"kv-v2/bootstrap"}, Interval: config.Duration(time.Minute), MaxAge: config.Duration(time.Hour),
				MaxSecrets: 100}
			active := b.nodes["openbao-0"]
			active.set("kv-v2/bootstrap/metadata", reply(http.StatusOK, `{"data":{"keys":["`+name+`"]}}`))
			active.set("pki/issuers", reply(http.StatusOK, `{"data":{"keys":[`+quoted+`]}}`))
			round(t.Context(), b.start(t))
			for _, r := range active.requests() {
				path := strings.TrimPrefix(r.URL.Path, "/v1/")
				if strings.Contains(path, "..") || strings.Contains(path, "//") || strings.HasPrefix(path, "sys/raw") {
					t.Errorf("asked for %s", path)
				}
				if strings.HasPrefix(path, "pki/") && path != "pki/issuers" && r.URL.RawQuery != "" {
					t.Errorf("asked for %s with the query %s", path, r.URL.RawQuery)
				}
			}
		})
	}
}

// TestRequestsEndWithTheirContext checks that a round ends with its context.
func TestRequestsEndWithTheirContext(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	i := b.start(t)
	clients, _ := i.nodes.Current()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := clients[node(0)].Do(ctx, nodeapi.SysHealth.At("").Request); err == nil {
		t.Error("an answer")
	}
	i.pollNodesOnce(ctx) // must not add rows of failures
	if rows := rowsOf(t, b.site); len(rows) > 0 {
		t.Errorf("rows after the end:\n%s", rows)
	}
}
