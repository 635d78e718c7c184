// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
)

// TestChanges follows a revision that is applied and breaks an object: both are changes, and the
// finding has the first one.
func TestChanges(t *testing.T) {
	f := newLoadFleet(t)
	limits := f.config.Limits
	f.changes.Configure(limits.Changes, time.Duration(limits.ChangesAge), func() { f.handler.Exposition.Blocks(changes.Families()...) })
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
	f.changes.List(changes.Query{}, time.Now()) // or the two were one change
	setReady(o, false)
	f.put(i, o, time.Now().Add(-time.Hour)) // for longer than it is tolerated
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
	for _, name := range changes.Families() {
		if !slices.Contains(declared, name) {
			t.Errorf("%s is not declared", name)
		}
	}
}
