// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// TestTheFirstStateThatHoldsWins goes through the precedence suspended, stalled,
// dependency_not_ready, failed, progressing, ready, unknown.
func TestTheFirstStateThatHoldsWins(t *testing.T) {
	is := func(name, status, reason string) condition {
		return condition{Type: name, Status: status, Reason: reason}
	}
	ready := func(status, reason string) condition { return is("Ready", status, reason) }
	stalled, reconciling := is("Stalled", "True", "BuildFailed"), is("Reconciling", "True", "Progressing")

	for _, tc := range []struct {
		name       string
		suspended  bool
		always     bool
		conditions conditions
		want       string
	}{
		{"suspended and ready", true, false, conditions{ready("True", "Succeeded")}, "suspended"},
		{"suspended and failed", true, false, conditions{ready("False", "BuildFailed")}, "suspended"},
		{"suspended and stalled", true, false, conditions{ready("False", "BuildFailed"), stalled}, "suspended"},
		{"suspended and waiting", true, false, conditions{ready("False", "DependencyNotReady")}, "suspended"},
		{"suspended and progressing", true, false, conditions{ready("Unknown", "Progressing"), reconciling}, "suspended"},
		{"suspended without conditions", true, false, nil, "suspended"},

		{"stalled and failed", false, false, conditions{ready("False", "BuildFailed"), stalled}, "stalled"},
		{"stalled in front of Ready", false, false, conditions{stalled, ready("False", "BuildFailed")}, "stalled"},
		{"stalled and waiting", false, false, conditions{ready("False", "DependencyNotReady"), stalled}, "stalled"},
		{"stalled and reconciling", false, false, conditions{ready("Unknown", "Progressing"), reconciling, stalled}, "stalled"},
		{"stalled and ready", false, false, conditions{ready("True", "Succeeded"), stalled}, "stalled"},
		{"stalled only", false, false, conditions{stalled}, "stalled"},
		{"no longer stalled", false, false, conditions{ready("True", "Succeeded"), is("Stalled", "False", "Succeeded")}, "ready"},

		{"waiting", false, false, conditions{ready("False", "DependencyNotReady")}, "dependency_not_ready"},
		{"waiting and reconciling", false, false, conditions{ready("False", "DependencyNotReady"), reconciling}, "dependency_not_ready"},
		{"ready for the reason of waiting", false, false, conditions{ready("True", "DependencyNotReady")}, "ready"},
		{"unknown for the reason of waiting", false, false, conditions{ready("Unknown", "DependencyNotReady")}, "unknown"},

		{"failed", false, false, conditions{ready("False", "BuildFailed")}, "failed"},
		{"failed and retrying", false, false, conditions{ready("False", "BuildFailed"), is("Reconciling", "True", "ProgressingWithRetry")}, "failed"},
		{"failed while progressing", false, false, conditions{ready("False", "Progressing")}, "failed"},
		{"failed without a reason", false, false, conditions{ready("False", "")}, "failed"},

		{"unknown and progressing", false, false, conditions{ready("Unknown", "Progressing")}, "progressing"},
		{"unknown and progressing with retry", false, false, conditions{ready("Unknown", "ProgressingWithRetry")}, "progressing"},
		{"unknown and reconciling", false, false, conditions{ready("Unknown", ""), reconciling}, "progressing"},
		{"ready and reconciling", false, false, conditions{ready("True", "Succeeded"), reconciling}, "progressing"},
		{"reconciling only", false, false, conditions{reconciling}, "progressing"},

		{"ready", false, false, conditions{ready("True", "Succeeded")}, "ready"},
		{"ready and done reconciling", false, false, conditions{ready("True", "Succeeded"), is("Reconciling", "False", "Succeeded")}, "ready"},
		{"ready but unhealthy", false, false, conditions{ready("True", "Succeeded"), is("Healthy", "False", "HealthCheckFailed")}, "ready"},
		{"the first of two Ready conditions", false, false, conditions{ready("True", "Succeeded"), ready("False", "BuildFailed")}, "ready"},

		{"no conditions", false, false, nil, "unknown"},
		{"unknown", false, false, conditions{ready("Unknown", "HealthCheckCanceled")}, "unknown"},
		{"an odd status", false, false, conditions{ready("true", "Succeeded")}, "unknown"},
		{"another condition only", false, false, conditions{is("Healthy", "True", "Succeeded")}, "unknown"},

		{"an Alert", false, true, nil, "ready"},
		{"a suspended Alert", true, true, nil, "suspended"},
		{"an Alert with conditions of v1beta2", false, true, conditions{ready("False", "BuildFailed"), reconciling}, "ready"},
		{"an Alert that says progressing", false, true, conditions{ready("Unknown", "Progressing")}, "ready"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := subject{meta: &watch.Meta{}, status: &status{Conditions: tc.conditions}, suspended: tc.suspended, alwaysReady: tc.always}
			if got := s.state(); got != tc.want {
				t.Errorf("state() = %q, want %q", got, tc.want)
			}
		})
	}
}

// TestGenerationObserved compares the newest generation that the controller
// notes anywhere with that of the object.
func TestGenerationObserved(t *testing.T) {
	for _, tc := range []struct {
		name, kind, metadata, status string
		want                         string
	}{
		{"in the status", "Kustomization", `"generation":3`, `{"observedGeneration":3}`, "1"},
		{"an older one", "Kustomization", `"generation":3`, `{"observedGeneration":2}`, "0"},
		{"a newer one in the condition", "Kustomization", `"generation":3`,
			`{"observedGeneration":2,"conditions":[{"type":"Ready","status":"False","observedGeneration":3}]}`, "1"},
		{"only in the condition", "FluxInstance", `"generation":3`, `{"conditions":[{"type":"Ready","observedGeneration":3}]}`, "1"},
		{"in another condition", "FluxInstance", `"generation":3`, `{"conditions":[{"type":"Stalled","observedGeneration":3}]}`, "0"},
		{"none yet", "GitRepository", `"generation":1`, `{"observedGeneration":-1}`, "0"},
		{"no status", "GitRepository", `"generation":1`, `{}`, "0"},
		{"a kind that may note none", "ExternalArtifact", `"generation":1`, `{}`, ""},
		{"a kind that may note one and did", "ExternalArtifact", `"generation":2`, `{"conditions":[{"type":"Ready","observedGeneration":1}]}`, "0"},
		{"a kind without status", "Provider", `"generation":1`, `{}`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := `{"metadata":{"namespace":"flux-system","name":"x",` + tc.metadata + `},"status":` + tc.status + `}`
			sample := `cobaltcore_flux_resource_generation_observed{cluster="management",target_cluster="management",kind="` + tc.kind +
				`",exported_namespace="flux-system",name="x"}`
			if got := collectortest.Rows(render(t, tc.kind, raw))[sample]; got != tc.want {
				t.Errorf("%s is %q, want %q", sample, got, tc.want)
			}
		})
	}
}
