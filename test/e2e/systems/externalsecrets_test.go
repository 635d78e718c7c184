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
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const (
	variants = "secret-variants"
	esoAlpha = "external-secrets.io/v1alpha1"
)

// TestSecretVariants has objects in nearly all states that External Secrets Operator has, and compares
// rows with their own status, also when it changes.
func TestSecretVariants(t *testing.T) {
	t.Parallel()
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	harness.Must(t, b.SeedReference(t.Context()))
	c := harness.StartCluster(t, "control-plane")
	eso := harness.StartExternalSecrets(t, c)
	e := harness.StartExporter(t, harness.ConfigFor("collectors: {flux: {enabled: false}}\n", c))
	e.WaitReady(t)
	f := follow(t, e, c)
	objs, err := testbed.SecretVariants(b, c.Name)
	harness.Must(t, err)
	begin := time.Now()
	harness.Must(t, testbed.SeedSecretVariants(t.Context(), b, c))
	harness.Must(t, testbed.WaitSecrets(t.Context(), c, objs...))
	t.Logf("the variants are settled after %s", time.Since(begin).Round(time.Millisecond))

	frozen := func(what func()) {
		t.Helper()
		harness.Must(t, eso.Freeze())
		what()
		checkRows(t, e, c)
		f.settled(t)
		harness.Must(t, eso.Thaw())
	}
	frozen(func() { expectStates(t, e, objs, "expect") })

	begin = time.Now()
	harness.Must(t, testbed.SettleSecretVariants(t.Context(), b, c)) // deletes a secret in OpenBao
	t.Logf("they are settled again %s after a secret was deleted", time.Since(begin).Round(time.Millisecond))
	// An object may pass through other states before it returns to its original state.
	frozen(func() { expectStates(t, e, objs, "expect-after-delete", "expect") })

	onChange := testbed.NewObject(harness.ESOV1, "ExternalSecret", variants, "refresh-on-change")
	finalized := testbed.NewObject(esoAlpha, "PushSecret", variants, "push-deletion-delete")
	const notReady = "cobaltcore_eso_object_not_ready_since_timestamp_seconds"
	behind := harness.Series{"": notReady, "name": onChange.GetName(), "problem": "behind"}
	deleting := harness.Series{"": notReady, "name": finalized.GetName(), "status": "deleting"}
	overdue := harness.Series{"": "cobaltcore_eso_pushsecret_overdue_timestamp_seconds", "name": finalized.GetName()}
	e.Expect(t, 0, behind)
	e.Expect(t, 1, overdue)
	frozen(func() {
		changed, err := c.Get(t.Context(), onChange)
		harness.Must(t, err)
		harness.Must(t, unstructured.SetNestedField(changed.Object, "another", "spec", "target", "name"))
		delete(changed.Object, "status")
		harness.Must(t, c.Apply(t.Context(), changed))
		e.Expect(t, 1, behind)
		harness.Must(t, c.Delete(t.Context(), finalized)) // terminates, as the finalizer stays
		e.Expect(t, 1, deleting)
		e.Expect(t, 0, overdue)
	})
	e.Expect(t, 0, behind)
	e.Expect(t, 0, deleting)

	checkAgainstESO(t, e, c, eso)
	frozen(func() {})
	f.verify(t)
}

func withValue(s harness.Series, value string) harness.Series {
	return harness.Series{"": s[""], "name": s["name"], "=": value}
}

// expectStates compares rows with the annotations of objects in the files of the testbed: the first of
// the given annotations that exists has status and reason, or none.
func expectStates(t *testing.T, e *harness.Exporter, objs []*unstructured.Unstructured, annotations ...string) {
	t.Helper()
	harness.Eventually(t, time.Minute, func() error {
		rows, err := esoRows(t.Context(), e)
		if err != nil {
			return err
		}
		got := map[string]string{}
		for _, s := range rows {
			switch key := subject(s); {
			case strings.HasSuffix(s[""], "_ready"):
				got[key] = map[string]string{"1": "True", "0": "False"}[s["="]] + got[key]
			case strings.HasSuffix(s[""], "_status"):
				got[key] += " " + s["reason"]
			}
		}
		var wrong []string
		for _, o := range objs {
			var want string
			for _, a := range slices.Backward(annotations) {
				if v := o.GetAnnotations()["testbed.example.com/"+a]; v != "" {
					want = v
				}
			}
			key := subjectOf("control-plane", o)
			switch want {
			case "none":
				want = " Unprocessed"
			case "True SecretSynced", "True Synced": // no row has the reason of a success
				want = "True"
			case "False": // without a reason, the row has the namespaces
				want = "False failed in namespace " + variants + "-a"
			}
			if got[key] != want {
				wrong = append(wrong, fmt.Sprintf("%s: %q, want %q", key, got[key], want))
			}
		}
		if len(wrong) > 0 {
			return fmt.Errorf("rows are not as the annotations say:\n%s", strings.Join(wrong, "\n"))
		}
		return nil
	})
}

