// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkFingerprint is what each cluster costs per second, with a kubeconfig that has a hundred contexts.
func BenchmarkFingerprint(b *testing.B) {
	data := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("certificate", 100)))
	var text strings.Builder
	text.WriteString("apiVersion: v1\nkind: Config\ncurrent-context: c0\nclusters:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "- name: c%d\n  cluster:\n    server: https://c%d.example.com\n    certificate-authority-data: %s\n", i, i, data)
	}
	text.WriteString("users:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "- name: u%d\n  user:\n    client-certificate-data: %s\n    client-key-data: %s\n", i, data, data)
	}
	file := filepath.Join(b.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	if err := os.Chtimes(file, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var f Fingerprinter
	for b.Loop() {
		f.Fingerprint(b.Context(), Cluster{Kubeconfig: file})
	}
}
