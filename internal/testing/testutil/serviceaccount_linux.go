// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testutil

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// ServiceAccountDirectory is where a pod has its service account.
const ServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

const inNamespace = "COBALTCORE_TEST_MOUNT_NAMESPACE"

// InMountNamespace runs the body of the calling test in a process of its own, in which it
// may mount. The test is skipped where user namespaces are not allowed.
func InMountNamespace(t *testing.T, body func(*testing.T)) {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		body(t)
		return
	}
	t.Parallel()
	self := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	self.Env = append(os.Environ(), inNamespace+"=1")
	self.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := self.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Skipf("no mount namespace here: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

// ServiceAccount gives the process, which must be in a mount namespace, the service account
// of a pod: a token and the CA certificate of the API server at host and port.
func ServiceAccount(t *testing.T, token string, ca *x509.Certificate, host, port string) {
	t.Helper()
	run, err := filepath.EvalSymlinks("/var/run")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", run, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(ServiceAccountDirectory, 0o700); err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw})
	for name, content := range map[string][]byte{"token": []byte(token), "ca.crt": certificate} {
		if err := os.WriteFile(filepath.Join(ServiceAccountDirectory, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", host)
	t.Setenv("KUBERNETES_SERVICE_PORT", port)
}
