// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// TestReasonsOfFailures has answers of OpenBao 2.4.0. The prefix of the name of a file is the expected reason.
func TestReasonsOfFailures(t *testing.T) {
	reasons := map[string]failure.Reason{
		"forbidden-": failure.ReasonForbidden, "leaderless-": ReasonNoLeader, "sealed-": ReasonSealed, "uninitialized-": ReasonSealed,
		"standby-redirect": ReasonNoLeader, "unknown-mount-admin": failure.ReasonNotFound, "lease-count-without-type": failure.ReasonNotFound, "kv-list-empty": "",
	}
	files, err := filepath.Glob("testdata/answers/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no answers", err)
	}
	node := StoredNode{"testdata/answers"}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		known := false
		for prefix, want := range reasons {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			known = true
			_, err := send(t.Context(), node, Request{Path: name, Endpoint: Endpoint{list: want == ""}})
			if want == "" {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if got := failure.ReasonOf(err); got != want || err == nil {
				t.Errorf("%s: %v (%v), not %s", name, got, err, want)
			}
		}
		if !known {
			t.Errorf("%s: nothing is known about it", name)
		}
	}
}

// TestAnEmptyListIsNotAMissingMount checks the two kinds of answers with status 404.
func TestAnEmptyListIsNotAMissingMount(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   bool
	}{
		{404, `{"errors":[]}`, true},
		{404, `{"errors":null}`, true},
		{404, `{"errors":["no handler for route \"x\". route entry not found."]}`, false},
		{404, `<html>404 page not found</html>`, false},
		{404, ``, false},
		{200, `{"errors":[]}`, false},
	} {
		if got := (Answer{Status: tc.status, Body: []byte(tc.body)}).isEmptyList(); got != tc.want {
			t.Errorf("%d %s: empty list %v", tc.status, tc.body, got)
		}
	}
}

// TestErrorsQuoteNoBody checks that errors, which are logged, do not quote a body, which may contain a secret.
func TestErrorsQuoteNoBody(t *testing.T) {
	const secret = "s3cr3t"
	for _, body := range []string{secret, `{"keys":"` + secret + `"}`, `{"keys":["` + secret + `"`, `{"keys":{"` + secret + `":1}}`} {
		_, err := httpclient.DecodeJSON[kvNames]([]byte(body))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", body, err)
		}
		if err := classifyStatus(Endpoint{}, Answer{Status: 500, Body: []byte(body)}); strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestTooManyServers checks that an answer with more servers than a cluster can have is refused.
func TestTooManyServers(t *testing.T) {
	list := func(n int, begin, server, end string) Answer {
		var all []string
		for i := range n {
			all = append(all, strings.ReplaceAll(server, "#", strconv.Itoa(i)))
		}
		return Answer{Status: 200, Body: []byte(begin + strings.Join(all, ",") + end)}
	}
	for n, want := range map[int]failure.Reason{maxServers: "", maxServers + 1: failure.ReasonTooLarge} {
		_, autopilot := RaftState.At("t").decode(list(n, `{"data":{"servers":{`, `"#":{}`, `}}}`))
		_, peers := RaftPeerSet.At("t").decode(list(n, `{"data":{"config":{"servers":[`, `{}`, `]}}}`))
		_, ha := HAStatus.At("t").decode(list(n, `{"data":{"nodes":[`, `{}`, `]}}`))
		for name, err := range map[string]error{"autopilot": autopilot, "peers": peers, "ha-status": ha} {
			if (err != nil) != (want != "") || err != nil && failure.ReasonOf(err) != want {
				t.Errorf("%s with %d servers: %v", name, n, err)
			}
		}
	}
}