// difference has the values of an object in External Secrets Operator's own metrics and in the rows of the exporter, or
// "" if there is none.
type difference struct{ Theirs, Ours string }

// esoIsWrong is the closed list of objects on which the two differ, each for a reason.
var esoIsWrong = map[string]difference{
	// A label called name replaces the name of the object.
	"externalsecret secret-variants foo":        {Theirs: "Ready True"},
	"externalsecret secret-variants label-trap": {Ours: "Ready True"},
	// There is no series about those that are not ready ...
	"clusterexternalsecret  ces-conflict": {Ours: "Ready False"},
	"clusterpushsecret  cps-conflict":     {Ours: "Ready False"},
	// ... and if they were ready before, its metric stays ready.
	"clusterexternalsecret  ces-good": {Theirs: "Ready True", Ours: "Ready False"},
	// A PushSecret that was deleted stays ready.
	"pushsecret secret-variants push-good":            {Theirs: "Ready True"},
	"pushsecret secret-variants push-deletion-delete": {Theirs: "Ready True"},
	// An ExternalSecret that was deleted stays in another way.
	"externalsecret secret-variants good-path": {Theirs: "Deleted False"},
}

// checkAgainstESO creates the cases of esoIsWrong, and waits until the two differ only in these
// cases.
func checkAgainstESO(t *testing.T, e *harness.Exporter, c *testbed.Cluster, eso *testbed.ExternalSecrets) {
	t.Helper()
	harness.Must(t, c.Delete(t.Context(),
		testbed.NewObject(harness.ESOV1, "ExternalSecret", variants, "good-path"),
		testbed.NewObject(esoAlpha, "PushSecret", variants, "push-good")))
	// The namespace is selected when the object that ces-good creates already exists there.
	namespace := testbed.NewObject("v1", "Namespace", "", variants+"-c")
	obstacle, err := c.Get(t.Context(), testbed.NewObject(harness.ESOV1, "ExternalSecret", variants, "good"))
	harness.Must(t, err)
	obstacle = &unstructured.Unstructured{Object: map[string]any{"apiVersion": harness.ESOV1, "kind": "ExternalSecret", "spec": obstacle.Object["spec"]}}
	obstacle.SetNamespace(namespace.GetName())
	obstacle.SetName("ces-good")
	harness.Must(t, c.Apply(t.Context(), namespace, obstacle))
	namespace.SetLabels(map[string]string{"testbed.example.com/provision": "here"})
	harness.Must(t, c.Apply(t.Context(), namespace))

	metrics := &harness.Exporter{URL: strings.TrimSuffix(eso.MetricsURL, "/metrics")} // which is only scraped
	kinds := []string{"externalsecret", "pushsecret", "secretstore", "clustersecretstore", "clusterexternalsecret", "clusterpushsecret"}
	families := make([]string, len(kinds))
	for i, kind := range kinds {
		families[i] = kind + "_status_condition"
	}
	harness.Eventually(t, time.Minute, func() error {
		theirs, err := metrics.Scrape(t.Context(), families...)
		if err != nil {
			return err
		}
		ours, err := esoRows(t.Context(), e)
		if err != nil {
			return err
		}
		all := map[string]difference{}
		for _, s := range harness.Find(theirs, harness.Series{"=": "1"}) {
			key := strings.Join([]string{strings.TrimSuffix(s[""], "_status_condition"), s["namespace"], s["name"]}, " ")
			all[key] = difference{Theirs: s["condition"] + " " + s["status"]}
		}
		for _, s := range ours {
			if strings.HasSuffix(s[""], "_ready") {
				_, key, _ := strings.Cut(subject(s), " ")
				d := all[key]
				d.Ours = map[string]string{"1": "Ready True", "0": "Ready False"}[s["="]]
				all[key] = d
			}
		}
		differ, agree := map[string]difference{}, map[string]int{}
		for key, d := range all {
			if kind, _, _ := strings.Cut(key, " "); d.Theirs == d.Ours {
				agree[kind]++
			} else {
				differ[key] = d
			}
		}
		if diff := cmp.Diff(esoIsWrong, differ); diff != "" {
			return fmt.Errorf("theirs and ours do not differ as expected (-expected +found):\n%s", diff)
		}
		for _, kind := range kinds {
			if agree[kind] == 0 {
				return fmt.Errorf("the two agree on no %s: %v", kind, agree)
			}
		}
		t.Logf("the two differ on %d objects, and agree on %v", len(differ), agree)
		return nil
	})
}
