//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// renderValues returns the objects of the chart with the given values.
func renderValues(t *testing.T, values string) []*unstructured.Unstructured {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	harness.Must(t, os.WriteFile(file, []byte(values), 0o600))
	text, err := renderChart(t, "--values", file)
	harness.Must(t, err)
	return decodeObjects(t, text)
}

// TestChartToken checks that a pod gets the token of its account only if it is used, and a token with its own audience
// for OpenBao.
func TestChartToken(t *testing.T) {
	t.Parallel()
	const elsewhere = `{"localCluster":{"enabled":false},"config":{"clusters":[{"name":"storage","kubeconfig":{"path":"x"}}],` +
		`"collectors":{"openbao":[{"name":"openbao","cluster":"storage","nodes":["https://openbao:8200"],"auth":`
	const file = "/etc/cobaltcore-exporter/openbao-token/token"
	for name, c := range map[string]struct {
		values   string
		want     bool
		audience string // of the other token
		file     string // that the exporter logs in with
	}{
		"its own cluster":             {values: `{}`, want: true},
		"OpenBao with the defaults":   {values: elsewhere + `{"kubernetes":{}}}]}}}`, audience: "openbao", file: file},
		"OpenBao with a mount":        {values: elsewhere + `{"kubernetes":{"mount":"kubernetes/storage"}}}]}}}`, audience: "openbao", file: file},
		"OpenBao with an audience":    {values: elsewhere + `{"kubernetes":{}}}]}},"openbaoToken":{"audience":"bao"}}`, audience: "bao", file: file},
		"OpenBao without an audience": {values: elsewhere + `{"kubernetes":{}}}]}},"openbaoToken":{"audience":""}}`, want: true},
		"OpenBao with its own token":  {values: elsewhere + `{"kubernetes":{"tokenFile":"/t"}}}]}}}`, file: "/t"},
		"OpenBao with a file":         {values: elsewhere + `{"tokenFile":"token"}}]}}}`},
		"OpenBao that needs no token": {values: elsewhere + `{}}]}}}`},
		"Kubernetes decides":          {values: elsewhere + `{}}]}},"web":{"kubernetesAuth":{"enabled":true}}}`, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := renderValues(t, c.values)
			spec, container := podTemplate(t, objects)
			if got := spec["automountServiceAccountToken"]; got != c.want {
				t.Errorf("the token is mounted: %v, want %t", got, c.want)
			}
			text, err := yaml.Marshal(map[string]any{"volumes": spec["volumes"], "mounts": container["volumeMounts"]})
			harness.Must(t, err)
			if got := strings.Contains(string(text), "audience: "+c.audience+"\n"); got != (c.audience != "") || strings.Contains(string(text), "openbao-token") != got {
				t.Errorf("volumes, want a token with the audience %q:\n%s", c.audience, text)
			}
			text, err = yaml.Marshal(exporterConfig(t, objects))
			harness.Must(t, err)
			if got := strings.Contains(string(text), "kubernetes:") && strings.Contains(string(text), "tokenFile: "+c.file+"\n"); got != (c.file != "") {
				t.Errorf("configuration, want the file %q:\n%s", c.file, text)
			}
		})
	}
}

// TestChartProbes checks that settings of the user are merged into a default probe, and that another handler replaces
// the default handler.
func TestChartProbes(t *testing.T) {
	t.Parallel()
	_, container := podTemplate(t, renderValues(t, `{"livenessProbe":{"httpGet":{"path":"/-/ready","httpHeaders":[]}},"readinessProbe":{"tcpSocket":{"port":"metrics"}}}`))
	liveness, _ := container["livenessProbe"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"path": "/-/ready", "port": "metrics", "httpHeaders": []any{}}, liveness["httpGet"]); diff != "" {
		t.Error(diff)
	}
	readiness, _ := container["readinessProbe"].(map[string]any)
	if readiness["httpGet"] != nil || readiness["tcpSocket"] == nil {
		t.Errorf("readiness: %v", readiness)
	}
}

