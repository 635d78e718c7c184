// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"k8s.io/client-go/rest"
)

const inNamespace = "COBALTCORE_TEST_SERVICE_ACCOUNT"

// TestServiceAccountIsNoFallback runs itself in a mount namespace that has the service
// account of a pod: no broken kubeconfig may lead to the cluster of the pod.
func TestServiceAccountIsNoFallback(t *testing.T) {
	if os.Getenv(inNamespace) != "" {
		serviceAccountIsNoFallback(t)
		return
	}
	self := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	self.Env = append(os.Environ(), inNamespace+"=1", "KUBERNETES_SERVICE_HOST=192.0.2.1", "KUBERNETES_SERVICE_PORT=443")
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

func serviceAccountIsNoFallback(t *testing.T) {
	const dir = "/var/run/secrets/kubernetes.io/serviceaccount"
	run, err := filepath.EvalSymlinks("/var/run")
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	if err := syscall.Mount("tmpfs", run, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	write(t, filepath.Join(dir, "token"), "pod-t0ken")
	write(t, filepath.Join(dir, "ca.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	if config, err := rest.InClusterConfig(); err != nil || config.BearerToken != "pod-t0ken" {
		t.Fatalf("there is no service account: %v", err)
	}
	for name, text := range map[string]string{
		"empty": "", "header only": "apiVersion: v1\nkind: Config\n", "nothing": "{}", "comment": "# soon\n",
		"no current context": strings.Replace(kubeconfig, "current-context: first\n", "", 1),
		"no clusters":        "apiVersion: v1\nkind: Config\ncurrent-context: first\ncontexts: [{name: first, context: {cluster: a, user: u}}]\n",
		"no server":          strings.Replace(kubeconfig, "https://a.example.com", "", 1),
	} {
		c := Cluster{Name: "storage", Source: SourceKubeconfig, Kubeconfig: write(t, filepath.Join(files, "kubeconfig"), text)}
		if config, err := c.Connect(); err == nil {
			t.Errorf("%s: connects to %s", name, config.Host)
		}
		if config, reason := fromSecret([]byte(text), true); reason == "" {
			t.Errorf("%s in a Secret: connects to %s", name, config.Host)
		}
	}
	if _, err := (Cluster{Name: "here", Source: SourceInCluster}).Connect(); err != nil {
		t.Errorf("in-cluster: %v", err)
	}
	write(t, filepath.Join(dir, "ca.crt"), "")
	if _, err := (Cluster{Name: "here", Source: SourceInCluster}).Connect(); err == nil {
		t.Error("in-cluster: without a CA certificate, the CAs of the system are trusted")
	}
}
