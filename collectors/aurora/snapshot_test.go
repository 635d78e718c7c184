// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"bytes"
	"context"
	"crypto/tls"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

const canary = "s3cr3t-canary"

// writeSnapshot writes a snapshot of an instance, which must have no canary, and returns its rows.
func writeSnapshot(t *testing.T, i *instance) (rowSet, int) {
	t.Helper()
	dir := t.TempDir()
	w := &snapshot.Writer{Fleet: dir}
	if err := i.WriteSnapshot(t.Context(), w); err != nil || len(w.Missing) > 0 {
		t.Fatal(w.Missing, err)
	}
	site, again := snapshotAt(t, dir, 0)
	again.runChecks(t.Context())
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("%s: %s", path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rowsOf(t, site), w.Answers
}

// writable returns the rows without measurements, which a snapshot does not have.
func writable(rows rowSet) rowSet {
	maps.DeleteFunc(rows, func(row, _ string) bool {
		return strings.HasPrefix(row, "probe_duration_seconds") || strings.HasPrefix(row, "request_duration_seconds")
	})
	return rows
}

// TestSnapshotHasTheSameRows checks the rows of a snapshot for all kinds of answers, and that it has no content
// of the answers.
func TestSnapshotHasTheSameRows(t *testing.T) {
	t.Parallel()
	const json, html = "application/json", "text/html"
	for name, tc := range map[string]struct {
		change  func(*dashboard)
		answers int
	}{
		"healthy": {func(d *dashboard) {
			d.set(tokenPath, reply(200, json, `{"csrfToken":"`+canary+`","x":"`+canary+`"}`))
			d.set(sessionPath, reply(200, json, `{"result":{"data":{"token":"`+canary+`"}}}`))
			d.set("/", reply(200, html+"; charset="+canary, `<title>`+canary+`</title><div id="root">`+canary+`</div>`))
			d.set("/v3", reply(200, json, `{"version":{"id":"v3.`+canary+`"}}`))
		}, 4},
		"all versions": {func(d *dashboard) { d.set("/v3", reply(300, json, versionsBody)) }, 4},
		"content": {func(d *dashboard) {
			d.set(tokenPath, fallback)
			d.set(sessionPath, reply(200, json, `{"error":"`+canary+`"}`))
			d.set("/", reply(200, "no type; "+canary, canary))
			d.set("/v3", reply(200, json, `{"`+canary))
		}, 4},
		"statuses": {func(d *dashboard) {
			d.set(tokenPath, reply(403, json, canary))
			d.set(sessionPath, reply(404, html, canary))
			d.set("/", reply(502, html, canary))
			d.set("/v3", reply(401, json, canary))
		}, 4},
		"redirects": {func(d *dashboard) {
			d.set(tokenPath, redirect("/csrf-token/?"+canary, 308))
			d.set("/csrf-token/", reply(200, json, tokenBody))
			d.set(sessionPath, redirect("https://login.example.com/?back="+canary, 302))
			d.set("/v3", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) })
		}, 4},
		"half answers": {func(d *dashboard) {
			d.a.Timeout = config.Duration(200 * time.Millisecond)
			d.set(tokenPath, trickle)
			d.set(sessionPath, hang)
			d.set("/v3", abort)
		}, 2},
		"no Keystone": {func(d *dashboard) { d.a.KeystoneURL = "" }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDashboard(t, nil)
			tc.change(d)
			i := d.start()
			i.runChecks(t.Context())
			got, answers := writeSnapshot(t, i)
			if diff := cmp.Diff(writable(rowsOf(t, d.site)), got); diff != "" || answers != tc.answers {
				t.Errorf("%d answers, rows (-live +replayed):\n%s", answers, diff)
			}
		})
	}
}

// TestSnapshotRecordsTLSProblems also checks the expiry of presented certificates.
func TestSnapshotRecordsTLSProblems(t *testing.T) {
	t.Parallel()
	d := newDashboard(t, func(s *httptest.Server) { s.TLS = &tls.Config{MinVersion: tls.VersionTLS12} })
	d.a.KeystoneURL = "http://elsewhere.test/v3" // without a certificate
	i := d.start()
	i.runChecks(t.Context())
	want := writable(rowsOf(t, d.site))
	want.want(t, map[string]string{
		`tls_failing{check="page",problem="hostname"}`:             "1",
		`certificate_expiry_timestamp_seconds{check="page"}`:       number(d.server.Certificate().NotAfter),
		`certificate_expiry_timestamp_seconds{check="csrf_token"}`: number(d.server.Certificate().NotAfter),
		`certificate_expiry_timestamp_seconds{check="keystone"}`:   "",
	})
	got, answers := writeSnapshot(t, i)
	if diff := cmp.Diff(want, got); diff != "" || answers != 0 {
		t.Errorf("%d answers, rows (-live +replayed):\n%s", answers, diff)
	}
}

// TestSnapshotOfASnapshotHasTheSameRows copies each case of testdata.
func TestSnapshotOfASnapshotHasTheSameRows(t *testing.T) {
	t.Parallel()
	for _, dir := range directories(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			site, i := snapshotAt(t, dir, 0)
			i.runChecks(t.Context())
			got, _ := writeSnapshot(t, i)
			if diff := cmp.Diff(rowsOf(t, site), got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSnapshotTimeout checks that checks without an answer in time are reported as missing.
func TestSnapshotTimeout(t *testing.T) {
	t.Parallel()
	d := newDashboard(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	d.set("/", func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) })
	dir := t.TempDir()
	snap := &snapshot.Writer{Fleet: dir}
	err := d.start().WriteSnapshot(ctx, snap)
	want := []snapshot.Missing{{Cluster: "management", Aurora: "aurora", Reason: string(failure.ReasonTimeout)}}
	if diff := cmp.Diff(want, snap.Missing); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if files, err := os.ReadDir(filepath.Join(dir, Name, "aurora")); err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
}
