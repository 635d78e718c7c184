//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// event is a harmless event, which is part of normal operation.
type event struct {
	name   string
	always bool // also without -thorough
	happen func(t *testing.T, f *faultyFleet)
}

// testBenignEvents runs harmless events in front of the shipped rules, with their real durations. Alerts that
// are pending after one of them have to end before they fire.
func (f *faultyFleet) testBenignEvents(t *testing.T) {
	for _, e := range benignEvents() {
		if !e.always && !*harness.Thorough {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			fired := func(ctx context.Context) error {
				samples, err := f.patient.Query(ctx, `ALERTS{alertstate="firing", severity!="info"}`)
				errs := []error{err}
				for _, s := range samples {
					errs = append(errs, fmt.Errorf("fires: %s", describe(s.Labels)))
				}
				return errors.Join(errs...)
			}
			harness.Must(t, fired(t.Context()))
			begin := time.Now()
			e.happen(t, f)
			f.rounds(t, f.patient, 5, fired)
			harness.Eventually(t, 2*time.Minute, func() error {
				harness.Must(t, fired(t.Context()))
				return pending(t.Context(), f.patient)
			})
			t.Logf("nothing fired, and nothing is pending after %s", time.Since(begin).Round(time.Second))
			// The next fault must begin without pending alerts.
			harness.Eventually(t, 2*time.Minute, func() error { return f.checkQuiet(t.Context()) })
		})
	}
}

