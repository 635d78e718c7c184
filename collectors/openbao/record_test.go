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
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/collectortest"
)

// record records an instance and returns what the recording has for rows.
func record(t *testing.T, i *instance, takenAt time.Time) (rows, dir string, missing []fleet.Missing) {
	t.Helper()
	dir = t.TempDir()
	answers, missing, err := i.Record(t.Context(), collectors.Recording{Fleet: dir, Cluster: filepath.Join(dir, "management"), TakenAt: takenAt})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d answers, missing %v", answers, missing)
	if err := os.MkdirAll(filepath.Join(dir, "management"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := (fleet.SnapshotMeta{TakenAt: takenAt}).Write(filepath.Join(dir, "management")); err != nil {
		t.Fatal(err)
	}
	site := newSite(t, func() time.Time { return takenAt })
	site.Cluster = fleet.Cluster{Name: "management", Source: fleet.SourceSnapshot, Snapshot: &fleet.Snapshot{Path: filepath.Join(dir, "management")}}
	o := i.OpenBao
	o.Nodes, o.Auth = nil, config.OpenBaoAuth{}
	replay := start(o, site)
	round(t.Context(), replay)
	return collectortest.Lines(serve(t, site.Exposition)), dir, missing
}

// TestARecordingOfARecordingHasTheSameRows records each case of testdata.
func TestARecordingOfARecordingHasTheSameRows(t *testing.T) {
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			_, i := recordedCase(t, name, 0)
			source, _ := i.nodes.(*ask.RecordedSource)
			got, dir, missing := record(t, i, source.At)
			if diff := cmp.Diff(readGolden(t, name), got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if len(missing) > 0 {
				t.Errorf("missing: %v", missing)
			}
			checkKept(t, dir)
		})
	}
}

// checkKept looks for what nobody reads.
func checkKept(t *testing.T, dir string) {
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

// liveOnly are rows of what is measured.
var liveOnly = regexp.MustCompile(`(?m)^cobaltcore_openbao_node_response_seconds\{.*\n`)

// TestARecordingHasTheRowsOfTheRealNodes records nodes over the network.
func TestARecordingHasTheRowsOfTheRealNodes(t *testing.T) {
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
			if name == "healthy-2.4" { // where no age is close to a limit
				takenAt = takenAt.Add(-7 * time.Minute) // before the questions
			}
			got, dir, _ := record(t, i, takenAt)
			want := liveOnly.ReplaceAllString(collectortest.Lines(serve(t, b.site.Exposition)), "")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-live +recorded):\n%s", diff)
			}
			checkKept(t, dir)
		})
	}
}

// TestARecordingHasNoSecrets puts a secret wherever an answer has room for one.
func TestARecordingHasNoSecrets(t *testing.T) {
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
			text, err = json.Marshal(spoil(body, secret))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.set("sys/audit", reply(http.StatusInternalServerError, `{"errors":["failed with `+secret+`"]}`))
	}
	_, dir, _ := record(t, b.start(t), b.clock.now().Truncate(time.Second))
	checkKept(t, dir)
}

// spoil adds an unknown member to each object.
func spoil(v any, secret string) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = spoil(e, secret)
		}
		if _, ok := v["keystone-db"]; !ok {
			v["unknown"] = map[string]any{secret: []any{secret}}
		}
	case []any:
		for i, e := range v {
			v[i] = spoil(e, secret)
		}
	}
	return v
}

// TestEveryAnswerHasAShape: a snapshot keeps what is read of an answer.
func TestEveryAnswerHasAShape(t *testing.T) {
	rec := newRecorder(t.Context(), nil)
	open := []ask.Endpoint{ask.SysHealth.Endpoint, ask.SysSealStatus.Endpoint, ask.SysLeader.Endpoint, ask.PKIIssuers.Endpoint, ask.PKIIssuer.Endpoint, ask.PKICRL.Endpoint}
	for _, e := range append(ask.Endpoints(), open...) {
		if _, err := rec.shapes.Of(e.Answer); err != nil {
			t.Errorf("%s: %v", e.Path, err)
		}
	}
}

// TestTwoSecretsOfOneFile: a/b and a-b would have the same file.
func TestTwoSecretsOfOneFile(t *testing.T) {
	long := strings.Repeat("x/", 150) + "y"
	n := &recordingNode{Node: ask.Recorded{}, answers: map[string]*kept{}}
	paths := []string{"kv/metadata/a-b", "kv/metadata/a/b", "kv/metadata/" + long, "kv/metadata/" + long + "z"}
	for _, path := range paths {
		n.answers[path] = &kept{status: http.StatusOK, body: []byte(`{"data":{"path":"` + path + `"}}`)}
	}
	dir := t.TempDir()
	if count, err := n.write(dir); count != len(paths) || err != nil {
		t.Fatal(count, err)
	}
	for _, path := range paths {
		got, err := ask.Recorded{Dir: dir}.Ask(t.Context(), ask.Request{Path: path})
		if err != nil || !bytes.Contains(got.Body, []byte(`"`+path+`"`)) {
			t.Errorf("%s: %s, %v", path, got.Body, err)
		}
	}
}

// TestPagesOfCertificatesAreOneInARecording.
func TestPagesOfCertificatesAreOneInARecording(t *testing.T) {
	got := joinPages([]byte(`{"data":{"keys":["a"],"key_info":{"a":{"not_after":"2026-11-20T08:00:00Z"}}}}`), []byte(`{"data":{"keys":["b"],"key_info":{"b":{}}}}`))
	want := `{"data":{"keys":["a","b"],"key_info":{"a":{"not_after":"2026-11-20T08:00:00Z"},"b":{}}}}`
	if string(got) != want {
		t.Errorf("%s", got)
	}
}

// TestWhyNobodyWasAskedIsMissing: a snapshot has no place for it.
func TestWhyNobodyWasAskedIsMissing(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = filepath.Join(t.TempDir(), "not-there")
	_, _, missing := record(t, b.start(t), b.clock.now().Truncate(time.Second))
	want := []fleet.Missing{{Cluster: "management", OpenBao: "main", Endpoint: "tokenFile", Reason: string(probe.ReasonForbidden)}}
	if diff := cmp.Diff(want, missing); diff != "" {
		t.Error(diff)
	}
}

// TestARecordingThatRunsOutOfTimeSaysSo, and does not blame the nodes.
func TestARecordingThatRunsOutOfTimeSaysSo(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	dir := t.TempDir()
	answers, missing, err := b.start(t).Record(ctx, collectors.Recording{Fleet: dir, TakenAt: b.clock.now()})
	want := []fleet.Missing{{Cluster: "management", OpenBao: "main", Reason: string(probe.ReasonTimeout)}}
	if diff := cmp.Diff(want, missing); diff != "" || answers != 0 || err != nil {
		t.Error(diff, answers, err)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "openbao", "main", "*", "*")); len(found) > 0 {
		t.Errorf("recorded: %v", found)
	}
}
