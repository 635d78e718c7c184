//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestControllerMetrics checks that the metrics of the real External Secrets Operator and Flux Operator are exported
// while they respond.
func TestControllerMetrics(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, "management")
	harness.Must(t, c.ApplyCRDs(t.Context(), harness.FluxCRDs(t)...))
	eso := harness.StartExternalSecrets(t, c)
	operator := harness.StartFluxOperator(t, c)
	harness.Must(t, operator.ApplyFluxInstance(t.Context(), c))
	to := map[string]string{}
	for address, metrics := range map[string]string{"10.1.0.1:8080": eso.MetricsURL, "10.1.0.2:8080": operator.MetricsURL} {
		u, err := url.Parse(metrics)
		harness.Must(t, err)
		to[address] = u.Host
	}
	harness.Must(t, c.Apply(t.Context(),
		harness.ControllerPod("external-secrets", "external-secrets-0", "external-secrets", "10.1.0.1", "metrics"),
		harness.ControllerPod("flux-system", "flux-operator-0", "flux-operator", "10.1.0.2", "http-metrics"),
		// The pod has no loopback address, so its metrics are requested only through the API server.
		harness.ControllerPod("external-secrets", "external-secrets-webhook-0", "external-secrets-webhook", "127.0.0.1", "metrics"),
	))
	dial := func(o *app.Options) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if to[address] == "" {
				return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError("no server")}
			}
			return (&net.Dialer{}).DialContext(ctx, network, to[address])
		}
	}
	e := harness.StartExporter(t, harness.ConfigFor("collectors: {controllers: {via: direct, interval: 1s}}\n", c), dial)
	e.WaitReady(t)
	pod := func(name, pod, value string) harness.Series {
		return harness.Series{"": "cobaltcore_controller_" + name, "cluster": "management", "name": pod, "=": value}
	}
	for _, name := range []string{"external-secrets-0", "flux-operator-0"} {
		e.Expect(t, 1, pod("pod_ready", name, "1"))
		e.Expect(t, 1, pod("pod_restarts", name, "2"))
		e.Expect(t, 1, harness.Series{"": "cobaltcore_controller_pod_info", "name": name, "version": "v1.2.3"})
		e.Expect(t, 1, harness.Series{"": "cobaltcore_controller_pod_last_restart_reason", "name": name, "reason": "OOMKilled"})
		e.Expect(t, 1, pod("scrape_success", name, "1"))
		e.Expect(t, 1, pod("metrics_cut", name, "0"))
	}
	theirs := func(family, system, controller string) harness.Series {
		return harness.Series{"": family, "cluster": "management", "system": system, "controller": controller}
	}
	e.Expect(t, 1, theirs("controller_runtime_active_workers", "externalsecrets", "externalsecret"))
	e.Expect(t, 4, theirs("controller_runtime_reconcile_total", "externalsecrets", "externalsecret"))
	e.Expect(t, 4, theirs("controller_runtime_reconcile_total", "flux", "fluxinstance"))
	e.Expect(t, 1, harness.Series{"": "workqueue_depth", "component": "external-secrets", "controller_namespace": "external-secrets", "controller_pod": "external-secrets-0", "name": "clustersecretstore"})
	e.Expect(t, 0, harness.Series{"": "go_goroutines", "controller_pod": "external-secrets-0"})
	e.Expect(t, 0, harness.Series{"": "flux_instance_info", "controller_pod": "flux-operator-0"})
	failing := func(pod, reason string) harness.Series {
		return harness.Series{"": "cobaltcore_controller_scrape_failing", "name": pod, "reason": reason}
	}
	e.Expect(t, 1, failing("external-secrets-webhook-0", "decode"))

	harness.Must(t, eso.Freeze())
	e.Expect(t, 1, failing("external-secrets-0", "timeout"))
	e.Expect(t, 0, harness.Series{"": "workqueue_depth", "controller_pod": "external-secrets-0", "name": "clustersecretstore"})
	e.Expect(t, 1, pod("pod_ready", "external-secrets-0", "1")) // the status of the object does not show it
	harness.Must(t, eso.Thaw())
	e.Expect(t, 1, pod("scrape_success", "external-secrets-0", "1"))
	harness.Must(t, operator.Stop())
	e.Expect(t, 1, failing("flux-operator-0", "http"))
	harness.Must(t, c.Delete(t.Context(), harness.ControllerPod("flux-system", "flux-operator-0", "flux-operator", "10.1.0.2", "http-metrics")))
	// No kubelet ends the process, but it is no longer scraped.
	e.Expect(t, 0, failing("flux-operator-0", "http"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_collector_up", "collector": "controllers", "=": "1"})

	// The API server refuses to forward requests to itself, and there are no pods that it could reach.
	e.Configure(t, harness.ConfigFor("collectors: {controllers: {interval: 1s}}\n", c))
	e.Expect(t, 1, pod("scrape_success", "external-secrets-0", "0"))
	e.Expect(t, 1, failing("external-secrets-webhook-0", "http"))
	e.Configure(t, "clusters: [{name: management, kubeconfig: {path: "+grantList(t, c)+"}}]\ncollectors: {controllers: {interval: 1s}}\n")
	e.Expect(t, 1, failing("external-secrets-webhook-0", "forbidden"))
	e.Expect(t, 1, pod("pod_ready", "external-secrets-0", "1"))
}

// grantList returns the kubeconfig of an account that may only list pods.
func grantList(t *testing.T, c *testbed.Cluster) string {
	t.Helper()
	account := testbed.NewObject("v1", "ServiceAccount", "cobaltcore-exporter", "lister")
	role := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRole", "", "lister")
	role.Object["rules"] = []any{map[string]any{"apiGroups": []any{""}, "resources": []any{"pods"}, "verbs": []any{"list"}}}
	binding := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "lister")
	binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "lister"}
	binding.Object["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": "cobaltcore-exporter", "name": "lister"}}
	harness.Must(t, c.Apply(t.Context(), account, role, binding))
	token, err := c.ServiceAccountToken(t.Context(), "cobaltcore-exporter", "lister", time.Hour)
	harness.Must(t, err)
	config, err := clientcmd.LoadFromFile(c.Kubeconfig)
	harness.Must(t, err)
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: token}
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	harness.Must(t, clientcmd.WriteToFile(*config, file))
	return file
}
