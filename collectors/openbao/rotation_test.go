// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// TestMountsAreRotated checks that a round has a limited number of requests, and that after some rounds the rows of all
// mounts exist and stay.
func TestMountsAreRotated(t *testing.T) {
	const mounts, budget = 7, 4
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile, b.o.KV, b.o.Details.Tidy = tokenFile(t, testToken), nil, true
	active := b.nodes["openbao-0"]
	table := ""
	for n := range mounts {
		table += fmt.Sprintf(`,"pki%d/":{"type":"pki"}`, n)
		active.set(fmt.Sprintf("pki%d/issuers", n), reply(http.StatusOK, `{"data":{"keys":[]}}`))
		active.set(fmt.Sprintf("pki%d/tidy-status", n), reply(http.StatusOK, `{"data":{"state":"Running"}}`))
	}
	active.set("sys/mounts", reply(http.StatusOK, `{"data":{`+table[1:]+`}}`))
	i := b.start(t)
	i.budget = budget
	type counts struct{ IssuerRequests, IssuerRows, TidyRequests, TidyRows int }
	var got []counts
	for range 3 {
		round(t.Context(), i)
		rows, c := rowsOf(t, b.site), counts{}
		for _, r := range active.requests() {
			switch path := r.URL.Path; {
			case strings.HasSuffix(path, "/issuers"):
				c.IssuerRequests++
			case strings.HasSuffix(path, "/tidy-status"):
				c.TidyRequests++
			}
		}
		c.IssuerRows, c.TidyRows = len(rows.with("pki_issuers")), len(rows.with("pki_tidy_status"))
		got = append(got, c)
	}
	if diff := cmp.Diff([]counts{{budget, budget, budget, budget}, {budget, mounts, budget, mounts}, {budget, mounts, budget, mounts}},
		got); diff != "" {
		t.Error(diff)
	}
	rowsOf(t, b.site).want(t, map[string]string{row("requests_left", "part", "issuers"): "3", row("requests_left", "part", "tidy"): "3"})
	i.budget = 100
	round(t.Context(), i)
	rowsOf(t, b.site).want(t, map[string]string{row("requests_left", "part", "issuers"): "", row("requests_left", "part", "tidy"): ""})
}

// TestSecretsAreRotated checks an ExternalSecret with more references than a turn has requests.
func TestSecretsAreRotated(t *testing.T) {
	const budget = 3
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile, b.o.KV = tokenFile(t, testToken), nil
	b.site.Flow = secretflow.NewGraph(true)
	var keys []string
	for n := range 7 {
		keys = append(keys, fmt.Sprintf("kv-v2/bootstrap/data/s%d", n))
		b.nodes["openbao-0"].set(fmt.Sprintf("kv-v2/bootstrap/metadata/s%d", n), reply(http.StatusNotFound, `{"errors":[]}`))
	}
	refer(t, b.site.Flow, keys...)
	i := withFlow(t, b)
	i.budget = budget
	var got [][2]int
	for range 4 {
		round(t.Context(), i)
		asked := 0
		for _, r := range b.nodes["openbao-0"].requests() {
			if strings.Contains(r.URL.Path, "/metadata/") {
				asked++
			}
		}
		got = append(got, [2]int{asked, strings.Count(serve(t, b.site.Exposition), "\ncobaltcore_secretflow_stored_version{")})
	}
	if diff := cmp.Diff([][2]int{{3, 3}, {3, 6}, {3, 7}, {3, 7}}, got); diff != "" {
		t.Error(diff)
	}
	rowsOf(t, b.site).want(t, map[string]string{row("requests_left", "part", flowDetail): "4"})
}

// TestIssuersAreRotated checks a mount with more issuers than a round has requests.
func TestIssuersAreRotated(t *testing.T) {
	i := &instance{budget: 3, issuers: map[string]nodeapi.Issuer{}}
	i.Expect.Mounts = map[string]string{"pki": "pki"}
	answers := inMemory{"pki/issuers": {Status: http.StatusOK, Body: []byte(`{"data":{"keys":["a","b","c","d"]}}`)}}
	facts := &nodeapi.ClusterAnswers{Mounts: &nodeapi.MountTable{"pki": {Type: "pki"}}}
	i.queryIssuers(t.Context(), answers, facts)
	if facts.Skipped != 2 || len(facts.PKI.Mounts) != 1 || len(facts.Failures) != 2 {
		t.Errorf("%+v", facts)
	}
}

// unresponsiveNode answers nothing.
type unresponsiveNode struct {
	inMemory

	requests int
}

func (n *unresponsiveNode) Do(context.Context, nodeapi.Request) (nodeapi.Answer, error) {
	n.requests++
	return nodeapi.Answer{}, context.DeadlineExceeded
}

// TestUnresponsiveMounts checks that a round does not wait for each of them.
func TestUnresponsiveMounts(t *testing.T) {
	i, node := &instance{budget: 100, issuers: map[string]nodeapi.Issuer{}}, &unresponsiveNode{}
	i.Expect.Mounts = map[string]string{}
	for n := range 50 {
		i.Expect.Mounts[fmt.Sprintf("pki%d", n)] = "pki"
	}
	facts := &nodeapi.ClusterAnswers{}
	i.queryIssuers(t.Context(), node, facts)
	if node.requests != maxFlowFailures || facts.Skipped != 50-maxFlowFailures || !facts.PKI.Partial {
		t.Errorf("%d were asked, %d are left", node.requests, facts.Skipped)
	}
}
