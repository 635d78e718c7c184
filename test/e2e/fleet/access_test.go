//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const audience = "cobaltcore-exporter"

// TestKubernetesAuth checks that the API server authorizes requests to the exporter by the tokens of service accounts.
func TestKubernetesAuth(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, "management")
	harness.Must(t, c.Apply(t.Context(), testbed.NewObject("v1", "Namespace", "", harness.AccountNamespace)))
	for _, name := range []string{"exporter", "prometheus", "viewer", "stranger", "revoked"} {
		harness.Must(t, c.Apply(t.Context(), harness.ServiceAccount(name)))
	}
	scrape := map[string]any{"nonResourceURLs": []any{"/metrics"}, "verbs": []any{"get"}}
	harness.Must(t, c.Apply(t.Context(), grant("prometheus", scrape)...))
	harness.Must(t, c.Apply(t.Context(), grant("revoked", scrape)...))
	harness.Must(t, c.Apply(t.Context(), grant("viewer", map[string]any{"nonResourceURLs": []any{"/", "/-/api/*"}, "verbs": []any{"get"}})...))
	e := harness.StartExporter(t, harness.ConfigFor("", c), func(o *app.Options) {
		o.KubernetesAuth = &app.KubernetesAuth{Kubeconfig: kubeconfigAs(t, c, "exporter"), Audiences: []string{audience}}
	})
	e.WaitReady(t) // a probe needs no token
	expect := func(name string, want int, path, token string) {
		t.Helper()
		var header []string
		if token != "" {
			header = []string{"Authorization", "Bearer " + token}
		}
		harness.Eventually(t, time.Minute, func() error {
			code, body, err := e.Get(t.Context(), path, header...)
			if err == nil && code != want {
				err = fmt.Errorf("%s: %s: %d %.200s, want %d", name, path, code, body, want)
			}
			return err
		})
	}
	token := func(account string, audiences ...string) string {
		t.Helper()
		token, err := c.ServiceAccountToken(t.Context(), harness.AccountNamespace, account, time.Hour, audiences...)
		harness.Must(t, err)
		return token
	}
	prometheus := token("prometheus", audience)
	expect("the exporter may not create reviews", 503, "/metrics", prometheus)
	harness.Must(t, c.Apply(t.Context(), grant("exporter",
		map[string]any{"apiGroups": []any{"authentication.k8s.io"}, "resources": []any{"tokenreviews"}, "verbs": []any{"create"}},
		map[string]any{"apiGroups": []any{"authorization.k8s.io"}, "resources": []any{"subjectaccessreviews"}, "verbs": []any{"create"}},
	)...))
	expect("allowed", 200, "/metrics", prometheus)
	for _, path := range []string{"/", "/api/v1/report", "/api/v1/clusters", "/api/v1/secretflow", "/static/page.css"} {
		expect("another path", 403, path, prometheus)
		expect("no token", 401, path, "")
	}
	for path, want := range map[string]int{"/": 200, "/api/v1/report": 200, "/status": 403, "/metrics": 403} {
		expect("a viewer", want, path, token("viewer", audience))
	}
	expect("no token", 401, "/metrics", "")
	expect("not a token", 401, "/metrics", "none")
	expect("the wrong audience", 401, "/metrics", token("prometheus"))
	expect("another wrong audience", 401, "/metrics", token("prometheus", "vault"))
	expect("no permission", 403, "/metrics", token("stranger", audience))
	expect("signed here", 200, "/metrics", sign(t, c, "prometheus", time.Now().Add(time.Hour)))
	expect("expired", 401, "/metrics", sign(t, c, "prometheus", time.Now().Add(-time.Minute)))
	revoked := token("revoked", audience)
	harness.Must(t, c.Delete(t.Context(), harness.ServiceAccount("revoked")))
	expect("revoked", 401, "/metrics", revoked)

	later := token("prometheus", audience)
	harness.Must(t, c.StopAPIServer())
	expect("API server down, a new token", 503, "/metrics", later)
	expect("API server down, a decision that is kept", 200, "/metrics", prometheus)
	e.WaitReady(t)
	harness.Must(t, c.StartAPIServer(harness.WithoutCancel(t)))
	expect("API server up again", 200, "/metrics", later)
}

// grant returns a role with the rules, bound to the account.
func grant(account string, rules ...any) []*unstructured.Unstructured {
	role := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRole", "", account)
	role.Object["rules"] = rules
	binding := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", account)
	binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": account}
	binding.Object["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": harness.AccountNamespace, "name": account}}
	return []*unstructured.Unstructured{role, binding}
}

// kubeconfigAs returns a kubeconfig file with a token of the account.
func kubeconfigAs(t *testing.T, c *testbed.Cluster, account string) string {
	t.Helper()
	token, err := c.ServiceAccountToken(t.Context(), harness.AccountNamespace, account, time.Hour)
	harness.Must(t, err)
	config, err := clientcmd.LoadFromFile(c.Kubeconfig)
	harness.Must(t, err)
	config.AuthInfos["admin"].Token = token
	file := filepath.Join(t.TempDir(), "kubeconfig")
	harness.Must(t, clientcmd.WriteToFile(*config, file))
	return file
}

// sign returns a token of the account with this expiry: the API server issues none that lasts less
// than ten minutes.
func sign(t *testing.T, c *testbed.Cluster, account string, expires time.Time) string {
	t.Helper()
	object, err := c.Get(t.Context(), harness.ServiceAccount(account))
	harness.Must(t, err)
	text, err := os.ReadFile(filepath.Join(c.Dir, "sa.key"))
	harness.Must(t, err)
	block, _ := pem.Decode(text)
	key, err := x509.ParseECPrivateKey(block.Bytes)
	harness.Must(t, err)
	part := func(v any) string {
		text, err := json.Marshal(v)
		harness.Must(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]any{"alg": "ES256"}) + "." + part(map[string]any{
		"iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:" + harness.AccountNamespace + ":" + account, "aud": []string{audience},
		"iat": expires.Add(-time.Hour).Unix(), "nbf": expires.Add(-time.Hour).Unix(), "exp": expires.Unix(),
		"kubernetes.io": map[string]any{"namespace": harness.AccountNamespace, "serviceaccount": map[string]any{"name": account, "uid": object.GetUID()}},
	})
	hash := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, hash[:])
	harness.Must(t, err)
	return signed + "." + base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}
