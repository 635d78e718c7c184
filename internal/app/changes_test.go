// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
)

// TestChanges applies a revision that breaks an object, and checks that both events are changes and
// that the finding refers to the first one.
func TestChanges(t *testing.T) {
	f := newLoadFleet(t)
	limits := f.config.Limits
	families := changes.Families(changeSources())
	f.changes.Configure(limits.Changes, time.Duration(limits.ChangesAge), func() { f.handler.Exposition.Blocks(families...) })
	const i = 20 // a Kustomization that is ready
	for n := range 40 {
		f.add(n, loadobject.Flux(n), time.Now().Add(-time.Minute))
	}
	f.serve()
	if err := f.health.Evaluate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := loadobject.Flux(i)
	digest := strings.Repeat("1a2b3c4", 6)[:40]
	for _, field := range []string{"lastAppliedRevision", "lastAttemptedRevision"} {
		if err := unstructured.SetNestedField(o.Object, "main@sha1:"+digest, "status", field); err != nil {
			t.Fatal(err)
		}
	}
	f.put(i, o, time.Now())
	f.changes.List(changes.Query{}, time.Now()) // otherwise both events would be one change
	setReady(o, false)
	f.put(i, o, time.Now().Add(-time.Hour)) // longer than the tolerance of the rule
	f.finding(o)
	var got []string
	for _, c := range f.changes.List(changes.Query{Kind: "Kustomization", Name: o.GetName()}, time.Now()).Changes {
		got = append(got, string(c.Type)+": "+strings.ReplaceAll(c.Text, o.GetNamespace()+"/"+o.GetName(), "X"))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"finding_began: Kustomization X in cluster management fails: ReconciliationFailed", "revision: Kustomization X applied main@1a2b3c4", "state: Kustomization X became failed, was ready"}, got); diff != "" {
		t.Errorf("-want +got: %s", diff)
	}
}

// finding evaluates the rules and returns the finding about an object.
func (f *loadFleet) finding(o *unstructured.Unstructured) health.Finding {
	f.tb.Helper()
	if err := f.health.Evaluate(f.tb.Context()); err != nil {
		f.tb.Fatal(err)
	}
	report, err := f.health.Report(f.tb.Context())
	if err != nil {
		f.tb.Fatal(err)
	}
	for _, x := range report.Findings {
		if x.Object.Name == o.GetName() && x.Object.Kind == o.GetKind() {
			return x
		}
	}
	f.tb.Fatalf("no finding about %s", o.GetName())
	return health.Finding{}
}

// TestChangeFamilies compares the families from which changes are derived with the declared families.
func TestChangeFamilies(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, f := range Families() {
		declared = append(declared, f.Name)
	}
	for _, name := range changes.Families(changeSources()) {
		if !slices.Contains(declared, name) {
			t.Errorf("%s is not declared", name)
		}
	}
}

