// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestSeriesOfHealthyObjects compares the number of series of 1,000 healthy objects with the
// numbers in docs/metrics.md. An object must not have more than four, even if an OpenBao adds the
// flow of secrets.
func TestSeriesOfHealthyObjects(t *testing.T) {
	t.Parallel()
	const most = 4050
	flux, secrets := objectList(t, loadobject.Flux), objectList(t, loadobject.ExternalSecret)
	for name, more := range map[string]string{
		"without OpenBao": "",
		"with OpenBao":    "collectors: {openbao: [{name: main, cluster: gitops, addresses: ['https://openbao.example.com']}]}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.configure(more, "gitops", "secrets")
			s.write("gitops/objects.json", flux)
			s.write("secrets/objects.json", secrets)
			s.write("secrets/store.yaml", "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: openbao-cluster-store}\n"+
				"spec: {provider: {vault: {server: 'https://openbao.example.com', path: kv-v2/openstack}}}\n"+
				"status: {conditions: [{type: Ready, status: 'True', reason: Valid}]}\n")
			e := s.run()
			var body string
			testutil.Eventually(t, func() (bool, string) {
				var code int
				code, body = e.ask(http.MethodGet, "/metrics?collect[]=flux&collect[]=externalsecrets")
				complete := strings.Contains(body, "\nflux_resource_info{") && strings.Contains(body, "\ncobaltcore_eso_externalsecret_info{")
				return code == http.StatusOK && complete, body
			})
			if found := strings.Count(body, `backend="gitops/main",mount="kv-v2/openstack"`); found != 1000 && more != "" || found != 0 && more == "" {
				t.Errorf("%d ExternalSecrets have a path", found)
			}
			want := map[string]int{"flux": FluxSeries, "secrets": ExternalSecretSeries}
			if diff := cmp.Diff(want, countSeries(t, body)); diff != "" || FluxSeries > most || ExternalSecretSeries > most {
				t.Errorf("series, at most %d each (-want +got):\n%s", most, diff)
			}
		})
	}
}

// countSeries counts the series of objects by system.
func countSeries(t *testing.T, body string) map[string]int {
	t.Helper()
	got := map[string]int{}
	for row := range strings.Lines(body) {
		name, _, _ := strings.Cut(row, "{")
		switch {
		case strings.Contains(name, "_not_ready_"):
			t.Fatalf("an object is not ready: %s", row)
		case strings.HasPrefix(name, "flux_"), strings.HasPrefix(name, "cobaltcore_flux_"):
			got["flux"]++
		case strings.HasPrefix(name, "cobaltcore_eso_externalsecret_"), strings.HasPrefix(name, "cobaltcore_secretflow_"):
			got["secrets"]++
		case strings.HasPrefix(name, "cobaltcore_object_"):
			t.Errorf("a healthy object has %s", row)
		}
	}
	return got
}

// objectList returns a list of the first 1,000 healthy objects of the load test.
func objectList(t *testing.T, object func(int) *unstructured.Unstructured) string {
	t.Helper()
	var items []any
	for i := 0; len(items) < 1000; i++ {
		o := object(i).Object
		conditions, _, _ := unstructured.NestedSlice(o, "status", "conditions")
		suspended, _, _ := unstructured.NestedBool(o, "spec", "suspend")
		if ready, _ := conditions[0].(map[string]any); suspended || ready["status"] != "True" {
			continue
		}
		if o["kind"] == "Kustomization" { // as written by Flux since 2.7
			o["status"].(map[string]any)["history"] = []any{map[string]any{
				"digest": "sha256:0", "firstReconciled": "2026-01-01T00:00:00Z", "lastReconciled": "2026-01-01T00:00:00Z",
				"lastReconciledStatus": "ReconciliationSucceeded", "lastReconciledDuration": "1s", "totalReconciliations": 1,
			}}
		}
		items = append(items, o)
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
