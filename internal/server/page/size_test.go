// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// maxPage is the maximum size of a page in bytes.
const maxPage = 100 << 10

// crowdedOptions are the options of an exporter with 3,000 findings in a number of clusters: copies of
// those of test/fleet, a third of which are root causes.
func crowdedOptions(t testing.TB, clusters int) Options {
	t.Helper()
	o := testOptions(t)
	report, fleet := readFixture[health.Report](t, "report.json"), readFixture[fleetreport.Report](t, "clusters.json")
	some := report.Findings
	report.Findings = nil
	for i := range 3000 {
		f := some[i%len(some)]
		f.ID, f.RootCause = fmt.Sprint("finding-", i), ""
		if i%3 > 0 {
			f.RootCause = fmt.Sprint("finding-", i-i%3)
		}
		f.Object.Name = fmt.Sprint(f.Object.Name, "-", i)
		f.Description += strings.Repeat(" and 'it' is long", i%40)
		f.Rule = fmt.Sprint(f.Rule, i%40) // few are equal
		report.Findings = append(report.Findings, f)
	}
	for i := len(report.Clusters); i < clusters; i++ {
		c, d := report.Clusters[i%4], fleet.Clusters[i%4]
		c.Name = fmt.Sprint(c.Name, "-", i)
		d.Name, c.Role = c.Name, c.Name
		report.Clusters, fleet.Clusters = append(report.Clusters, c), append(fleet.Clusters, d)
	}
	flow := o.SecretFlow()
	for i := range clusters {
		for _, p := range flow.Paths[:10] {
			p.ID = fmt.Sprint(p.ID, "-", i)
			p.Consumers = append(p.Consumers, p.Producers...)
			flow.Paths = append(flow.Paths, p)
		}
	}
	o.SecretFlow = func() secretflow.Report { return flow }
	o.Report = func(context.Context) (health.Report, error) { return report, nil }
	o.Clusters = func() fleetreport.Report { return fleet }
	o.Verdicts = func(string, string) (all []changes.VerdictSince) {
		for i := range changes.MaxVerdicts {
			verdict := []health.Verdict{health.OK, health.Down, health.Degraded}[i%3]
			all = append(all, changes.VerdictSince{Verdict: string(verdict), At: report.GeneratedAt.Add(-time.Duration(23-4*i) * time.Hour)})
		}
		return all
	}
	return o
}

// crowdedPages returns the pages whose size depends on findings and clusters.
func crowdedPages() []string {
	return []string{"/", "/?next=40", "/?severity=critical", "/clusters/management", "/systems/flux", "/status", "/status?next=30", "/changes", "/secretflow"}
}

// TestCrowdedPages tests the size of pages with 3,000 findings in 4 to 500 clusters.
func TestCrowdedPages(t *testing.T) {
	for _, clusters := range []int{4, 8, 16, 50, 500} {
		h := newHandler(t, crowdedOptions(t, clusters))
		for _, path := range crowdedPages() {
			if w := getPage(h, path); w.Code != http.StatusOK || w.Body.Len() > maxPage {
				t.Errorf("%d clusters, %s: status %d, %d bytes, want at most %d", clusters, path, w.Code, w.Body.Len(), maxPage)
			}
		}
	}
}

// BenchmarkPages measures pages with 3,000 findings in 4 clusters.
func BenchmarkPages(b *testing.B) {
	h := newHandler(b, crowdedOptions(b, 4))
	for _, path := range slices.Concat(crowdedPages(), []string{"/objects", "/objects/storage/ClusterSecretStore/-/openbao-cluster-store"}) {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				if w := getPage(h, path); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// TestCrowdedObject tests the size of the page of an object with long texts in all of its parts.
func TestCrowdedObject(t *testing.T) {
	o := testOptions(t)
	detail, report := readFixture[objects.Detail](t, "object.json"), readFixture[health.Report](t, "report.json")
	self := objects.Node{Cluster: detail.Cluster, Kind: detail.Kind, Namespace: detail.Namespace, Name: detail.Name}
	long := strings.Repeat("n", 240)
	detail.Graph = objects.Graph{Nodes: []objects.GraphNode{{Node: self, Watched: true, State: "ready"}}}
	for i := range 59 {
		n := objects.Node{Cluster: long[:60], Kind: "Kustomization", Namespace: long[:63], Name: fmt.Sprint(long, i)}
		detail.Graph.Nodes = append(detail.Graph.Nodes, objects.GraphNode{Node: n, Level: 1 + i/16, Watched: true, State: "failed"})
		detail.Graph.Edges = append(detail.Graph.Edges, [2]int{max(0, i-16), i + 1})
	}
	for i := range 60 {
		labels := []objects.Label{{Name: "reason", Value: strings.Repeat(long, 4)}}
		detail.Rows = append(detail.Rows, objects.Row{Metric: long[:60], Value: "1", Labels: labels})
		f := report.Findings[0]
		f.ID, f.Object = fmt.Sprint(i), health.Object{Kind: self.Kind, Namespace: self.Namespace, Name: self.Name}
		f.Labels = map[string]string{"cluster": self.Cluster}
		f.Description = strings.Repeat(long, 10)
		report.Findings = append(report.Findings, f)
	}
	o.Object = func(objects.Node) (objects.Detail, bool) { return detail, true }
	o.Report = func(context.Context) (health.Report, error) { return report, nil }
	o.Changes = func(changes.Query) changes.List {
		return changes.List{Changes: slices.Repeat([]changes.Change{{Text: strings.Repeat(long, 4), Type: changes.Revision}}, maxObjectChanges)}
	}
	w := getPage(newHandler(t, o), "/objects/storage/ClusterSecretStore/-/openbao-cluster-store")
	body := w.Body.String()
	for _, want := range []string{`<li id="finding-0"`, " more are in the JSON", " more objects are not shown", `class="node down"`, "Metric series: 1"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if w.Code != http.StatusOK || len(body) > maxPage {
		t.Errorf("status %d, %d bytes, want at most %d", w.Code, len(body), maxPage)
	}
}
