// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// TestJournalLogsOnce checks that a failure is logged once, also if an endpoint fails for two reasons or a thousand
// times.
func TestJournalLogsOnce(t *testing.T) {
	var log bytes.Buffer
	j := NewJournal(slog.New(slog.NewTextHandler(&log, nil)))
	turn := List{
		{Endpoint: "a", Err: Errorf(ReasonHTTP, "one")}, {Endpoint: "a", Err: Errorf(ReasonDecode, "two")},
		{Endpoint: "a", Err: Errorf(ReasonHTTP, "three")}, {Endpoint: "b", Err: Errorf(ReasonHTTP, "four"), Skipped: true},
	}
	for range 3 {
		j.Note("cluster", turn)
	}
	if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), `endpoints="a b"`) {
		t.Errorf("%d lines: %s", n, log.String())
	}
	if got := j.Errors(); got["http"] != 6 || got["decode"] != 3 {
		t.Error(got)
	}
	log.Reset()
	j.Note("cluster", List{{Endpoint: "a", Err: Errorf(ReasonDecode, "two")}})
	j.Note("cluster", nil)
	if n := strings.Count(log.String(), "requests succeed again"); n != 2 || strings.Count(log.String(), "level=WARN") != 0 {
		t.Error(log.String())
	}
	var none List
	none.Add("x", ErrNotInSnapshot)
	none.Skip("x", ErrNotInSnapshot)
	if len(none) != 0 {
		t.Error("what a snapshot does not have is a failure")
	}
}
