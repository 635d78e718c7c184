// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzWebConfig reads any web configuration. An error names the file, and an accepted file has the features that it turns on.
func FuzzWebConfig(f *testing.F) {
	for _, text := range []string{
		"basic_auth_users: {a: $2y$10$abcdefghijklmnopqrstuuY0hEBCB5OB2qrPTdGCBq5Nh5rL3b8m6}\n",
		"tls_server_config: {cert_file: /dev/zero, key_file: ., client_ca_file: ''}\n",
		"http_server_config: {http2: true, headers: {X-Frame-Options: deny}}\n",
		"rate_limit: {interval: 1s, burst: -1}\n", "a: &a [*a]\n", "tls_server_config: []\n", "null", "\x00",
	} {
		f.Add([]byte(text))
	}
	file := filepath.Join(f.TempDir(), "web.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := CheckWebConfig(t.Context(), file)
		switch {
		case err != nil && (!strings.Contains(err.Error(), file) || got != WebConfig{}):
			t.Errorf("%+v: %v", got, err)
		case err == nil && got.HTTP2 && !strings.Contains(string(text), "http2"):
			t.Errorf("HTTP/2 is on: %q", text)
		}
	})
}
