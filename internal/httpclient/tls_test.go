// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

func TestTLSFilesAreReadOnlyWhenTheyDiffer(t *testing.T) {
	dir := t.TempDir()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	files := TLSFiles{TLS: config.TLS{CAFile: filepath.Join(dir, "ca.pem")}}
	if c, _, err := files.Load(); c != nil || err == nil {
		t.Errorf("a file that is not there: %v, %v", c, err)
	}
	write := func(content []byte) {
		if err := os.WriteFile(files.CAFile, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remove := func() {
		if err := os.Remove(files.CAFile); err != nil {
			t.Fatal(err)
		}
	}
	write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for round, want := range []bool{true, false, false} {
		if c, changed, err := files.Load(); c == nil || changed != want || err != nil {
			t.Errorf("load %d: %v, changed %v, %v", round, c, changed, err)
		}
	}
	before, _, _ := files.Load()
	for name, spoil := range map[string]func(){"empty": func() { write(nil) }, "missing": remove} {
		spoil()
		if c, changed, err := files.Load(); c != before || changed || err == nil {
			t.Errorf("%s: %v, changed %v, %v", name, c, changed, err)
		}
	}
}
