//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// renderedWith are the objects of values that are written here.
func renderedWith(t *testing.T, values string) []*unstructured.Unstructured {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	harness.Must(t, os.WriteFile(file, []byte(values), 0o600))
	text, err := renderChart(t, "--values", file)
	harness.Must(t, err)
	return decoded(t, text)
}

// TestChartToken: a pod gets the token of its account exactly if somebody asks for it.
func TestChartToken(t *testing.T) {
	t.Parallel()
	const elsewhere = `{"localCluster":{"enabled":false},"config":{"clusters":[{"name":"storage","kubeconfig":{"path":"x"}}],` +
		`"collectors":{"openbao":[{"name":"openbao","cluster":"storage","nodes":["https://openbao:8200"],"auth":`
	for name, c := range map[string]struct {
		values string
		want   bool
	}{
		"its own cluster":             {`{}`, true},
		"OpenBao with the defaults":   {elsewhere + `{"kubernetes":{}}}]}}}`, true},
		"OpenBao with a mount":        {elsewhere + `{"kubernetes":{"mount":"kubernetes/storage"}}}]}}}`, true},
		"OpenBao with a file":         {elsewhere + `{"tokenFile":"token"}}]}}}`, false},
		"OpenBao that needs no token": {elsewhere + `{}}]}}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, _ := podTemplate(t, renderedWith(t, c.values))
			if got := spec["automountServiceAccountToken"]; got != c.want {
				t.Errorf("the token is mounted: %v, want %t", got, c.want)
			}
		})
	}
}

// TestChartProbes: what the user says about a probe is added to ours, and another way to
// ask takes its place.
func TestChartProbes(t *testing.T) {
	t.Parallel()
	_, container := podTemplate(t, renderedWith(t, `{"livenessProbe":{"httpGet":{"path":"/-/ready","httpHeaders":[]}},"readinessProbe":{"tcpSocket":{"port":"metrics"}}}`))
	liveness, _ := container["livenessProbe"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"path": "/-/ready", "port": "metrics", "httpHeaders": []any{}}, liveness["httpGet"]); diff != "" {
		t.Error(diff)
	}
	readiness, _ := container["readinessProbe"].(map[string]any)
	if readiness["httpGet"] != nil || readiness["tcpSocket"] == nil {
		t.Errorf("readiness: %v", readiness)
	}
}

// TestChartTLS: with a certificate, what asks the exporter knows that it must speak TLS,
// and whose certificate to expect.
func TestChartTLS(t *testing.T) {
	t.Parallel()
	objects := renderedWith(t, `{"web":{"tlsSecretName":"exporter-tls"}}`)
	ports, _, err := unstructured.NestedSlice(ofKind(objects, "Service")[0].Object, "spec", "ports")
	harness.Must(t, err)
	if port, _ := ports[0].(map[string]any); port["appProtocol"] != "https" {
		t.Errorf("the port is %v", port)
	}
	endpoints, _, err := unstructured.NestedSlice(ofKind(objects, "ServiceMonitor")[0].Object, "spec", "endpoints")
	harness.Must(t, err)
	endpoint, _ := endpoints[0].(map[string]any)
	if diff := cmp.Diff(map[string]any{"serverName": chartName + "." + chartNamespace + ".svc"}, endpoint["tlsConfig"]); diff != "" || endpoint["scheme"] != "https" {
		t.Errorf("scheme %v, tlsConfig %s", endpoint["scheme"], diff)
	}
}
