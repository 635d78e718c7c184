// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// inMemory is a node whose answers are a map by path.
type inMemory map[string]nodeapi.Answer

func (n inMemory) Do(_ context.Context, r nodeapi.Request) (nodeapi.Answer, error) {
	if got, ok := n[strings.TrimSuffix(r.Path, "/")]; ok {
		return got, nil
	}
	return nodeapi.Answer{Status: http.StatusForbidden}, nil
}

func (inMemory) Login(context.Context, string, string, string) (nodeapi.Session, error) {
	return nodeapi.Session{}, failure.ErrNotInSnapshot
}
func (inMemory) Revoke(context.Context, string) {}
func (inMemory) Presented() *x509.Certificate   { return nil }
func (inMemory) Close()                         {}
func (n inMemory) Run(context.Context)          {}
func (n inMemory) Changed() <-chan struct{}     { return nil }
func (n inMemory) Known() bool                  { return true }
func (n inMemory) Current() (map[string]nodeapi.Node, failure.List) {
	return map[string]nodeapi.Node{"openbao-0": n}, nil
}

// inMemory makes the node the only one of an instance, which needs no token for it.
func (n inMemory) inMemory(i *instance) {
	i.nodes.Close()
	i.nodes, i.credentials = n, nodeapi.Credentials{Offline: true}
	i.details = i.enabledDetails()
}

const fuzzIssuer = "bbbbbbbb-0000-0000-0000-000000000001"

// fuzzed are the paths whose answers are replaced, one for each decoder.
var fuzzed = []string{
	"sys/health", "sys/seal-status", "sys/leader", "auth/token/lookup-self", "sys/storage/raft/autopilot/state",
	"sys/storage/raft/autopilot/configuration", "sys/storage/raft/configuration", "sys/ha-status", "sys/mounts", "sys/auth",
	"sys/leases/count", "sys/key-status", "sys/audit", "pki/issuers", "pki/issuer/" + fuzzIssuer + "/json",
	"pki/issuer/" + fuzzIssuer + "/crl", "pki/certs/detailed", "pki/tidy-status", "pki/config/crl", "kv-v2/openstack/metadata", "kv-v2/openstack/metadata/nova",
}

// fuzzBase returns the combined answers of the cases pki and kv.
func fuzzBase(tb testing.TB) (inMemory, config.OpenBao) {
	tb.Helper()
	answers := inMemory{}
	var o config.OpenBao
	for _, name := range []string{"pki", "kv"} {
		dir := tb.TempDir()
		o = buildCase(tb, name, dir)
		for _, path := range append(slices.Clone(fuzzed), "kv-v2/openstack/metadata/glance", "kv-v2/openstack/metadata/glance/api") {
			got, err := nodeapi.StoredNode{Dir: filepath.Join(dir, "openbao", "main", "openbao-0")}.Do(tb.Context(), nodeapi.Request{Path: path})
			if err == nil && (answers[path].Body == nil || name == "pki" == strings.HasPrefix(path, "pki")) {
				answers[path] = got
			}
		}
	}
	o.KV.MaxSecrets = 3
	return answers, o
}

// FuzzAnswers replaces one answer by any input. The other answers are still read, and the result is always a valid
// exposition.
func FuzzAnswers(f *testing.F) {
	base, o := fuzzBase(f)
	for n, path := range fuzzed {
		f.Add(byte(n), uint16(base[path].Status), base[path].Body)
		for _, body := range []string{
			`null`, `[]`, `{}`, `"x"`, ``, `<html>`, `{"data":null}`, `{"data":{}}`, `{"data":[]}`, `{"data":{"keys":[null,"","a/","a","a"],"key_info":null}}`,
			`{"data":{"term":1e308,"lease_count":-1e308,"install_time":"9999-12-31T23:59:59Z","config":{"servers":[{},null]},"nodes":[{"last_echo":"0001-01-01T00:00:00Z"},{}]}}`,
			`{"data":{"servers":{"":{"last_contact":"-9223372036854775808ns","last_index":18446744073709551615},"\ud800":{}},"leader":"x"}}`,
			`{"initialized":true,"sealed":false,"standby":false,"server_time_utc":9223372036854775807,"t":-1,"progress":9223372036854775807,"active_time":"9999-12-31T23:59:59Z","raft_committed_index":18446744073709551615}`,
			`{"initialized":true,"sealed":false,"standby":true,"leader_address":"a\nb\"c\\d"}`,
		} {
			f.Add(byte(n), uint16(http.StatusOK), []byte(body))
		}
		f.Add(byte(n), uint16(http.StatusNotFound), []byte(`{"errors":[]}`))
	}
	f.Fuzz(func(t *testing.T, which byte, status uint16, body []byte) {
		answers := maps.Clone(base)
		answers[fuzzed[int(which)%len(fuzzed)]] = nodeapi.Answer{Status: int(status), Body: body}
		site := newSite(t, newClock().now)
		i := newInstance(o, config.SecretFlow{}, site)
		answers.inMemory(i)
		site.Exposition.Swap(nil, i.Groups())
		round(t.Context(), i)
		text := serve(t, site.Exposition)
		mustParse(t, text)
		checkReasons(t, text)
	})
}

// checkReasons fails if a row has a reason outside the closed set.
func checkReasons(t *testing.T, text string) {
	t.Helper()
	for _, wrong := range rowsIn(text).with("endpoint_failing") {
		if !slices.ContainsFunc(nodeapi.Reasons(), func(r failure.Reason) bool { return strings.Contains(wrong, `reason="`+string(r)+`"`) }) {
			t.Errorf("an unknown reason: %s", wrong)
		}
	}
}

// FuzzSnapshot reads any content of a snapshot file.
func FuzzSnapshot(f *testing.F) {
	f.Add([]byte(`{"_status":200,"initialized":true,"sealed":false,"standby":false}`), []byte(`{"not_after":"2027-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"_status":0,"_reason":"timeout"}`), []byte(`{"not_after":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`{"_status":0,"_reason":"anything else\n\"{}"}`), []byte(`{"not_after":1}`))
	f.Add([]byte(`{"_status":"200"}`), []byte(`null`))
	f.Add([]byte(`<html>`), []byte(``))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, health, listener []byte) {
		node := nodeapi.StoredNode{Dir: dir}
		write(t, filepath.Join(dir, "sys-health.json"), string(health))
		write(t, filepath.Join(dir, "tls.json"), string(listener))
		site := newSite(t, time.Now)
		i := start(newConfig(), site)
		facts := nodeapi.QueryNode(t.Context(), node, time.Now)
		i.storeAnswers("openbao-0", &facts)
		i.summarize()
		text := serve(t, site.Exposition)
		mustParse(t, text)
		checkReasons(t, text)
	})
}

// postText answers requests with a text.
type postText string

func (p postText) Post(_ context.Context, _ string, _, out any) error {
	return json.Unmarshal([]byte(p), out)
}

// FuzzTokenRequest answers the request for a token with any text: there is a token or an error, which does not quote the
// answer.
func FuzzTokenRequest(f *testing.F) {
	for _, text := range []string{
		`{"kind":"TokenRequest","status":{"token":"s3cr3t"}}`, `{"status":{"token":""}}`, `{"status":{"token":["s3cr3t"]}}`, `{"status":null}`, "null", "[]", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, err := serviceAccountToken(t.Context(), postText(text), config.OpenBaoLoginProbe{})
		if (token == "") == (err == nil) {
			t.Errorf("token %q, error %v", token, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Error(err)
		}
	})
}
