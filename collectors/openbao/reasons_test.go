// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// TestReasonsOfRecordedFailures: answers of OpenBao 2.4.0, by the beginning of the
// name of their file.
func TestReasonsOfRecordedFailures(t *testing.T) {
	reasons := map[string]probe.Reason{
		"forbidden-": probe.ReasonForbidden, "leaderless-": ReasonNoLeader, "sealed-": ReasonSealed, "uninitialized-": ReasonSealed,
		"standby-redirect": ReasonNoLeader, "unknown-mount-admin": probe.ReasonNotFound, "lease-count-without-type": probe.ReasonNotFound, "kv-list-empty": "",
	}
	files, err := filepath.Glob("testdata/answers/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no answers", err)
	}
	node := recorded{"testdata/answers"}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		known := false
		for prefix, want := range reasons {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			known = true
			_, err := ask[kvNames](t.Context(), node, request{path: name, endpoint: endpoint{list: want == ""}})
			if want == "" {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if got := probe.ReasonOf(err); got != want || err == nil {
				t.Errorf("%s: %v (%v), not %s", name, got, err, want)
			}
		}
		if !known {
			t.Errorf("%s: nothing is known about it", name)
		}
	}
}

// TestAnEmptyListIsNotAMissingMount.
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
		if got := (answer{status: tc.status, body: []byte(tc.body)}).emptyList(); got != tc.want {
			t.Errorf("%d %s: empty list %v", tc.status, tc.body, got)
		}
	}
}

// TestWhyARaftServerIsUnhealthy: by the tests of autopilot, more than one of which
// may fail.
func TestWhyARaftServerIsUnhealthy(t *testing.T) {
	leader := raftServer{NodeStatus: "alive", LastContact: "0s", LastTerm: 7, LastIndex: 5000}
	settings := &autopilotSettings{LastContactThreshold: "10s", MaxTrailingLogs: 1000}
	with := func(change func(*raftServer)) raftServer { s := leader; change(&s); return s }
	for name, tc := range map[string]struct {
		server   raftServer
		leader   raftServer
		settings *autopilotSettings
		want     []string
	}{
		"contact":          {with(func(s *raftServer) { s.LastContact = "10.1s" }), leader, settings, []string{"last_contact"}},
		"contact at limit": {with(func(s *raftServer) { s.LastContact = "10s" }), leader, settings, []string{"unknown"}},
		"never in contact": {with(func(s *raftServer) { s.LastContact = "-1ns" }), leader, settings, []string{"last_contact"}},
		"left":             {with(func(s *raftServer) { s.NodeStatus = "left" }), leader, settings, []string{"left"}},
		"failed":           {with(func(s *raftServer) { s.NodeStatus = "failed" }), leader, settings, []string{"left"}},
		"behind":           {with(func(s *raftServer) { s.LastIndex = 3999 }), leader, settings, []string{"trailing_logs"}},
		"behind at limit":  {with(func(s *raftServer) { s.LastIndex = 4000 }), leader, settings, []string{"unknown"}},
		"young log":        {with(func(s *raftServer) { s.LastIndex = 0 }), with(func(s *raftServer) { s.LastIndex = 999 }), settings, []string{"unknown"}},
		"term":             {with(func(s *raftServer) { s.LastTerm = 6 }), leader, settings, []string{"term"}},
		"all":              {raftServer{LastContact: "1h"}, leader, settings, []string{"left", "last_contact", "trailing_logs", "term"}},
		"no settings":      {with(func(s *raftServer) { s.LastContact = "1h"; s.LastIndex = 0 }), leader, nil, []string{"unknown"}},
		"nonsense":         {with(func(s *raftServer) { s.LastContact = "soon" }), leader, &autopilotSettings{LastContactThreshold: "10", MaxTrailingLogs: 1 << 63}, []string{"unknown"}},
	} {
		if diff := cmp.Diff(tc.want, tc.server.unhealthy(tc.leader, tc.settings)); diff != "" {
			t.Errorf("%s: reasons (-want +got):\n%s", name, diff)
		}
	}
}

// TestErrorsQuoteNoBody: it may hold a secret, and errors are logged.
func TestErrorsQuoteNoBody(t *testing.T) {
	const secret = "s3cr3t"
	for _, body := range []string{secret, `{"keys":"` + secret + `"}`, `{"keys":["` + secret + `"`, `{"keys":{"` + secret + `":1}}`} {
		_, err := probe.Decode[kvNames]([]byte(body))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", body, err)
		}
		if err := statusFailure(endpoint{}, answer{status: 500, body: []byte(body)}); strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