// TestChangesOfRows checks that replaced rows become changes as the systems declare them.
func TestChangesOfRows(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	status := `cobaltcore_flux_resource_status{cluster="a",target_cluster="b",kind="Kustomization",exported_namespace="n",name="%s",status="%s"} 1` + "\n"
	info := `flux_resource_info{cluster="a",target_cluster="b",kind="Kustomization",exported_namespace="n",name="apps",ready="%s",revision="x",applied_revision="%s"} 1` + "\n"
	cert := `cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds{cluster="a",namespace="n",name="tls",status="%s"} %d` + "\n"
	store := `cobaltcore_eso_object_not_ready_since_timestamp_seconds{cluster="a",kind="ExternalSecret",namespace="n",name="s",status="failed"} 5` + "\n"
	cluster := `cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds{cluster="a",kind="Cluster",namespace="n",name="x",status="failed"} 5` + "\n"
	leader := `leader_election_master_status{cluster="a",system="flux",component="helm-controller",controller_namespace="f",controller_pod="%s"} %d` + "\n"
	digest := strings.Repeat("1a2b3c4d", 5)
	for name, c := range map[string]struct {
		family        string
		before, after string
		kind          string // of the group
		gone          bool
		want          []string
	}{
		"state":          {family: "cobaltcore_flux_resource_status", before: fmt.Sprintf(status, "apps", "ready"), after: fmt.Sprintf(status, "apps", "failed"), want: []string{"Kustomization n/apps became failed, was ready"}},
		"new":            {family: "cobaltcore_flux_resource_status", after: fmt.Sprintf(status, "apps", "ready"), want: []string{"Kustomization n/apps was created"}},
		"deleted":        {family: "cobaltcore_flux_resource_status", before: fmt.Sprintf(status, "apps", "ready"), gone: true, want: []string{"Kustomization n/apps was deleted"}},
		"same place":     {family: "cobaltcore_flux_resource_status", before: fmt.Sprintf(status, "apps", "ready"), after: fmt.Sprintf(status, "infra", "failed"), want: []string{"Kustomization n/infra was created", "Kustomization n/apps was deleted"}},
		"revision":       {family: "flux_resource_info", before: fmt.Sprintf(info, "True", "main@sha1:0000"), after: fmt.Sprintf(info, "False", "main@sha1:"+digest), want: []string{"Kustomization n/apps applied main@1a2b3c4"}},
		"first revision": {family: "flux_resource_info", before: fmt.Sprintf(info, "True", ""), after: fmt.Sprintf(info, "False", "1.2.3"), want: []string{"Kustomization n/apps applied 1.2.3"}},
		"ready only":     {family: "flux_resource_info", before: fmt.Sprintf(info, "True", "1"), after: fmt.Sprintf(info, "False", "1")},
		"new info":       {family: "flux_resource_info", after: fmt.Sprintf(info, "False", "1")},
		"began to fail":  {family: "cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds", after: fmt.Sprintf(cert, "failed", 5), want: []string{"Certificate n/tls became failed"}},
		"since only":     {family: "cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds", before: fmt.Sprintf(cert, "failed", 5), after: fmt.Sprintf(cert, "failed", 6)},
		"recovered":      {family: "cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds", before: fmt.Sprintf(cert, "failed", 5), want: []string{"Certificate n/tls is no longer failed"}},
		"gone":           {family: "cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds", before: fmt.Sprintf(cert, "failed", 5), gone: true, want: []string{"Certificate n/tls was deleted"}},
		"side group":     {family: "cobaltcore_eso_object_not_ready_since_timestamp_seconds", before: store, gone: true, kind: "secretstores", want: []string{"ExternalSecret n/s is no longer failed"}},
		"onboarded":      {family: "cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds", after: cluster, want: []string{"Cluster n/x became failed"}},
		"leader": {
			family: "leader_election_master_status", before: fmt.Sprintf(leader+leader, "p-1", 1, "p-2", 0), after: fmt.Sprintf(leader+leader, "p-1", 0, "p-2", 1),
			want: []string{"Pod f/p-2 has the leader p-2"},
		},
		"same leader": {family: "leader_election_master_status", before: fmt.Sprintf(leader+leader, "p-1", 1, "p-2", 0), after: fmt.Sprintf(leader, "p-1", 1)},
	} {
		l := changes.NewLog(10, time.Hour)
		l.Observer(changeSources())(exposition.Change{
			Key: exposition.Key{Cluster: "a", Collector: "flux", Kind: c.kind}, Family: c.family, Before: []byte(c.before),
			After: []byte(c.after), At: at, Gone: c.gone,
		})
		list := l.List(changes.Query{}, at)
		var got []string
		for _, change := range list.Changes {
			got = append(got, change.Text)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got): %s", name, diff)
		}
		for _, change := range list.Changes {
			if change.Cluster != "a" || change.System != "flux" || strings.Contains(c.before+c.after, `target_cluster="b"`) != (change.Target == "b") {
				t.Errorf("%s: %+v", name, change)
			}
		}
	}
}
