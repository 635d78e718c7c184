// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestServiceAccountIsNoFallback runs in a process with the service account of a pod. No invalid kubeconfig may lead to
// the cluster of the pod.
func TestServiceAccountIsNoFallback(t *testing.T) {
	testutil.InMountNamespace(t, serviceAccountIsNoFallback)
}

func serviceAccountIsNoFallback(t *testing.T) {
	files := t.TempDir()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	testutil.ServiceAccount(t, "pod-t0ken", server.Certificate(), "192.0.2.1", "443")
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
		if config, err := c.Connect(t.Context()); err == nil {
			t.Errorf("%s: connects to %s", name, config.Host)
		}
		if config, reason := fromSecret([]byte(text), allowances{allowInsecure, allowLoopback}); reason == "" {
			t.Errorf("%s in a Secret: connects to %s", name, config.Host)
		}
	}
	if _, err := (Cluster{Name: "here", Source: SourceInCluster}).Connect(t.Context()); err != nil {
		t.Errorf("in-cluster: %v", err)
	}
	write(t, filepath.Join(testutil.ServiceAccountDirectory, "ca.crt"), "")
	if _, err := (Cluster{Name: "here", Source: SourceInCluster}).Connect(t.Context()); err == nil {
		t.Error("in-cluster: without a CA certificate, the CAs of the system are trusted")
	}
}
