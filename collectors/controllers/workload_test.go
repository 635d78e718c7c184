// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"slices"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// TestNoConfidentialWorkloadFieldIsPublished puts s3cr3t into the environment, the arguments and the messages.
func TestNoConfidentialWorkloadFieldIsPublished(t *testing.T) {
	t.Parallel()
	hidden := 0
	s := workloadSuite(config.Controllers{})
	for _, c := range s.Cases(t) {
		for _, o := range c.Objects {
			hidden += strings.Count(string(o.Raw), "s3cr3t")
		}
		if strings.Contains(s.Render(t, c.Cluster, c.Objects...), "s3cr3t") {
			t.Errorf("%s: a row has confidential data", c.File)
		}
	}
	if hidden == 0 {
		t.Error("testdata hides nothing")
	}
	rows := s.Render(t, collectortest.Management, collectortest.Parse(t, []byte(`{"kind":"Deployment",
		"metadata":{"name":"kustomize-controller","namespace":"flux-system","labels":{"app.kubernetes.io/part-of":"flux"}},
		"spec":{"template":{"spec":{"containers":[{"name":"manager","image":"user:s3cr3t@registry.example.com/x:v1"}]}}}}`)))
	for _, want := range []string{`version="v1",image="registry.example.com/x:v1"`, `container_name="manager",image="registry.example.com/x:v1"`} {
		if strings.Contains(rows, "s3cr3t") || !strings.Contains(rows, want) {
			t.Errorf("no row has %s:\n%s", want, rows)
		}
	}
}

// TestForeignWorkloadIsNotStored checks that a workload without a system has no entry, and that its rows are
// removed if it had one.
func TestForeignWorkloadIsNotStored(t *testing.T) {
	t.Parallel()
	r := workloadSuite(config.Controllers{Selectors: map[string]string{"aurora": "tier=ui"}}).Rig(t, collectortest.Management)
	r.Set(t,
		collectortest.Parse(t, []byte(`{"kind":"Deployment","metadata":{"name":"a","namespace":"n","labels":{"tier":"ui"}}}`)),
		collectortest.Parse(t, []byte(`{"kind":"Deployment","metadata":{"name":"b","namespace":"n","labels":{"tier":"db"}}}`)),
	)
	if n, _, _ := r.Kinds["Deployment"].Group.Size(); n != 1 {
		t.Errorf("%d objects are stored, want 1", n)
	}
	if text := r.Get(t); !strings.Contains(text, `name="a",kind="Deployment",system="aurora",component="a"`) || strings.Contains(text, `name="b"`) {
		t.Error(text)
	}
}

// TestInvalidWorkloadValueAffectsOnlyItsRow replaces one value at a time by one of the wrong type.
func TestInvalidWorkloadValueAffectsOnlyItsRow(t *testing.T) {
	t.Parallel()
	const whole = `{"kind":"Deployment","metadata":{"name":"a","namespace":"n","generation":1,"labels":{"app.kubernetes.io/part-of":"flux","x":"y"}},` +
		`"spec":{"replicas":2,"paused":true,"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}},` +
		`"status":{"observedGeneration":1,"readyReplicas":1,"availableReplicas":1,"updatedReplicas":1,"conditions":[{"type":"Available","status":"True"}]}}`
	rules := collectortest.Rules{Gone: func(family string, list []string) bool {
		return slices.Contains(list, strings.TrimPrefix(family, "cobaltcore_controller_"))
	}}
	render := func(t *testing.T, raw string) string {
		t.Helper()
		return workloadSuite(config.Controllers{}).Render(t, collectortest.Management, collectortest.Parse(t, []byte(raw)))
	}
	for _, tc := range []struct{ old, broken, gone string }{
		{`"replicas":2`, `"replicas":"2"`, "replicas_desired"},
		{`"paused":true`, `"paused":"yes"`, "paused"},
		{`"readyReplicas":1`, `"readyReplicas":{}`, "replicas_ready"},
		{`"availableReplicas":1`, `"availableReplicas":null`, "replicas_available"},
		{`"updatedReplicas":1`, `"updatedReplicas":1.5`, "replicas_updated"},
		{`"observedGeneration":1`, `"observedGeneration":[]`, "generation_observed"},
		{`[{"type":"Available","status":"True"}]`, `"none"`, "condition"},
		{`"status":"True"`, `"status":true`, "condition"},
		{`[{"name":"c","image":"i:1"}]`, `{"name":"c"}`, "container_info info"},
		{`"image":"i:1"`, `"image":7`, "container_info info"},
		{`"x":"y"`, `"x":7`, ""},
		{`{"app":"a"}`, `[]`, ""},
	} {
		t.Run(tc.broken, func(t *testing.T) {
			t.Parallel()
			raw := strings.Replace(whole, tc.old, tc.broken, 1)
			if raw == whole {
				t.Fatal("nothing is broken")
			}
			rules.CheckKept(t, collectortest.Parse(t, []byte(whole)), render(t, whole), render(t, raw), strings.Fields(tc.gone))
		})
	}
}

