// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// TestExpressions checks the results of panel queries for given rows.
func TestExpressions(t *testing.T) {
	t.Parallel()
	relatives := func(title string) string {
		for _, p := range resourceRelatives() {
			if p.Title == title {
				return strings.NewReplacer("$kind", "Kustomization", "$namespace", "ns", "$name", "app").Replace(p.Queries[0].Expr)
			}
		}
		t.Fatalf("there is no panel %s", title)
		return ""
	}
	for name, test := range map[string]struct{ rows, expr, want string }{
		"two replicas disagree for a moment": {
			`cobaltcore_flux_resource_status{cluster="a", kind="Kustomization", name="app", status="failed", instance="1"} 1
cobaltcore_flux_resource_status{cluster="a", kind="Kustomization", name="app", status="stalled", instance="2"} 1
cobaltcore_flux_resource_reason_info{cluster="a", kind="Kustomization", name="app", reason="BuildFailed", instance="1"} 1
cobaltcore_flux_resource_reason_info{cluster="a", kind="Kustomization", name="app", reason="Stalled", instance="2"} 1
cobaltcore_flux_resource_not_ready_since_timestamp_seconds{cluster="a", kind="Kustomization", name="app", instance="1"} 1
cobaltcore_flux_resource_not_ready_since_timestamp_seconds{cluster="a", kind="Kustomization", name="app", instance="2"} 1`,
			`count by (cluster, name) (` + withState(`max by (`+fluxObject+`) (cobaltcore_flux_resource_not_ready_since_timestamp_seconds)`, "failed|stalled") + `)`,
			`{cluster="a", name="app"}`,
		},
		"an object without a reason is in the table, too": {
			`cobaltcore_flux_resource_status{cluster="a", kind="Alert", name="app", status="failed"} 1
cobaltcore_flux_resource_not_ready_since_timestamp_seconds{cluster="a", kind="Alert", name="app"} 1`,
			withState(`max by (`+fluxObject+`) (cobaltcore_flux_resource_not_ready_since_timestamp_seconds)`, "failed"),
			`{cluster="a", kind="Alert", name="app", status="failed"}`,
		},
		"a source that is there": {
			`flux_resource_info{cluster="a", kind="Kustomization", exported_namespace="ns", name="app", source_kind="GitRepository", source_namespace="flux", source_name="repo"} 1
cobaltcore_flux_resource_status{cluster="a", kind="GitRepository", exported_namespace="flux", name="repo", status="ready", target_cluster="a"} 1`,
			relatives("Source"),
			`{cluster="a", exported_namespace="flux", kind="GitRepository", name="repo", status="ready", target_cluster="a"}`,
		},
		"a source that is not": {
			`flux_resource_info{cluster="a", kind="Kustomization", exported_namespace="ns", name="app", source_kind="GitRepository", source_namespace="flux", source_name="repo"} 1
cobaltcore_flux_resource_status{cluster="b", kind="GitRepository", exported_namespace="flux", name="repo", status="ready"} 1`,
			relatives("Source"),
			`{cluster="a", exported_namespace="flux", kind="GitRepository", name="repo", status="is not there"}`,
		},
		"who waits": {
			`cobaltcore_flux_resource_waiting_since_timestamp_seconds{cluster="a", kind="Kustomization", exported_namespace="ns", name="later", dependency="Kustomization/ns/app"} 1
cobaltcore_flux_resource_waiting_since_timestamp_seconds{cluster="a", kind="HelmRelease", exported_namespace="ns", name="for-another-kind", dependency="HelmRelease/ns/app"} 1
cobaltcore_flux_resource_status{cluster="a", kind="Kustomization", exported_namespace="ns", name="later", status="dependency_not_ready"} 1`,
			relatives("Waiting for this object"),
			`{cluster="a", exported_namespace="ns", kind="Kustomization", name="later", status="dependency_not_ready"}`,
		},
		"nobody waits": {`cobaltcore_cluster_up{cluster="a"} 1`, relatives("Waiting for this object"), `{name="nothing"}`},
		"clusters of which nothing is told are zero": {
			`cobaltcore_cluster_up{cluster="a"} 1
cobaltcore_cluster_up{cluster="b"} 1
a{cluster="a"} 3`,
			perCluster(`sum by (cluster) (a)`) + ` == bool 0`, `{cluster="a"} {cluster="b"}`,
		},
		"a system is absent where it could be seen": {
			`cobaltcore_cluster_up{cluster="has"} 1
cobaltcore_cluster_up{cluster="has-not"} 1
cobaltcore_cluster_up{cluster="down"} 0
cobaltcore_watch_present{cluster="has", collector="flux"} 1
cobaltcore_watch_present{cluster="has-not", collector="flux"} 0`,
			`(` + presence("Flux", servedClusters("flux")).Queries[0].Expr + `) == 0`, `{cluster="has-not"}`,
		},
		"and not known where it could not": {
			`cobaltcore_cluster_up{cluster="down"} 0`,
			`(` + presence("Flux", servedClusters("flux")).Queries[0].Expr + `) == -1`, `{cluster="down"}`,
		},
		"a finding about no cluster is listed for any choice": {
			findingInfo + `{rule="ExporterReloadFailed", worst="warning"} 1`,
			`max by (rule) (` + strings.ReplaceAll(findings{}.info(), "$cluster", "a|b") + `)`, `{rule="ExporterReloadFailed"}`,
		},
		"the most severe findings have the least number": {
			findingInfo + `{cluster="a", finding="1", rule="X", worst="critical"} 1
` + findingInfo + `{cluster="a", finding="2", rule="Y", worst="info"} 1`,
			findings{}.severity() + ` == 0`, `{cluster="a", finding="1", rule="X", worst="critical"}`,
		},
		"replicas have one row of each finding": {
			findingInfo + `{cluster="a", finding="1", rule="X", worst="critical", instance="1"} 1
` + findingInfo + `{cluster="a", finding="1", rule="X", worst="critical", instance="2"} 1`,
			findings{}.severity(), `{cluster="a", finding="1", rule="X", worst="critical"}`,
		},
		"replicas have one event of each finding": {
			findingInfo + `{cluster="a", finding="1", rule="X", worst="critical", summary="1", instance="1"} 1
` + findingInfo + `{cluster="a", finding="1", rule="X", worst="critical", summary="2", instance="2"} 1
` + findingSince + `{cluster="a", finding="1", instance="1"} 5
` + findingSince + `{cluster="a", finding="1", instance="2"} 6`,
			`(` + annotations()[0].Expr + `) == 5`, `{cluster="a", finding="1", rule="X"}`,
		},
		"no findings": {
			`cobaltcore_health_last_evaluation_timestamp_seconds 1`,
			findingsTable("", "", findings{}).Queries[0].Expr + ` == -1`, `{summary="no findings"}`,
		},
		"without an exporter, findings are unknown": {
			``, findingsTable("", "", findings{}).Queries[0].Expr + ` == -2`, `{summary="no exporter reports findings"}`,
		},
		"an exporter that is down is found by Prometheus": {
			`ALERTS{alertname="ExporterDown", alertstate="firing", severity="critical", service="exporter"} 1`,
			`max by (rule) ((` + findingsTable("", "", findings{system: "exporter"}).Queries[0].Expr + `) == 0)`, `{rule="ExporterDown"}`,
		},
		"a controller that is scaled down on purpose is available": {
			`cobaltcore_controller_replicas_available{cluster="a", system="flux", component="wanted"} 0
cobaltcore_controller_replicas_desired{cluster="a", system="flux", component="wanted"} 1
cobaltcore_controller_replicas_available{cluster="a", system="flux", component="not-wanted"} 0
cobaltcore_controller_replicas_desired{cluster="a", system="flux", component="not-wanted"} 0`,
			controllerPanels("Flux", fluxSystem)[1].Queries[0].Expr + ` == 0`, `{cluster="a", component="wanted"}`,
		},
		"what Flux Operator has applied": {
			`flux_instance_info{cluster="a", kind="FluxInstance", exported_namespace="ns", name="flux", revision="v2"} 1`,
			`max by (` + fluxObject + `, applied_revision) (` + selectOperator("flux_instance_info") + `)`,
			`{applied_revision="v2", cluster="a", exported_namespace="ns", kind="FluxInstance", name="flux", target_cluster="a"}`,
		},
		"the state of an object as a number": {
			`cobaltcore_flux_resource_status{cluster="a", kind="Kustomization", name="app", status="stalled"} 1`,
			`(` + stateValue(chosenClusters) + `) == 8`, `{cluster="a", kind="Kustomization", name="app"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rows []string
			for line := range strings.Lines(test.rows) {
				rows = append(rows, line)
			}
			if got := ask(t, strings.Join(rows, "\n"), test.expr); !cmp.Equal(strings.Join(got, " "), test.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), test.want)
			}
		})
	}
}

// TestNoDataIsNotGreen checks that panels without data are empty or do not have the colour of a good value.
func TestNoDataIsNotGreen(t *testing.T) {
	t.Parallel()
	for _, p := range append(fleetNumbers(), exporterNumbers()...) {
		// Without data, an expression can only have the value 0, which has the first colour.
		if found := ask(t, "", p.Queries[0].Expr); len(found) > 0 && p.Thresholds[0].Color == Good {
			t.Errorf("%s is green", p.Title)
		}
		if found := ask(t, `cobaltcore_cluster_up{cluster="a"} 1`, p.Queries[0].Expr); len(found) != 1 {
			t.Errorf("%s of a healthy fleet: %v", p.Title, found)
		}
	}
}

// ask evaluates the recordings and then an expression of a panel for all clusters, and returns the
// labels of the result.
func ask(t *testing.T, text, expr string) []string {
	t.Helper()
	rows, err := ruletest.ParseRows(text)
	if err != nil {
		t.Fatal(err)
	}
	e := ruletest.NewEvaluator("cluster")
	m, err := e.Moment(t.Context(), rows, nil, ruletest.TakenAt())
	if err != nil {
		t.Fatal(err)
	}
	vector, err := e.Query(t.Context(), m, strings.NewReplacer("$cluster", ".*", "$target", ".*", "$kind", ".*", "$namespace", ".*").Replace(expr))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range vector {
		got = append(got, s.Metric.String())
	}
	slices.Sort(got)
	return got
}
