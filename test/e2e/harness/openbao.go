//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// StartOpenBao starts a real OpenBao for the duration of the test.
func StartOpenBao(t *testing.T, o testbed.OpenBaoOptions) *testbed.OpenBao {
	t.Helper()
	b, err := testbed.StartOpenBao(WithoutCancel(t), t.TempDir(), o)
	Must(t, err)
	t.Cleanup(func() { Stop(t, b.Stop) })
	return b
}

// BaoConfig is the part of a configuration about an OpenBao, in a cluster that is an
// empty snapshot unless there are others.
type BaoConfig struct {
	*testbed.OpenBao

	Cluster   string   // management by default
	TokenFile string   // file
	Addresses []string // URLs; all nodes by default
	Extra     string   // further keys, each with its indentation
}

// Config returns the configuration, with the given clusters or an empty one.
func (b BaoConfig) Config(clusters string) string {
	if clusters == "" {
		clusters = "clusters:\n  - {name: management, snapshot: {path: .}}\n"
	}
	nodes := b.Addresses
	if nodes == nil {
		for _, n := range b.Nodes {
			nodes = append(nodes, n.Address)
		}
	}
	out := clusters + `collectors:
  openbao:
    - name: openbao
      cluster: ` + cmp.Or(b.Cluster, "management") + `
      interval: 1s
      timeout: 1s
` + b.Extra
	if len(nodes) > 0 {
		out += "      nodes: ['" + strings.Join(nodes, "', '") + "']\n"
	}
	if b.TokenFile != "" {
		out += "      auth: {tokenFile: " + b.TokenFile + "}\n"
	}
	return out
}

// PolicyToken writes a file with a token that has the policy of the exporter and
// nothing else.
func PolicyToken(t *testing.T, b *testbed.OpenBao, rules string) string {
	t.Helper()
	Must(t, b.PutPolicy(t.Context(), "exporter", rules))
	token, err := b.CreateToken(t.Context(), []string{"exporter"}, time.Hour)
	Must(t, err)
	file := filepath.Join(t.TempDir(), "token")
	Must(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	return file
}

// Policy returns the policy that the documentation recommends for the exporter.
func Policy() string { return openbao.Policy([]string{"pki"}, []string{"kv-v2/+"}) }

// AdminRequest sends a request with every right.
func AdminRequest(t *testing.T, b *testbed.OpenBao, method, path string, body any) {
	t.Helper()
	token, err := b.Token(t.Context())
	Must(t, err)
	status, answer, err := b.Do(t.Context(), method, path, body, token)
	Must(t, err)
	if status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
}
