//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// endpointSlice returns an EndpointSlice of the headless Service. The API server refuses loopback
// addresses, so the slice has other addresses, see redirectNodes.
func endpointSlice(ready bool, pods map[string]string) *unstructured.Unstructured {
	o := testbed.NewObject("discovery.k8s.io/v1", "EndpointSlice", "openbao-system", "openbao-internal-x")
	o.SetLabels(map[string]string{"kubernetes.io/service-name": "openbao-internal"})
	o.Object["addressType"] = "IPv4"
	o.Object["ports"] = []any{map[string]any{"name": "https", "port": int64(8200)}}
	var endpoints []any
	for pod, address := range pods {
		endpoints = append(endpoints, map[string]any{
			"addresses": []any{address}, "hostname": pod,
			"conditions": map[string]any{"ready": ready, "serving": ready, "terminating": false},
			"targetRef":  map[string]any{"kind": "Pod", "namespace": "openbao-system", "name": pod},
		})
	}
	o.Object["endpoints"] = endpoints
	return o
}

// redirectNodes connects to a node instead of the given address.
func redirectNodes(t *testing.T, to map[string]*testbed.OpenBaoNode) func(*app.Options) {
	return func(o *app.Options) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			harness.Must(t, err)
			if n := to[host]; n != nil {
				u, err := url.Parse(n.Address)
				harness.Must(t, err)
				address = u.Host
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	}
}

// TestOpenBaoInKubernetes discovers the nodes in EndpointSlices, and logs in with a service
// account token: as the exporter, and like the workloads of the cluster.
func TestOpenBaoInKubernetes(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, "management")
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{TLS: true})
	harness.Must(t, b.SeedReference(t.Context()))
	harness.Must(t, b.PutPolicy(t.Context(), "cobaltcore-exporter", harness.Policy()))
	account := testbed.NewObject("v1", "ServiceAccount", "cobaltcore-exporter", "cobaltcore-exporter")
	probed := testbed.NewObject("v1", "ServiceAccount", "cobaltcore-exporter", "cobaltcore-exporter-probe")
	harness.Must(t, c.Apply(t.Context(), account, probed, endpointSlice(true, map[string]string{"openbao-0": "10.1.0.1", "openbao-1": "10.1.0.2"})))
	harness.Must(t, b.ConfigureKubernetesAuth(t.Context(), "kubernetes/management", c))
	own := openbao.NewRole("cobaltcore-exporter", "cobaltcore-exporter", "cobaltcore-exporter")
	own.Audience = openbao.Audience
	for name, role := range map[string]openbao.Role{
		"cobaltcore-exporter":       own,
		"cobaltcore-exporter-probe": openbao.NewRole("cobaltcore-exporter", "cobaltcore-exporter-probe"),
	} {
		var body map[string]any
		text, err := json.Marshal(role)
		harness.Must(t, err)
		harness.Must(t, json.Unmarshal(text, &body))
		harness.AdminRequest(t, b, http.MethodPost, "auth/kubernetes/management/role/"+name, body)
	}
	jwt, err := c.ServiceAccountToken(t.Context(), "cobaltcore-exporter", "cobaltcore-exporter", time.Hour, openbao.Audience)
	harness.Must(t, err)
	checkToken(t, c, jwt, false)
	tokenFile := filepath.Join(t.TempDir(), "jwt")
	harness.Must(t, os.WriteFile(tokenFile, []byte(jwt+"\n"), 0o600))

	at := map[string]*testbed.OpenBaoNode{"10.1.0.1": b.Nodes[0], "10.1.0.2": b.Nodes[1], "10.1.0.3": b.Nodes[2]}
	e := harness.StartExporter(t, harness.BaoConfig{OpenBao: b, Addresses: []string{}, Extra: `      service: {namespace: openbao-system, name: openbao-internal}
      tls: {caFile: ` + b.TLS.CAFile + `}
      auth: {kubernetes: {tokenFile: ` + tokenFile + `}}
      loginProbe: {enabled: true, interval: 1s}
`}.Config(harness.ConfigFor("", c)), redirectNodes(t, at))

	pod := func(name, value string) harness.Series {
		return harness.Series{"": "cobaltcore_openbao_node_up", "node": name, "=": value}
	}
	e.Expect(t, 1, pod("openbao-0", "1"))
	e.Expect(t, 1, pod("openbao-1", "1"))
	e.Expect(t, 1, state("down", "0"))
	harness.Must(t, c.Apply(t.Context(), endpointSlice(false, map[string]string{"openbao-0": "10.1.0.1", "openbao-1": "10.1.0.2", "openbao-2": "10.1.0.3"})))
	e.Expect(t, 1, pod("openbao-2", "1"))
	e.Expect(t, 10, metric("mount_present", "1"))
	e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_endpoint_failing"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_exporter_token_expiry_timestamp_seconds"})
	harness.Must(t, c.Apply(t.Context(), endpointSlice(true, map[string]string{"openbao-0": "10.1.0.1", "openbao-1": "10.1.0.2"})))
	e.Expect(t, 0, pod("openbao-2", "1"))
	e.Expect(t, 0, pod("openbao-2", "0"))

	probe := func(value string) harness.Series {
		return harness.Series{"": "cobaltcore_openbao_auth_probe_success", "cluster": "management", "mount": "kubernetes/management", "openbao": "openbao", "=": value}
	}
	e.Expect(t, 1, probe("1"))
	binding := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "openbao-reviewer")
	harness.Must(t, c.Delete(t.Context(), binding)) // OpenBao is no longer permitted to review tokens
	e.Expect(t, 1, probe("0"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_auth_probe_failing", "step": "login", "reason": "forbidden", "=": "1"})
	harness.Must(t, b.ConfigureKubernetesAuth(t.Context(), "kubernetes/management", c))
	e.Expect(t, 1, probe("1"))

	jwt, err = c.ServiceAccountToken(t.Context(), "cobaltcore-exporter", "cobaltcore-exporter", time.Hour)
	harness.Must(t, err)
	checkToken(t, c, jwt, true)
	login := map[string]any{"role": "cobaltcore-exporter", "jwt": jwt}
	if code, _, err := b.Do(t.Context(), http.MethodPost, "auth/kubernetes/management/login", login, ""); err != nil || code != http.StatusForbidden {
		t.Errorf("OpenBao answers %d to a token with the audience of the API server: %v", code, err)
	}

	harness.Must(t, c.StopAPIServer())
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_endpoint_failing", "endpoint": "endpointslices"})
	e.Expect(t, 1, pod("openbao-0", "1")) // known nodes stay
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_auth_probe_failing", "step": "token"})
}

// checkToken checks whether the API server accepts a token.
func checkToken(t *testing.T, c *testbed.Cluster, token string, want bool) {
	t.Helper()
	config := rest.AnonymousClientConfig(c.Config)
	config.BearerToken = token
	client, err := rest.HTTPClientFor(config)
	harness.Must(t, err)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+"/api/v1/pods", nil)
	harness.Must(t, err)
	answer, err := client.Do(request)
	harness.Must(t, err)
	harness.Must(t, answer.Body.Close())
	if got := answer.StatusCode != http.StatusUnauthorized; got != want {
		t.Errorf("the API server returned %s to the token", answer.Status)
	}
}