// TestChartTLS checks that clients of the exporter are configured for TLS and for the right certificate authority.
func TestChartTLS(t *testing.T) {
	t.Parallel()
	objects := renderValues(t, `{"web":{"tlsSecretName":"exporter-tls"}}`)
	ports, _, err := unstructured.NestedSlice(selectKinds(objects, "Service")[0].Object, "spec", "ports")
	harness.Must(t, err)
	if port, _ := ports[0].(map[string]any); port["appProtocol"] != "https" {
		t.Errorf("the port is %v", port)
	}
	endpoints, _, err := unstructured.NestedSlice(selectKinds(objects, "ServiceMonitor")[0].Object, "spec", "endpoints")
	harness.Must(t, err)
	endpoint, _ := endpoints[0].(map[string]any)
	if diff := cmp.Diff(map[string]any{"serverName": chartName + "." + chartNamespace + ".svc"}, endpoint["tlsConfig"]); diff != "" || endpoint["scheme"] != "https" {
		t.Errorf("scheme %v, tlsConfig %s", endpoint["scheme"], diff)
	}
}

// TestChartNetworkPolicy checks that only the configured peers are admitted, and that egress is open unless it is
// restricted.
func TestChartNetworkPolicy(t *testing.T) {
	t.Parallel()
	prometheus := map[string]any{
		"namespaceSelector": map[string]any{}, "podSelector": map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": "prometheus"}},
	}
	everywhere := map[string]any{"ipBlock": map[string]any{"cidr": "0.0.0.0/0"}}
	for name, c := range map[string]struct {
		values  string
		from    []any // nil: none
		egress  int   // the number of rules; 0 is open
		allPods bool
	}{
		"defaults":            {values: `{}`, from: []any{prometheus}},
		"an ingress":          {values: `{"ingress":{"enabled":true,"host":"h"},"networkPolicy":{"ingressFrom":[{"ipBlock":{"cidr":"0.0.0.0/0"}}]}}`, from: []any{prometheus, everywhere}},
		"no pods":             {values: `{"networkPolicy":{"prometheus":[]}}`},
		"egress of the user":  {values: `{"networkPolicy":{"egress":[{"ports":[{"port":443}]}]}}`, from: []any{prometheus}, egress: 2},
		"egress of the chart": {values: `{"networkPolicy":{"egressFromConfig":true}}`, from: []any{prometheus}, egress: 2},
		"both":                {values: `{"networkPolicy":{"egressFromConfig":true,"egress":[{"ports":[{"port":3128}]}]}}`, from: []any{prometheus}, egress: 3},
		"controllers asked at their addresses": {
			values: `{"networkPolicy":{"egressFromConfig":true},"config":{"collectors":{"controllers":{"via":"direct"}}}}`, from: []any{prometheus}, egress: 3, allPods: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := selectKinds(renderValues(t, c.values), "NetworkPolicy")[0].Object
			ingress, _, err := unstructured.NestedSlice(policy, "spec", "ingress")
			harness.Must(t, err)
			var from []any
			for _, rule := range ingress {
				rule, _ := rule.(map[string]any)
				peers, _ := rule["from"].([]any)
				if len(peers) == 0 {
					t.Errorf("a rule admits everything: %v", rule)
				}
				from = append(from, peers...)
			}
			if diff := cmp.Diff(c.from, from); diff != "" {
				t.Error(diff)
			}
			egress, _, err := unstructured.NestedSlice(policy, "spec", "egress")
			harness.Must(t, err)
			types, _, err := unstructured.NestedStringSlice(policy, "spec", "policyTypes")
			harness.Must(t, err)
			if len(egress) != c.egress || slices.Contains(types, "Egress") != (c.egress > 0) {
				t.Errorf("%v: %d egress rules, want %d", types, len(egress), c.egress)
			}
			if text, _ := yaml.Marshal(egress); strings.Contains(string(text), "namespaceSelector: {}") != c.allPods {
				t.Errorf("egress:\n%s", text)
			}
		})
	}
}

// TestChartRelease tests that one value sets the label by which kube-prometheus-stack selects.
func TestChartRelease(t *testing.T) {
	t.Parallel()
	objects := renderValues(t, `{"release":"kps","scrapeConfig":{"create":true}}`)
	selected := selectKinds(objects, "ServiceMonitor", "ScrapeConfig", "PrometheusRule")
	if len(selected) != 3 {
		t.Fatalf("%d objects of the operator, want 3", len(selected))
	}
	for _, o := range selected {
		if got := o.GetLabels()["release"]; got != "kps" {
			t.Errorf("%s: release %q", o.GetKind(), got)
		}
	}
}
