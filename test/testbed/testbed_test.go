// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build testbed

package testbed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const waitDeadline = time.Minute

// stopAtEnd stops a server when the test ends, and checks that it is gone then.
func stopAtEnd(t *testing.T, stop func() error, processes ...*Process) {
	t.Helper()
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
		for _, p := range processes {
			if err := syscall.Kill(p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("process %d still exists after Stop: %v", p.PID(), err)
			}
		}
	})
}

// startCluster returns a cluster with the CRDs of Flux.
func startCluster(t *testing.T, ctx context.Context) *Cluster {
	t.Helper()
	begin := time.Now()
	cluster, err := StartCluster(ctx, t.TempDir(), "management")
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, cluster.Stop, cluster.Etcd(), cluster.APIServer())
	t.Logf("cluster ready after %s", time.Since(begin).Round(time.Millisecond))
	begin = time.Now()
	crds, err := FluxCRDs(ctx, FluxCRDOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := cluster.ApplyCRDs(ctx, crds...); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d CRDs served after %s", len(crds), time.Since(begin).Round(time.Millisecond))
	return cluster
}

// TestFluxOperatorScraped runs the whole chain: objects in a cluster, a real Flux Operator, a real Prometheus.
func TestFluxOperatorScraped(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cluster := startCluster(t, ctx)
	objs, err := Load("testdata/flux.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := cluster.Apply(ctx, objs...); err != nil {
		t.Fatal(err)
	}
	operator, err := StartFluxOperator(ctx, t.TempDir(), cluster)
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, operator.Stop, operator.Process)
	prometheus, err := StartPrometheus(ctx, t.TempDir(), PrometheusOptions{
		Targets: []ScrapeTarget{{Job: "flux-operator", URL: operator.MetricsURL, Labels: map[string]string{"cluster": cluster.Name}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, prometheus.Stop, prometheus.Process)

	begin := time.Now()
	if err := operator.ApplyFluxInstance(ctx, cluster); err != nil {
		t.Fatal(err)
	}
	t.Logf("FluxInstance ready after %s", time.Since(begin).Round(time.Millisecond))
	for query, want := range map[string]float64{
		`up{job="flux-operator",cluster="management"}`:   1,
		`count(flux_resource_info{job="flux-operator"})`: 3,
		`flux_resource_info{kind="Kustomization",name="apps",exported_namespace="flux-system",ready="False",suspended="False"}`: 1,
		`flux_resource_info{kind="GitRepository",name="fleet",ready="True",revision="main@sha1:0123abcd"}`:                      1,
		`flux_instance_info{ready="True"}`: 1,
		`scalar(vector(2))`:                2,
	} {
		if err := Poll(ctx, waitDeadline, func(ctx context.Context) error {
			samples, err := prometheus.Query(ctx, query)
			if err == nil && (len(samples) != 1 || samples[0].Value != want) {
				err = fmt.Errorf("%s is %v, not one sample of %v", query, samples, want)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	if _, err := prometheus.Query(ctx, "sum("); err == nil || !strings.Contains(err.Error(), "parse error") {
		t.Errorf("a query with a syntax error yields %v", err)
	}
	checkReconcilers(t, ctx, cluster)
}

func TestPromtool(t *testing.T) {
	t.Parallel()
	if output, err := Promtool(t.Context(), strings.NewReader("# HELP a_info A.\n# TYPE a_info gauge\na_info 1\n"), "check", "metrics"); err != nil {
		t.Errorf("%v: %s", err, output)
	}
	if _, err := Promtool(t.Context(), strings.NewReader("a_info{ 1\n"), "check", "metrics"); err == nil || !strings.Contains(err.Error(), "parsing") {
		t.Errorf("a broken exposition yields %v", err)
	}
}

// checkReconcilers checks that the FluxReport has every kind once, unless the CRDs of
// Flux Operator's own kinds are labelled as part of Flux: then it has those twice.
func checkReconcilers(t *testing.T, ctx context.Context, cluster *Cluster) {
	t.Helper()
	want := map[string]int{}
	for _, labelled := range []bool{false, true} {
		crds, err := FluxCRDs(ctx, FluxCRDOptions{LabelOperatorCRDs: labelled})
		if err != nil {
			t.Fatal(err)
		}
		if err := cluster.ApplyCRDs(ctx, crds...); err != nil {
			t.Fatal(err)
		}
		for _, crd := range crds {
			kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
			want[kind] = 1
		}
		delete(want, "FluxReport") // does not list itself, but for the label
		if labelled {
			want["FluxInstance"], want["ResourceSet"], want["ResourceSetInputProvider"], want["FluxReport"] = 2, 2, 2, 1
		}
		if err := Poll(ctx, waitDeadline, func(ctx context.Context) error {
			got, err := reconcilers(ctx, cluster)
			if diff := cmp.Diff(want, got); err == nil && diff != "" {
				err = fmt.Errorf("the kinds in the FluxReport differ (-want +got):\n%s", diff)
			}
			return err
		}); err != nil {
			t.Errorf("LabelOperatorCRDs %v: %v", labelled, err)
		}
	}
}

// reconcilers returns how often the FluxReport lists each kind.
func reconcilers(ctx context.Context, cluster *Cluster) (map[string]int, error) {
	report, err := cluster.Get(ctx, NewObject("fluxcd.controlplane.io/v1", "FluxReport", fluxNamespace, "flux"))
	if err != nil {
		return nil, err
	}
	list, _, err := unstructured.NestedSlice(report.Object, "spec", "reconcilers")
	if err != nil {
		return nil, err
	}
	times := map[string]int{}
	for _, r := range list {
		times[fmt.Sprint(r.(map[string]any)["kind"])]++
	}
	return times, nil
}

func TestClusterObjects(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cluster := startCluster(t, ctx)
	objs, err := Load("testdata/flux.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // applying again changes nothing
		if err := cluster.Apply(ctx, objs...); err != nil {
			t.Fatal(err)
		}
	}
	kustomization := NewObject("kustomize.toolkit.fluxcd.io/v1", "Kustomization", fluxNamespace, "apps")
	check := func() {
		t.Helper()
		got, err := cluster.Get(ctx, kustomization)
		if err != nil {
			t.Fatal(err)
		}
		if status := conditionStatus(got, "Ready"); status != "False" {
			t.Errorf("condition Ready is %q, the applied status has False", status)
		}
	}
	check()
	alert, err := cluster.Get(ctx, NewObject("notification.toolkit.fluxcd.io/v1beta3", "Alert", "team-a", "on-call"))
	if err != nil {
		t.Fatal(err)
	}
	if alert.GetDeletionTimestamp() == nil {
		t.Error("an object with a deletion timestamp and a finalizer is not terminating")
	}

	if err := cluster.RestartAPIServer(ctx); err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, cluster.Stop, cluster.APIServer())
	check()
	if err := cluster.Delete(ctx, kustomization, kustomization); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Get(ctx, kustomization); err == nil {
		t.Error("the object still exists after Delete")
	}
}

// TestSeed checks the data set, and measures: TESTBED_SEED=10000 go test -tags testbed -run Seed -v.
func TestSeed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	n := 200
	if text := os.Getenv("TESTBED_SEED"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	cluster := startCluster(t, ctx)
	begin := time.Now()
	seed, err := SeedFlux(ctx, cluster, n)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects seeded in %s", seed.Len(), time.Since(begin).Round(time.Millisecond))
	if n <= 1000 {
		checkSizes(t, ctx, cluster, n)
	}

	ready := seed.Ready(0)
	for _, change := range []StatusChange{Neutral, Flip, Neutral, Flip, Stall, Stall} {
		if err := seed.UpdateStatus(ctx, 0, change); err != nil {
			t.Fatal(err)
		}
		ready = ready != (change != Neutral)
		got, err := cluster.Get(ctx, seed.Object(0))
		if err != nil {
			t.Fatal(err)
		}
		if conditionStatus(got, "Ready") != map[bool]string{true: "True", false: "False"}[ready] || seed.Ready(0) != ready {
			t.Errorf("Ready is %s after change %d, and the seed says %v", conditionStatus(got, "Ready"), change, seed.Ready(0))
		}
		if stalled := conditionStatus(got, "Stalled") == "True"; stalled != (change == Stall && !ready) {
			t.Errorf("Stalled is %t after change %d", stalled, change)
		}
	}
	for _, change := range []StatusChange{Neutral, Flip} {
		begin = time.Now()
		if err := forEach(ctx, n, func(ctx context.Context, i int) error { return seed.UpdateStatus(ctx, i, change) }); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d changes of kind %d in %s", n, change, time.Since(begin).Round(time.Millisecond))
	}
}

// checkSizes checks that objects are as large, on average, as they should be.
func checkSizes(t *testing.T, ctx context.Context, cluster *Cluster, n int) {
	t.Helper()
	total, count := 0, 0
	for _, gvr := range []schema.GroupVersionResource{
		{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"},
		{Group: "helm.toolkit.fluxcd.io", Version: "v2", Resource: "helmreleases"},
		{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"},
		{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "ocirepositories"},
		{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "helmrepositories"},
		{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "helmcharts"},
	} {
		list, err := cluster.Dynamic.Resource(gvr).List(ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, item := range list.Items {
			body, err := json.Marshal(item.Object)
			if err != nil {
				t.Fatal(err)
			}
			size += len(body)
			if conditionStatus(&item, "Ready") == "" {
				t.Errorf("%s has no Ready condition", describe(&item))
			}
		}
		t.Logf("%s: %d, %d bytes on average", gvr.Resource, len(list.Items), size/max(1, len(list.Items)))
		total, count = total+size, count+len(list.Items)
	}
	if count != n {
		t.Errorf("there are %d objects, not %d", count, n)
	}
	if mean := float64(total) / float64(count); math.Abs(mean-6000) > 600 {
		t.Errorf("objects have %.0f bytes on average, not about 6000", mean)
	}
}