func benignEvents() []event {
	return []event{
		{name: "controllers are upgraded one by one", always: true, happen: upgrade},
		{name: "the leader steps down", always: true, happen: func(t *testing.T, f *faultyFleet) {
			before := f.leaderChanges(t)
			harness.Must(t, f.stepDown(t))
			harness.Eventually(t, time.Minute, func() error {
				if f.leaderChanges(t) == before {
					return errors.New("the exporter has not seen it")
				}
				return nil
			})
			harness.Must(t, f.bao.WaitVoters(t.Context(), 3))
		}},
		{name: "a Kustomization is suspended and resumed", happen: func(t *testing.T, f *faultyFleet) {
			for _, suspended := range []bool{true, false} {
				updateObject(t, f.management, kustomization("storage-infrastructure"), func(o map[string]any) {
					setField(t, o, suspended, "spec", "suspend")
					generation, _, _ := unstructured.NestedInt64(o, "metadata", "generation")
					setField(t, o, generation+1, "status", "observedGeneration") // as the controller does after it was resumed
				})
				f.status(t, "storage-infrastructure", map[bool]string{true: "suspended", false: "ready"}[suspended])
			}
		}},
		{name: "a chain of dependencies comes up", happen: breakChain},
		{name: "a kind gets another version", happen: func(t *testing.T, f *faultyFleet) {
			crd := testbed.NewObject("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "plugins.greenhouse.sap")
			updateObject(t, f.management, crd, func(o map[string]any) {
				versions, _, _ := unstructured.NestedSlice(o, "spec", "versions")
				next, _ := versions[0].(map[string]any)
				next = (&unstructured.Unstructured{Object: next}).DeepCopy().Object
				next["name"], next["storage"] = "v1beta1", false
				setField(t, o, append(versions, next), "spec", "versions")
			})
		}},
		{name: "everything is listed again", happen: func(t *testing.T, f *faultyFleet) {
			harness.Must(t, f.storage.Compact(t.Context()))
			harness.Must(t, f.proxy.CloseConnections())
		}},
		{name: "a secret is refreshed", happen: func(t *testing.T, f *faultyFleet) {
			last := harness.Series{"": "cobaltcore_eso_externalsecret_last_sync_timestamp_seconds", "cluster": "management", "name": "hypervisor-kubeconfig"}
			before := f.value(t, last)
			harness.Must(t, f.bao.PutSecret(t.Context(), "kv-v2/infrastructure", "kubeconfig/hypervisor", map[string]any{"value": "another"}))
			harness.Eventually(t, time.Minute, func() error {
				if f.value(t, last) == before {
					return errors.New("not refreshed")
				}
				return nil
			})
		}},
		{name: "a certificate is renewed", happen: func(t *testing.T, f *faultyFleet) { f.certify(t, f.bao.Nodes[2], 85*24*time.Hour) }},
		{name: "a cluster leaves the configuration, and comes back", happen: func(t *testing.T, f *faultyFleet) {
			for _, there := range []bool{false, true} {
				f.exporter.Configure(t, f.configuration(there))
				f.exporter.Reload(t)
				f.exporter.Expect(t, map[bool]int{true: 1}[there], harness.Series{"": "cobaltcore_cluster_up", "cluster": "storage", "=": "1"})
				f.rounds(t, f.patient, 3, func(context.Context) error { return nil })
			}
		}},
		{name: "the exporter is restarted", happen: func(t *testing.T, f *faultyFleet) {
			f.exporter.Stop(t)
			f.rounds(t, f.patient, 3, func(context.Context) error { return nil })
			f.startExporter()
		}},
	}
}

// value returns the value of the only sample with these labels.
func (f *faultyFleet) value(t *testing.T, like harness.Series) string {
	t.Helper()
	all, err := f.exporter.Scrape(t.Context(), like[""])
	harness.Must(t, err)
	found := harness.Find(all, like)
	if len(found) != 1 {
		t.Fatalf("%d samples like %v", len(found), like)
	}
	return found[0]["="]
}

func (f *faultyFleet) leaderChanges(t *testing.T) string {
	t.Helper()
	return f.value(t, harness.Series{"": "cobaltcore_openbao_leader_changes_total"})
}

// status waits until a Kustomization has the status.
func (f *faultyFleet) status(t *testing.T, name, status string) {
	t.Helper()
	f.exporter.Expect(t, 1, harness.Series{"": "cobaltcore_flux_resource_status", "cluster": "management", "name": name, "status": status})
}

// upgrade shows a FluxInstance with a new version: Deployments change one after the other, each with a
// pod of the old image until the new one is ready.
func upgrade(t *testing.T, f *faultyFleet) {
	updateObject(t, f.management, testbed.FluxInstance(), func(o map[string]any) {
		setField(t, o, []any{ready("Unknown", "Progressing")}, "status", "conditions")
	})
	for _, name := range fluxControllers() {
		updateObject(t, f.management, deployment("flux-system", name), func(o map[string]any) {
			containers := []any{map[string]any{"name": "manager", "image": "registry.example.com/fluxcd/" + name + ":v1.1.0"}}
			setField(t, o, containers, "spec", "template", "spec", "containers")
			for field, n := range map[string]int64{"replicas": 2, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1, "unavailableReplicas": 1} {
				setField(t, o, n, "status", field)
			}
		})
		info := harness.Series{"": "cobaltcore_controller_info", "cluster": "management", "name": name, "version": "v1.1.0"}
		f.exporter.Expect(t, 1, info)
		updateObject(t, f.management, deployment("flux-system", name), func(o map[string]any) {
			setField(t, o, int64(1), "status", "replicas")
			unstructured.RemoveNestedField(o, "status", "unavailableReplicas")
		})
	}
	updateObject(t, f.management, testbed.FluxInstance(), func(o map[string]any) {
		setField(t, o, []any{ready("True", "ReconciliationSucceeded")}, "status", "conditions")
		var components []any
		for _, name := range fluxControllers() {
			components = append(components, map[string]any{"name": name, "repository": "registry.example.com/fluxcd/" + name, "tag": "v1.1.0", "digest": ""})
		}
		setField(t, o, components, "status", "components")
		reconciled(o, 0)
	})
}

// breakChain breaks three Kustomizations that depend on each other, so that they become ready one after the other.
func breakChain(t *testing.T, f *faultyFleet) {
	names := []string{"chain-1", "chain-2", "chain-3"}
	become := func(name, state string) {
		t.Helper()
		updateObject(t, f.management, kustomization(name), func(o map[string]any) {
			conditions := map[string]map[string]any{
				"dependency_not_ready": ready("False", "DependencyNotReady"), "progressing": ready("Unknown", "Progressing"), "ready": ready("True", "ReconciliationSucceeded"),
			}
			setField(t, o, []any{conditions[state]}, "status", "conditions")
		})
		f.status(t, name, state)
	}
	for i, name := range names {
		o := kustomization(name)
		spec := map[string]any{"interval": "10m", "prune": true, "sourceRef": map[string]any{"kind": "GitRepository", "name": "fleet"}}
		if i > 0 {
			spec["dependsOn"] = []any{map[string]any{"name": names[i-1]}}
		}
		o.Object["spec"] = spec
		harness.Must(t, f.management.Apply(t.Context(), o))
		become(name, "dependency_not_ready")
	}
	for _, name := range names {
		become(name, "progressing")
		become(name, "ready")
	}
	for _, name := range names {
		harness.Must(t, f.management.Delete(t.Context(), kustomization(name)))
	}
}
