// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// writeSnapshot writes a snapshot of an instance and returns its rows.
func writeSnapshot(t *testing.T, i *instance, takenAt time.Time) (rows, dir string, missing []snapshot.Missing) {
	t.Helper()
	dir = t.TempDir()
	w := &snapshot.Writer{Fleet: dir, Cluster: filepath.Join(dir, "management"), TakenAt: takenAt}
	if err := i.WriteSnapshot(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d answers, missing %v", w.Answers, w.Missing)
	if err := os.MkdirAll(filepath.Join(dir, "management"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := (snapshot.Meta{TakenAt: takenAt}).Write(filepath.Join(dir, "management")); err != nil {
		t.Fatal(err)
	}
	site := newSite(t, func() time.Time { return takenAt })
	site.Cluster = fleet.Cluster{Name: "management", Source: fleet.SourceSnapshot, Snapshot: &snapshot.Dir{Path: filepath.Join(dir, "management")}}
	o := i.OpenBao
	o.Nodes, o.Auth = nil, config.OpenBaoAuth{}
	replay := start(o, site)
	round(t.Context(), replay)
	return collectortest.Lines(serve(t, site.Exposition)), dir, w.Missing
}

// TestSnapshotOfASnapshotHasTheSameRows copies each case of testdata.
func TestSnapshotOfASnapshotHasTheSameRows(t *testing.T) {
	for _, name := range loadCases(t) {
		t.Run(name, func(t *testing.T) {
			_, i := snapshotCase(t, name, new(time.Duration))
			source, _ := i.nodes.(*nodeapi.StoredNodes)
			got, dir, missing := writeSnapshot(t, i, source.TakenAt)
			if diff := cmp.Diff(readGolden(t, name), got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if len(missing) > 0 {
				t.Errorf("missing: %v", missing)
			}
			checkRecorded(t, dir)
		})
	}
}

// checkRecorded fails if a snapshot has fields that are not read.
func checkRecorded(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		text, err := os.ReadFile(path)
		for _, word := range []string{
			"accessor", "display_name", "policies", "entity_id", "request_id", "lease_id", "custom_metadata", "file_path", "wrap_info", "s3cr3t", "hunter2",
		} {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%s has %s: %s", path, word, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// liveOnly matches rows of measurements.
var liveOnly = regexp.MustCompile(`(?m)^cobaltcore_openbao_node_response_seconds\{.*\n`)

// TestSnapshotHasTheRowsOfTheRealNodes takes a snapshot of nodes over the network.
func TestSnapshotHasTheRowsOfTheRealNodes(t *testing.T) {
	for _, name := range []string{"healthy-2.4", "leader-sealed", "all-sealed", "partial", "kv", "pki", "forbidden", "garbage"} {
		t.Run(name, func(t *testing.T) {
			b := newBao(t, name, nil)
			b.o.Auth.TokenFile = filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(b.o.Auth.TokenFile, []byte("s3cr3t-token"), 0o600); err != nil {
				t.Fatal(err)
			}
			b.o.Details.Audit, b.o.Details.Certificates, b.o.Details.Tidy = true, true, true
			i := b.start(t)
			takenAt := b.clock.now().Truncate(time.Second)
			if name == "healthy-2.4" { // no age in it is close to a limit
				takenAt = takenAt.Add(-7 * time.Minute) // before the requests
			}
			got, dir, _ := writeSnapshot(t, i, takenAt)
			want := liveOnly.ReplaceAllString(collectortest.Lines(serve(t, b.site.Exposition)), "")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-live +snapshot):\n%s", diff)
			}
			checkRecorded(t, dir)
		})
	}
}

// TestSnapshotHasNoSecrets adds a secret to each place of an answer that may have unknown members.
func TestSnapshotHasNoSecrets(t *testing.T) {
	const secret = "s3cr3t"
	b := newBao(t, "kv", nil)
	b.o.Auth.TokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(b.o.Auth.TokenFile, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range b.nodes {
		files, err := filepath.Glob(filepath.Join(s.node.Dir, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			var body any
			if err != nil || json.Unmarshal(text, &body) != nil {
				continue
			}
			text, err = json.Marshal(corrupt(body, secret))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.set("sys/audit", reply(http.StatusInternalServerError, `{"errors":["failed with `+secret+`"]}`))
	}
	_, dir, _ := writeSnapshot(t, b.start(t), b.clock.now().Truncate(time.Second))
	checkRecorded(t, dir)
}

// corrupt adds an unknown member to each object.
func corrupt(v any, secret string) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = corrupt(e, secret)
		}
		if _, ok := v["keystone-db"]; !ok {
			v["unknown"] = map[string]any{secret: []any{secret}}
		}
	case []any:
		for i, e := range v {
			v[i] = corrupt(e, secret)
		}
	}
	return v
}

// TestEveryAnswerHasAShape checks that the fields that a snapshot keeps are declared for all answers.
func TestEveryAnswerHasAShape(t *testing.T) {
	keeper := newRecorder(t.Context(), nil)
	open := []nodeapi.Endpoint{nodeapi.SysHealth.Endpoint, nodeapi.SysSealStatus.Endpoint, nodeapi.SysLeader.Endpoint,
		nodeapi.PKIIssuers.Endpoint, nodeapi.PKIIssuer.Endpoint, nodeapi.PKICRL.Endpoint}
	for _, e := range append(nodeapi.Endpoints(), open...) {
		if _, err := keeper.shapes.ForType(e.Answer); err != nil {
			t.Errorf("%s: %v", e.Path, err)
		}
	}
}

// TestSnapshotJoinsPagesOfCertificates checks that all pages are in one file.
func TestSnapshotJoinsPagesOfCertificates(t *testing.T) {
	got := joinPages([]byte(`{"data":{"keys":["a"],"key_info":{"a":{"not_after":"2026-11-20T08:00:00Z"}}}}`), []byte(`{"data":{"keys":["b"],"key_info":{"b":{}}}}`))
	want := `{"data":{"keys":["a","b"],"key_info":{"a":{"not_after":"2026-11-20T08:00:00Z"},"b":{}}}}`
	if string(got) != want {
		t.Errorf("%s", got)
	}
}

// TestReasonOfMissingAnswers checks that a snapshot lists the reason of missing answers.
func TestReasonOfMissingAnswers(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = filepath.Join(t.TempDir(), "not-there")
	_, _, missing := writeSnapshot(t, b.start(t), b.clock.now().Truncate(time.Second))
	want := []snapshot.Missing{{Cluster: "management", OpenBao: "main", Endpoint: "tokenFile", Reason: string(failure.ReasonForbidden)}}
	if diff := cmp.Diff(want, missing); diff != "" {
		t.Error(diff)
	}
}

// TestSnapshotTimeout checks that the timeout is recorded, and not as a failure of the nodes.
func TestSnapshotTimeout(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	dir := t.TempDir()
	w := &snapshot.Writer{Fleet: dir, TakenAt: b.clock.now()}
	err := b.start(t).WriteSnapshot(ctx, w)
	want := []snapshot.Missing{{Cluster: "management", OpenBao: "main", Reason: string(failure.ReasonTimeout)}}
	if diff := cmp.Diff(want, w.Missing); diff != "" || w.Answers != 0 || err != nil {
		t.Error(diff, w.Answers, err)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "openbao", "main", "*", "*")); len(found) > 0 {
		t.Errorf("written: %v", found)
	}
}
