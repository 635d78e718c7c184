// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// fakeObjects returns a part of a recorded answer of the API; the second page is empty.
func fakeObjects(t testing.TB) func(objects.Query) objects.List {
	t.Helper()
	list := readFixture[objects.List](t, "objects.json")
	return func(q objects.Query) objects.List {
		page := list
		page.Objects = slices.DeleteFunc(slices.Clone(list.Objects), func(o objects.Object) bool { return q.State != "" && o.State != q.State })
		return page
	}
}

// fakeChanges returns a change of each type, or those of an object.
func fakeChanges(q changes.Query) changes.List {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	list := changes.List{GeneratedAt: at.Add(time.Hour), Oldest: &at, Next: "abc"}
	for i, t := range changes.Types() {
		list.Changes = append(list.Changes, changes.Change{
			At: at.Add(time.Duration(i) * time.Minute), Type: t, Cluster: "management", Target: "storage", System: "flux",
			Kind: "Kustomization", Namespace: "n", Name: "apps",
			After: "failed", Severity: "critical", Text: string(t) + " of " + q.Name,
		})
	}
	return list
}

// fakeVerdicts returns several verdicts on one system.
func fakeVerdicts(cluster, system string) (all []changes.VerdictSince) {
	if cluster != "control-plane" || system != "flux" {
		return nil
	}
	at := time.Date(2026, 11, 19, 17, 0, 0, 0, time.UTC)
	for i, verdict := range []string{"", "degraded", "down", "ok"} {
		all = append(all, changes.VerdictSince{Verdict: verdict, At: at.Add(time.Duration(i) * 5 * time.Hour)})
	}
	return all
}

// TestPagesWithLongNamesAreSmall checks the size of pages of objects and changes with long names.
func TestPagesWithLongNamesAreSmall(t *testing.T) {
	o := testOptions(t)
	long := strings.Repeat("a-long-name-", 20)
	list, changed := objects.List{}, changes.List{}
	detail := readFixture[objects.Detail](t, "object.json")
	for i := range 100 {
		one := objects.Object{
			Cluster: "control-plane", Target: "hypervisor", Kind: "ClusterExternalSecret", Namespace: "openstack", Name: fmt.Sprint(long, i),
			State: "dependency_not_ready", Reason: "DependencyNotReady", Source: "HelmRepository/openstack/charts",
			Revision: "main@sha1:" + strings.Repeat("1a2b3c4d", 5),
		}
		list.Objects = append(list.Objects, one)
		changed.Changes = append(changed.Changes, changes.Change{
			At: time.Now(), Type: changes.Revision, Cluster: one.Cluster, Target: one.Target, System: "flux",
			Kind: "Kustomization", Namespace: one.Namespace, Name: one.Name, Text: one.Kind + " " + one.Key() + " applied main@1a2b3c4",
		})
		if i < 59 {
			detail.Graph.Nodes = append(detail.Graph.Nodes[:min(i+1, len(detail.Graph.Nodes))], objects.GraphNode{
				Node:  objects.Node{Cluster: one.Cluster, Kind: one.Kind, Namespace: one.Namespace, Name: one.Name[180:]},
				Level: 1 + i/16, State: one.State, Watched: true,
			})
		}
	}
	detail.Graph.Edges = nil
	for i := range len(detail.Graph.Nodes) - 1 {
		detail.Graph.Edges = append(detail.Graph.Edges, [2]int{max(0, i-16), i + 1})
	}
	o.Objects = func(q objects.Query) objects.List { return objects.List{Objects: list.Objects[:q.Limit], Total: 1001} }
	o.Object = func(objects.Node) (objects.Detail, bool) { return detail, true }
	o.Changes = func(q changes.Query) changes.List { return changes.List{Changes: changed.Changes[:q.Limit]} }
	h := newHandler(t, o)
	for _, path := range []string{"/objects", "/objects/a/K/n/x", "/changes"} {
		if w := getPage(h, path); path == "/objects" && !strings.Contains(w.Body.String(), `limit=1000">CSV of the first 1000<`) {
			t.Error("the table has other objects than the page promises")
		} else if w.Code != http.StatusOK || w.Body.Len() > maxPage {
			t.Errorf("%s: %d, %d bytes", path, w.Code, w.Body.Len())
		} else if n := strings.Count(w.Body.String(), "<title>"); path == "/objects/a/K/n/x" && n != 1+len(detail.Graph.Nodes) {
			t.Errorf("the picture has %d nodes, want %d", n-1, len(detail.Graph.Nodes))
		}
	}
}
