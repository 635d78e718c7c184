//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// theirPanel is the query of a panel of another project's dashboard, and the labels that
// it shows.
type theirPanel struct {
	title, query string
	shows        []string
}

// theirPanels are the panels about Flux objects in Flux Performance of Flux Operator and in Flux Cluster Stats of
// flux2-monitoring-example. The latter queries gotk_resource_info of kube-state-metrics; here, its name, the label
// customresource_kind and the value of suspended are replaced with those of Flux Operator. $job is the source of the
// rows.
var theirPanels = []theirPanel{
	{"Flux {{revision}}", `topk(1, flux_instance_info{$job, namespace="flux-system",kind="FluxInstance"})`, []string{"revision"}},
	{"Flux Operator {{version}}", `topk(1, flux_operator_info{$job, namespace="flux-system"})`, []string{"version"}},
	{"Scheduled Reconciliations", `count(flux_resource_info{$job, namespace="flux-system"}) by (kind,ready)`, []string{"kind", "ready"}},
	{"Cluster Reconcilers", `count(flux_resource_info{$job, exported_namespace=~".*", kind=~"Kustomization|HelmRelease"})`, nil},
	{"Failing Reconcilers", `count(flux_resource_info{$job, exported_namespace=~".*", kind=~"Kustomization|HelmRelease", ready="False"})`, nil},
	{"Kubernetes Manifests Sources", `count(flux_resource_info{$job, exported_namespace=~".*", kind=~"GitRepository|HelmRepository|Bucket|OCIRepository"})`, nil},
	{"Failing Sources", `count(flux_resource_info{$job, exported_namespace=~".*", kind=~"GitRepository|HelmRepository|Bucket|OCIRepository", ready="False"})`, nil},
	{"Cluster reconciliation readiness", `flux_resource_info{$job, exported_namespace=~".*", kind=~"Kustomization|HelmRelease"}`, []string{"kind", "exported_namespace", "name", "ready", "suspended", "revision", "source_name"}},
	{"Source acquisition readiness", `flux_resource_info{$job, exported_namespace=~".*", kind=~"GitRepository|HelmRepository|Bucket|OCIRepository"}`, []string{"kind", "exported_namespace", "name", "ready", "suspended", "revision"}},
	// Flux Operator does not see that an ArtifactGenerator is suspended: see exceptions.
	{"Suspended Objects", `flux_resource_info{$job, exported_namespace=~".*", suspended="True", kind!="ArtifactGenerator"}`, []string{"kind", "exported_namespace", "name", "ready", "suspended"}},
}

// checkSameNumbers runs the queries of these dashboards in a Prometheus that scrapes both exporters. Both must have the
// same results.
func checkSameNumbers(t *testing.T, operator *testbed.FluxOperator, e *harness.Exporter) {
	t.Helper()
	namespace := map[string]string{"namespace": "flux-system"}
	p, err := testbed.StartPrometheus(harness.WithoutCancel(t), t.TempDir(), testbed.PrometheusOptions{Targets: []testbed.ScrapeTarget{
		{Job: "flux-operator", URL: operator.MetricsURL, Labels: namespace}, {Job: "cobaltcore-exporter", URL: e.URL + "/metrics", Labels: namespace},
	}})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, p.Stop) })
	shown := func(panel theirPanel, job string) ([]string, error) {
		samples, err := p.Query(t.Context(), strings.ReplaceAll(panel.query, "$job", `job="`+job+`"`))
		if err != nil {
			return nil, err
		}
		var out []string
		for _, s := range samples {
			line := fmt.Sprint(s.Value)
			for _, l := range panel.shows {
				line += fmt.Sprintf(" %s=%q", l, s.Labels[l])
			}
			out = append(out, line)
		}
		slices.Sort(out)
		return out, nil
	}
	for _, panel := range theirPanels {
		harness.Eventually(t, time.Minute, func() error {
			theirs, err := shown(panel, "flux-operator")
			if err != nil {
				return err
			}
			ours, err := shown(panel, "cobaltcore-exporter")
			if err != nil {
				return err
			}
			if len(theirs) == 0 {
				return fmt.Errorf("panel %q is empty with the metrics of Flux Operator", panel.title)
			}
			if diff := cmp.Diff(theirs, ours); diff != "" {
				return fmt.Errorf("panel %q shows something else (-theirs +ours):\n%s", panel.title, diff)
			}
			return nil
		})
	}
}
