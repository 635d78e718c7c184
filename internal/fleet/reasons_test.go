// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// clientPair returns a certificate that expires at a time, and its key.
func clientPair(t *testing.T, end time.Time) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.Add(-time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}))
}

// TestReasonsOfConnections checks that each failure has the same reason in every attempt, and that none of these
// requests reaches the server.
func TestReasonsOfConnections(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") }))
	t.Cleanup(server.Close)
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	dir := t.TempDir()
	expired := time.Now().Add(-time.Hour).Truncate(time.Second)
	certificate, key := clientPair(t, expired)
	write(t, filepath.Join(dir, "ca.pem"), ca)
	write(t, filepath.Join(dir, "client.pem"), certificate)
	write(t, filepath.Join(dir, "key.pem"), key)
	plugin := func(command string) string {
		return "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: " + command + "}"
	}
	for name, tc := range map[string]struct {
		user string
		want failure.Reason
	}{
		"plugin does not exist": {plugin("/does/not/exist"), failure.ReasonCredentials},
		"plugin not in PATH":    {plugin("cobaltcore-no-such-plugin"), failure.ReasonCredentials},
		"plugin fails":          {plugin("'false'"), failure.ReasonCredentials},
		"plugin prints garbage": {plugin("echo"), failure.ReasonCredentials},
		"plugin prints no token": {plugin(`echo, args: ['{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}']`),
			failure.ReasonCredentials},
		"certificate expired": {"client-certificate: client.pem, client-key: key.pem", failure.ReasonTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, filepath.Join(dir, strings.ReplaceAll(name, " ", "-")), fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: %q, certificate-authority: ca.pem}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {%s}}]
`, server.URL, tc.user))
			c := NewClient(Cluster{Name: "storage", Source: SourceKubeconfig, Kubeconfig: file}, ClientOptions{})
			t.Cleanup(c.Close)
			for range 3 {
				if err := c.Get(t.Context(), "/version", nil, &struct{}{}); failure.Classify(err) != tc.want {
					t.Errorf("%s, want %s: %v", failure.Classify(err), tc.want, err)
				}
			}
			if _, end, _ := c.Expiry(t.Context()); tc.want == failure.ReasonTLS && !end.Equal(expired) {
				t.Errorf("the certificate expires at %s, want %s", end, expired)
			}
		})
	}
}

// TestCAFileThatIsRotated checks that a rotated CA file is used without a change of the kubeconfig.
func TestCAFileThatIsRotated(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "{}") }))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	other, _ := clientPair(t, time.Now().Add(time.Hour))
	ca := write(t, filepath.Join(dir, "ca.pem"), other)
	file := write(t, filepath.Join(dir, "kubeconfig"), fmt.Sprintf(`{current-context: c, clusters: [{name: c, cluster: {server: %q, certificate-authority: ca.pem}}],
contexts: [{name: c, context: {cluster: c}}]}`, server.URL))
	c := NewClient(Cluster{Name: "storage", Kubeconfig: file}, ClientOptions{})
	t.Cleanup(c.Close)
	if err := c.Get(t.Context(), "/", nil, &struct{}{}); failure.Classify(err) != failure.ReasonTLS {
		t.Errorf("another CA: %v", err)
	}
	for _, text := range []string{"", "# being rotated\n"} {
		write(t, ca, text)
		if _, err := (Cluster{Name: "storage", Kubeconfig: file}).Connect(t.Context()); err == nil {
			t.Errorf("with the CA file %q, the CAs of the system are trusted", text)
		}
	}
	write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	if err := c.Get(t.Context(), "/", nil, &struct{}{}); err != nil {
		t.Errorf("the CA file was rotated: %v", err)
	}
}

// TestExecPlugin checks that the time in which the plugin runs does not count as time of the server, and that expired
// credentials are sent, so that the server refuses them.
func TestExecPlugin(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer expired" {
			t.Errorf("asked with %q", r.Header.Get("Authorization"))
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { // the plugin ends, and the next one does not wait
		if f, err := os.OpenFile(pipe, os.O_RDWR, 0); err == nil {
			_ = os.Remove(pipe)
			_ = f.Close()
		}
	})
	for name, tc := range map[string]struct {
		command string
		timeout time.Duration
		want    failure.Reason
	}{
		"hangs": {fmt.Sprintf("cat, args: [%q]", pipe), time.Second, failure.ReasonCredentials},
		"prints an expired token": {`echo, args: ['{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",` +
			`"status":{"token":"expired","expirationTimestamp":"2020-01-01T00:00:00Z"}}']`, time.Minute, failure.ReasonUnauthorized},
	} {
		file := write(t, filepath.Join(dir, strings.ReplaceAll(name, " ", "-")), fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: %q, insecure-skip-tls-verify: true}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: %s}}}]
`, server.URL, tc.command))
		c := NewClient(Cluster{Name: "storage", Source: SourceKubeconfig, Kubeconfig: file}, ClientOptions{})
		t.Cleanup(c.Close)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), tc.timeout)
			if err := c.Get(ctx, "/version", nil, &struct{}{}); failure.Classify(err) != tc.want {
				t.Errorf("%s: %s, want %s: %v", name, failure.Classify(err), tc.want, err)
			}
			cancel()
		}
	}
}
