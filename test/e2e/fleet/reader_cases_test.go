//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// TestFleetReader breaks a body in every way that TestFleetChurn must notice.
func TestFleetReader(t *testing.T) {
	t.Parallel()
	const good = `# TYPE flux_resource_info gauge
flux_resource_info{cluster="management",target_cluster="storage",kind="Kustomization",name="management-a"} 1
flux_resource_info{cluster="management",target_cluster="storage",kind="Kustomization",name="management-b"} 1
flux_resource_info{cluster="storage",target_cluster="storage",kind="Kustomization",name="storage-a"} 1
flux_resource_info{cluster="storage",target_cluster="storage",kind="HelmRelease",name="storage-a"} 1
# TYPE cobaltcore_flux_resource_interval_seconds gauge
cobaltcore_flux_resource_interval_seconds{cluster="storage",target_cluster="storage",kind="Kustomization",name="storage-a"} 600
# TYPE cobaltcore_cluster_up gauge
cobaltcore_cluster_up{cluster="management"} 1
cobaltcore_cluster_up{cluster="storage"} 1
`
	const storage = `flux_resource_info{cluster="storage",target_cluster="storage",kind="Kustomization",name="storage-a"} 1` + "\n" +
		`cobaltcore_flux_resource_interval_seconds{cluster="storage",target_cluster="storage",kind="Kustomization",name="storage-a"} 600` + "\n"
	lines := func(lines string) func(string) string {
		return func(body string) string {
			for line := range strings.Lines(lines) {
				body = strings.Replace(body, line, "", 1)
			}
			return body
		}
	}
	replace := func(from, to string, n int) func(string) string {
		return func(body string) string { return strings.Replace(body, from, to, n) }
	}
	unknownStorage := replace(`management",target_cluster="storage"`, `management",target_cluster="storage-kubeconfig"`, -1)
	of := func(s standing) map[string]standing { return map[string]standing{"management": whole, "storage": s} }
	all := []string{"management", "storage"}
	for name, c := range map[string]struct {
		body  func(string) string
		stood map[string]standing
		asked selection
		want  string // in the error; none if the body is good
	}{
		"as it should be":                    {body: func(b string) string { return b }, stood: of(whole)},
		"a kind is missing while it may":     {body: lines(storage), stood: of(changing)},
		"a kind is missing while it may not": {body: lines(storage), stood: of(whole), want: "storage/Kustomization: 0 rows of 2"},
		"half a kind": {
			body: replace(`cobaltcore_flux_resource_interval_seconds{`, `# `, 1), stood: of(changing), want: "storage/Kustomization: 1 rows of 2",
		},
		"a row twice": {body: func(b string) string { return b + `cobaltcore_cluster_up{cluster="storage"} 0` + "\n" }, stood: of(whole), want: "twice"},
		"a row twice, the labels in another order": {
			body: func(b string) string {
				return b + `flux_resource_info{target_cluster="storage",cluster="storage",kind="Kustomization",name="storage-a"} 1` + "\n"
			},
			stood: of(whole), want: "twice",
		},
		"a family twice":                {body: func(b string) string { return b + "# TYPE cobaltcore_cluster_up gauge\n" }, stood: of(whole), want: "twice"},
		"an unknown cluster":            {body: func(b string) string { return b + `cobaltcore_cluster_up{cluster="edge"} 1` + "\n" }, stood: of(whole), want: "unknown cluster"},
		"an object elsewhere":           {body: replace(`{cluster="storage"`, `{cluster="management"`, 1), stood: of(changing), want: "no object has this row"},
		"a cluster that is gone":        {body: func(b string) string { return unknownStorage(b) }, stood: of(gone), want: "foreign row"},
		"a row that is withdrawn":       {body: func(b string) string { return b }, stood: of(dark), want: "a stale row"},
		"another value":                 {body: replace(" 600", " 60", 1), stood: of(whole), want: "not 600"},
		"a target that is unknown":      {body: unknownStorage, stood: of(changing)},
		"a target that should be known": {body: unknownStorage, stood: of(whole), want: "wrong target"},
		"a target of which half is known": {
			body: replace(`management",target_cluster="storage"`, `management",target_cluster="storage-kubeconfig"`, 1), stood: of(changing), want: "two fleets",
		},
		"no text":                    {body: func(b string) string { return b + "flux_resource_info{ 1\n" }, stood: of(whole), want: "expected"},
		"rows outside the selection": {body: func(b string) string { return b }, stood: of(whole), asked: selection{cluster: "storage"}, want: "foreign row"},
	} {
		t.Run(name, func(t *testing.T) {
			reference, err := referenceOf([]byte(good), all, []string{"storage"})
			harness.Must(t, err)
			r := newBodyReader(reference)
			for range 2 { // what it has learnt makes no difference
				err := r.check([]byte(c.body(good)), false, c.asked, c.stood)
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
			}
		})
	}
}
