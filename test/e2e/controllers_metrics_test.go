//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// controllerPod is a pod as if kubelet had started it. The address leads nowhere:
// the API server refuses loopback addresses.
func controllerPod(namespace, name, component, address, port string) *unstructured.Unstructured {
	pod := testbed.NewObject("v1", "Pod", namespace, name)
	pod.SetLabels(map[string]string{"app.kubernetes.io/name": component})
	pod.Object["spec"] = map[string]any{
		"nodeName": "node-0", "automountServiceAccountToken": false,
		"containers": []any{map[string]any{
			"name": "manager", "image": "registry.example.com/" + component + ":v1.2.3",
			"ports": []any{map[string]any{"name": port, "containerPort": int64(8080), "protocol": "TCP"}},
		}},
	}
	pod.Object["status"] = map[string]any{
		"phase": "Running", "podIP": address, "podIPs": []any{map[string]any{"ip": address}},
		"conditions": []any{map[string]any{"type": "Ready", "status": "True"}},
		"containerStatuses": []any{map[string]any{
			"name": "manager", "image": "registry.example.com/" + component + ":v1.2.3", "imageID": "", "ready": true, "restartCount": int64(2), "started": true,
			"state":     map[string]any{"running": map[string]any{"startedAt": "2026-11-23T10:00:00Z"}},
			"lastState": map[string]any{"terminated": map[string]any{"exitCode": int64(137), "reason": "OOMKilled", "finishedAt": "2026-11-23T09:59:59Z"}},
		}},
	}
	return pod
}

// TestControllersTellOfThemselves: the metrics of the real External Secrets Operator
// and Flux Operator are exported again, as long as they answer.
func TestControllersTellOfThemselves(t *testing.T) {
	t.Parallel()
	c := startCluster(t, "management")
	must(t, c.ApplyCRDs(t.Context(), fluxCRDs(t)...))
	eso := startExternalSecrets(t, c)
	operator := startFluxOperator(t, c)
	must(t, operator.ApplyFluxInstance(t.Context(), c))
	to := map[string]string{}
	for address, metrics := range map[string]string{"10.1.0.1:8080": eso.MetricsURL, "10.1.0.2:8080": operator.MetricsURL} {
		u, err := url.Parse(metrics)
		must(t, err)
		to[address] = u.Host
	}
	must(t, c.Apply(t.Context(),
		controllerPod("external-secrets", "external-secrets-0", "external-secrets", "10.1.0.1", "metrics"),
		controllerPod("flux-system", "flux-operator-0", "flux-operator", "10.1.0.2", "http-metrics"),
		// Apart from the objects nothing of it is there.
		controllerPod("external-secrets", "external-secrets-webhook-0", "external-secrets-webhook", "127.0.0.1", "metrics"),
	))
	dial := func(o *app.Options) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if to[address] == "" {
				return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError("nobody is there")}
			}
			return (&net.Dialer{}).DialContext(ctx, network, to[address])
		}
	}
	e := startExporter(t, configFor("collectors: {controllers: {via: direct, interval: 1s}}\n", c), dial)
	e.ready(t)
	pod := func(name, pod, value string) series {
		return series{"": "cobaltcore_controller_" + name, "cluster": "management", "name": pod, "=": value}
	}
	for _, name := range []string{"external-secrets-0", "flux-operator-0"} {
		e.expect(t, 1, pod("pod_ready", name, "1"))
		e.expect(t, 1, pod("pod_restarts", name, "2"))
		e.expect(t, 1, series{"": "cobaltcore_controller_pod_info", "name": name, "version": "v1.2.3"})
		e.expect(t, 1, series{"": "cobaltcore_controller_pod_last_restart_reason", "name": name, "reason": "OOMKilled"})
		e.expect(t, 1, pod("scrape_success", name, "1"))
		e.expect(t, 1, pod("metrics_cut", name, "0"))
	}
	theirs := func(family, system, controller string) series {
		return series{"": family, "cluster": "management", "system": system, "controller": controller}
	}
	e.expect(t, 1, theirs("controller_runtime_active_workers", "externalsecrets", "externalsecret"))
	e.expect(t, 4, theirs("controller_runtime_reconcile_total", "externalsecrets", "externalsecret"))
	e.expect(t, 4, theirs("controller_runtime_reconcile_total", "flux", "fluxinstance"))
	e.expect(t, 1, series{"": "workqueue_depth", "component": "external-secrets", "controller_namespace": "external-secrets", "controller_pod": "external-secrets-0", "name": "clustersecretstore"})
	e.expect(t, 0, series{"": "go_goroutines", "controller_pod": "external-secrets-0"})
	e.expect(t, 0, series{"": "flux_instance_info", "controller_pod": "flux-operator-0"})
	failing := func(pod, reason string) series {
		return series{"": "cobaltcore_controller_scrape_failing", "name": pod, "reason": reason}
	}
	e.expect(t, 1, failing("external-secrets-webhook-0", "http"))

	must(t, eso.Freeze())
	e.expect(t, 1, failing("external-secrets-0", "timeout"))
	e.expect(t, 0, series{"": "workqueue_depth", "controller_pod": "external-secrets-0", "name": "clustersecretstore"})
	e.expect(t, 1, pod("pod_ready", "external-secrets-0", "1")) // the object knows nothing of it
	must(t, eso.Thaw())
	e.expect(t, 1, pod("scrape_success", "external-secrets-0", "1"))
	must(t, operator.Stop())
	e.expect(t, 1, failing("flux-operator-0", "http"))
	must(t, c.Delete(t.Context(), controllerPod("flux-system", "flux-operator-0", "flux-operator", "10.1.0.2", "http-metrics")))
	// There is no kubelet that ends it, but it is not asked any longer.
	e.expect(t, 0, failing("flux-operator-0", "http"))
	e.expect(t, 1, series{"": "cobaltcore_collector_up", "collector": "controllers", "=": "1"})

	// The real API server refuses to be a proxy to itself, and reaches nobody else.
	e.configure(t, configFor("collectors: {controllers: {interval: 1s}}\n", c))
	e.expect(t, 1, pod("scrape_success", "external-secrets-0", "0"))
	e.expect(t, 1, failing("external-secrets-webhook-0", "http"))
	e.configure(t, "clusters: [{name: management, kubeconfig: {path: "+mayList(t, c)+"}}]\ncollectors: {controllers: {interval: 1s}}\n")
	e.expect(t, 1, failing("external-secrets-webhook-0", "forbidden"))
	e.expect(t, 1, pod("pod_ready", "external-secrets-0", "1"))
}

// mayList is the kubeconfig of somebody who may list pods, and nothing else.
func mayList(t *testing.T, c *testbed.Cluster) string {
	t.Helper()
	account := testbed.NewObject("v1", "ServiceAccount", "cobaltcore-exporter", "lister")
	role := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRole", "", "lister")
	role.Object["rules"] = []any{map[string]any{"apiGroups": []any{""}, "resources": []any{"pods"}, "verbs": []any{"list"}}}
	binding := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "lister")
	binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "lister"}
	binding.Object["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": "cobaltcore-exporter", "name": "lister"}}
	must(t, c.Apply(t.Context(), account, role, binding))
	token, err := c.ServiceAccountToken(t.Context(), "cobaltcore-exporter", "lister", time.Hour)
	must(t, err)
	config, err := clientcmd.LoadFromFile(c.Kubeconfig)
	must(t, err)
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: token}
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, clientcmd.WriteToFile(*config, file))
	return file
}
