// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// TestNothingOfAWorkloadLeaks: s3cr3t is in the environment, the arguments and the
// messages.
func TestNothingOfAWorkloadLeaks(t *testing.T) {
	t.Parallel()
	hidden := 0
	for _, file := range workloadFiles(t) {
		all := readWorkloads(t, file)
		for _, o := range all {
			hidden += strings.Count(string(o.raw), "s3cr3t")
		}
		if strings.Contains(workloadRows(t, "management", all...), "s3cr3t") {
			t.Errorf("%s: a row has what nobody may see", file)
		}
	}
	if hidden == 0 {
		t.Error("testdata hides nothing")
	}
}

// TestAWorkloadOfNobodyIsNotStored: it has no entry, and one that is nobody's any
// more loses its rows.
func TestAWorkloadOfNobodyIsNotStored(t *testing.T) {
	t.Parallel()
	h := newWorkloadRig(t, "management", config.Controllers{Selectors: map[string]string{"aurora": "tier=ui"}})
	h.set(t,
		parseWorkload(t, []byte(`{"kind":"Deployment","metadata":{"name":"a","namespace":"n","labels":{"tier":"ui"}}}`)),
		parseWorkload(t, []byte(`{"kind":"Deployment","metadata":{"name":"b","namespace":"n","labels":{"tier":"db"}}}`)),
	)
	if n, _, _ := h.kinds["Deployment"].group.Size(); n != 1 {
		t.Errorf("%d objects are stored, want 1", n)
	}
	if text := h.get(t); !strings.Contains(text, `name="a",kind="Deployment",system="aurora",component="a"`) || strings.Contains(text, `name="b"`) {
		t.Error(text)
	}
}

// TestABrokenValueOfAWorkloadCostsNoOtherRow breaks one value at a time.
func TestABrokenValueOfAWorkloadCostsNoOtherRow(t *testing.T) {
	t.Parallel()
	const whole = `{"kind":"Deployment","metadata":{"name":"a","namespace":"n","generation":1,"labels":{"app.kubernetes.io/part-of":"flux","x":"y"}},` +
		`"spec":{"replicas":2,"paused":true,"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}},` +
		`"status":{"observedGeneration":1,"readyReplicas":1,"availableReplicas":1,"updatedReplicas":1,"conditions":[{"type":"Available","status":"True"}]}}`
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
			got := looseRows(t, raw)
			validExposition(t, got)
			have := maps.Collect(sampleRows(got))
			for row, value := range sampleRows(looseRows(t, whole)) {
				name, _, _ := strings.Cut(strings.TrimPrefix(row, "cobaltcore_controller_"), "{")
				if have[row] != value && !strings.Contains(" "+tc.gone+" ", " "+name+" ") {
					t.Errorf("%s is %q, was %q", row, have[row], value)
				}
			}
		})
	}
}

// looseRows are the rows of a Deployment that may be decoded in part.
func looseRows(t *testing.T, raw string) string {
	t.Helper()
	h := newWorkloadRig(t, "management", config.Controllers{})
	k := h.kinds["Deployment"]
	entry, _, err := k.resource.Render(h.view, []byte(raw), k.rows)
	if err != nil || entry == nil {
		t.Fatalf("no rows: %v", err)
	}
	k.group.Replace([]*exposition.Entry{entry})
	return h.get(t)
}

func FuzzDeployment(f *testing.F)  { fuzzWorkload(f, "Deployment") }
func FuzzStatefulSet(f *testing.F) { fuzzWorkload(f, "StatefulSet") }
func FuzzDaemonSet(f *testing.F)   { fuzzWorkload(f, "DaemonSet") }

// fuzzWorkload feeds anything to a kind. What is JSON is never an error, and what
// comes out is always an exposition.
func fuzzWorkload(f *testing.F, kind string) {
	for _, file := range workloadFiles(f) {
		for _, o := range readWorkloads(f, file) {
			f.Add(o.raw)
		}
	}
	for _, raw := range []string{
		`null`, `[]`, `"x"`, `{}`, `{"metadata":null,"spec":null,"status":null}`,
		`{"metadata":{"name":"a","labels":{"app":"greenhouse","app":"\ud800"},"annotations":"x"},"spec":{"template":[]}}`,
		`{"metadata":{"name":"a\nb\"c\\d","annotations":{"meta.helm.sh/release-name":"\u0000"}},"status":{"conditions":[{"type":"Available"},{"type":"Available"},null]}}`,
		`{"metadata":{"name":"a","labels":{"name":"aurora"}},"spec":{"replicas":-9223372036854775808,"template":{"spec":{"containers":[{"name":"c"},{"name":"c"},null,{"image":"@:/"}]}}}}`,
	} {
		f.Add([]byte(raw))
	}
	h := newWorkloadRig(f, "management", config.Controllers{})
	k := h.kinds[kind]
	f.Fuzz(func(t *testing.T, raw []byte) {
		entry, _, err := k.resource.Render(h.view, raw, k.rows)
		if err != nil {
			if json.Valid(raw) {
				t.Fatal(err)
			}
			return
		}
		if entry == nil { // no name, or nobody's
			return
		}
		k.group.Replace([]*exposition.Entry{entry})
		validExposition(t, h.get(t))
	})
}

// BenchmarkWorkload is what an event costs before it is stored, for a Deployment of
// the usual 6 KiB.
func BenchmarkWorkload(b *testing.B) {
	for name, labels := range map[string]string{
		"nobody": `"app.kubernetes.io/name":"portal","app.kubernetes.io/part-of":"openstack"`,
		"flux":   `"app.kubernetes.io/component":"source-controller","app.kubernetes.io/part-of":"flux"`,
	} {
		b.Run(name, func(b *testing.B) {
			environment := strings.Repeat(`{"name":"SETTING","value":"a value of the usual length"},`, 80)
			raw := []byte(`{"kind":"Deployment","metadata":{"name":"a","namespace":"n","generation":1,"creationTimestamp":"2026-09-02T07:13:20Z","labels":{` + labels + `},` +
				`"annotations":{"deployment.kubernetes.io/revision":"7"}},"spec":{"replicas":2,"strategy":{"type":"RollingUpdate"},"template":{"metadata":{"labels":{` + labels + `}},` +
				`"spec":{"containers":[{"name":"c","image":"registry.example.com/a/b:v1.2.3","env":[` + strings.TrimSuffix(environment, ",") + `]}]}}},` +
				`"status":{"observedGeneration":1,"readyReplicas":2,"availableReplicas":2,"updatedReplicas":2,"conditions":[` +
				`{"type":"Available","status":"True","reason":"MinimumReplicasAvailable","message":"m","lastTransitionTime":"2026-09-02T07:13:20Z"},` +
				`{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable","message":"m","lastTransitionTime":"2026-09-02T07:13:20Z"}]}}`)
			h := newWorkloadRig(b, "management", config.Controllers{})
			k := h.kinds["Deployment"]
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, _, err := k.resource.Render(h.view, raw, k.rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