func FuzzDeployment(f *testing.F)  { fuzzWorkload(f, "Deployment") }
func FuzzStatefulSet(f *testing.F) { fuzzWorkload(f, "StatefulSet") }
func FuzzDaemonSet(f *testing.F)   { fuzzWorkload(f, "DaemonSet") }

func fuzzWorkload(f *testing.F, kind string) {
	f.Helper()
	s := workloadSuite(config.Controllers{})
	s.Fuzz(f, s.Objects(f), []string{
		`{"metadata":{"name":"a","labels":{"app":"greenhouse","app":"\ud800"},"annotations":"x"},"spec":{"template":[]}}`,
		`{"metadata":{"name":"a\nb\"c\\d","annotations":{"meta.helm.sh/release-name":"\u0000"}},"status":{"conditions":[{"type":"Available"},{"type":"Available"},null]}}`,
		`{"metadata":{"name":"a","labels":{"name":"aurora"}},"spec":{"replicas":-9223372036854775808,"template":{"spec":{"containers":[{"name":"c"},{"name":"c"},null,{"image":"@:/"}]}}}}`,
	}, kind)
}

// BenchmarkWorkload measures an event until it is stored, for a Deployment of the usual 6 KiB.
func BenchmarkWorkload(b *testing.B) {
	for name, labels := range map[string]string{
		"no system": `"app.kubernetes.io/name":"portal","app.kubernetes.io/part-of":"openstack"`,
		"flux":      `"app.kubernetes.io/component":"source-controller","app.kubernetes.io/part-of":"flux"`,
	} {
		b.Run(name, func(b *testing.B) {
			environment := strings.Repeat(`{"name":"SETTING","value":"a value of the usual length"},`, 80)
			raw := []byte(`{"kind":"Deployment","metadata":{"name":"a","namespace":"n","generation":1,"creationTimestamp":"2026-09-02T07:13:20Z","labels":{` + labels + `},` +
				`"annotations":{"deployment.kubernetes.io/revision":"7"}},"spec":{"replicas":2,"strategy":{"type":"RollingUpdate"},"template":{"metadata":{"labels":{` + labels + `}},` +
				`"spec":{"containers":[{"name":"c","image":"registry.example.com/a/b:v1.2.3","env":[` + strings.TrimSuffix(environment, ",") + `]}]}}},` +
				`"status":{"observedGeneration":1,"readyReplicas":2,"availableReplicas":2,"updatedReplicas":2,"conditions":[` +
				`{"type":"Available","status":"True","reason":"MinimumReplicasAvailable","message":"m","lastTransitionTime":"2026-09-02T07:13:20Z"},` +
				`{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable","message":"m","lastTransitionTime":"2026-09-02T07:13:20Z"}]}}`)
			workloadSuite(config.Controllers{}).Bench(b, collectortest.Parse(b, raw))
		})
	}
}
