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
	o.Changes = func(q changes.Query) changes.List {
		if q.Type != string(changes.Verdict) {
			return fakeChanges(q)
		}
		var l changes.List
		for i := range 3 {
			for _, c := range report.Clusters {
				for _, s := range c.Systems {
					l.Changes = append(l.Changes, changes.Change{
						At: report.GeneratedAt.Add(-time.Duration(1+5*i) * time.Hour), Type: changes.Verdict, Target: c.Name, System: string(s.Name),
						After: string([]health.Verdict{health.Degraded, health.Down, health.OK}[i]),
					})
				}
			}
		}
		return l
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
