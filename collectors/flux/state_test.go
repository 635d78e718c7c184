// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

var notReadyRow = regexp.MustCompile(`_not_ready_since_timestamp_seconds\{.*status="([^"]*)",onset="([^"]*)",tolerated="([^"]*)",source="([^"]*)",upstream="([^"]*)".*\} (\d+)`)

// TestStates compares state, reason and onset in the rows for statuses of several kinds and versions.
// The rules are those of package lifecycle.
func TestStates(t *testing.T) {
	const at = "2026-11-22T1%d:00:00Z"
	hour := func(h int) string { return fmt.Sprintf(at, h) }
	condition := func(name, status, reason string, h int) string {
		return fmt.Sprintf(`{"type":%q,"status":%q,"reason":%q,"observedGeneration":1,"lastTransitionTime":%q}`, name, status, reason, hour(h))
	}
	entry := func(status string, first, last int) string {
		return fmt.Sprintf(`{"digest":"d%s","lastReconciledStatus":%q,"firstReconciled":%q,"lastReconciled":%q}`, status, status, hour(first), hour(last))
	}
	release := func(version int, chart, status string, h int) string {
		return fmt.Sprintf(`{"version":%d,"chartVersion":%q,"configDigest":"c","status":%q,"lastDeployed":%q}`, version, chart, status, hour(h))
	}
	underWay := condition("Ready", "Unknown", "Progressing", 9) + "," + condition("Reconciling", "True", "Progressing", 9)
	status := func(conditions string, more ...string) string {
		return `{"observedGeneration":1,"conditions":[` + conditions + `]` + strings.Join(append([]string{""}, more...), ",") + `}`
	}
	for _, tc := range []struct {
		name, kind, spec, status string
		want                     string // status, reason, onset with its precision, whether it is tolerated
	}{
		{"a retry loop", "Kustomization", `{}`,
			status(underWay, `"history":[`+entry("HealthCheckFailed", 3, 8)+`,`+entry("ReconciliationSucceeded", 0, 2)+`]`), "failed HealthCheckFailed 3 exact briefly"},
		{"an upgraded controller", "Kustomization", `{}`,
			status(underWay, `"lastAppliedRevision":"1","history":[`+entry("HealthCheckFailed", 3, 8)+`]`), "failed HealthCheckFailed 3 undated false"},
		{"canceled after a success", "Kustomization", `{}`,
			status(condition("Ready", "False", "HealthCheckCanceled", 9), `"history":[`+entry("ReconciliationSucceeded", 0, 2)+`]`),
			"progressing HealthCheckCanceled 9 undated true"},
		{"an operator's set", "ResourceSet", `{}`,
			status(underWay, `"history":[`+entry("ReconciliationFailed", 3, 8)+`,`+entry("ReconciliationSucceeded", 0, 2)+`]`), "failed ReconciliationFailed 3 exact true"},
		{"an instance that cannot be built", "FluxInstance", `{}`,
			status(condition("Ready", "False", "BuildFailed", 5) + "," + condition("Stalled", "True", "BuildFailed", 5)), "stalled BuildFailed 5 undated false"},
		{"an upgrade that is tried again", "HelmRelease", `{}`,
			status(underWay+","+condition("Released", "False", "UpgradeFailed", 6), `"history":[`+release(9, "2", "failed", 4)+`,`+release(8, "1", "superseded", 0)+`]`),
			"failed UpgradeFailed 4 exact true"},
		{"an upgrade that was rolled back", "HelmRelease", `{}`,
			status(condition("Ready", "False", "RollbackSucceeded", 6)+","+condition("Remediated", "True", "RollbackSucceeded", 6),
				`"history":[`+release(10, "1", "deployed", 5)+`,`+release(9, "2", "failed", 4)+`,`+release(8, "1", "superseded", 0)+`]`),
			"failed RollbackSucceeded 4 exact true"},
		{"an upgrade after a roll-back", "HelmRelease", `{}`,
			status(underWay+","+condition("Released", "False", "UpgradeFailed", 6),
				`"history":[`+release(11, "1", "deployed", 7)+`,`+release(10, "2", "failed", 6)+`,`+release(9, "1", "superseded", 5)+`,`+release(8, "2", "failed", 4)+`,`+release(7, "1", "superseded", 0)+`]`),
			"failed UpgradeFailed 4 exact true"},
		{"v2beta1", "HelmRelease", `{}`, status(underWay+","+condition("Released", "False", "InstallFailed", 6), `"failures":3,"installFailures":3`),
			"failed InstallFailed 6 undated false"},
		{"a failure counter alone", "HelmRelease", `{}`, status(underWay, `"failures":3,"upgradeFailures":3`), "progressing Progressing 9 undated true"},
		{"a chart that is not there", "HelmRelease", `{}`,
			status(condition("Ready", "False", "ArtifactFailed", 6) + "," + condition("Reconciling", "True", "Progressing", 7) + "," + condition("Released", "True", "UpgradeSucceeded", 1)),
			"failed ArtifactFailed 6 undated false"},
		{"a source that is fetched again", "GitRepository", `{}`,
			status(underWay+","+condition("FetchFailed", "True", "GitOperationFailed", 5), `"artifact":{"lastUpdateTime":"`+hour(1)+`"}`), "failed GitOperationFailed 5 undated false"},
		{"a chart that cannot be built", "HelmChart", `{}`, status(underWay + "," + condition("BuildFailed", "True", "ValuesFilesError", 5)), "failed ValuesFilesError 5 undated false"},
		{"an artifact that is not signed", "OCIRepository", `{}`,
			status(underWay + "," + condition("SourceVerified", "False", "VerificationError", 5)), "failed VerificationError 5 undated false"},
		{"never looked at", "GitRepository", `{}`, `{"observedGeneration":-1}`, "unprocessed NoStatus 0 exact true"},
		{"a generation that was not processed", "ImagePolicy", `{}`, status(condition("Ready", "True", "Succeeded", 5)), ""},
		{"an Alert", "Alert", `{}`, `{}`, ""},
		{"an Alert of v1beta2", "Alert", `{}`, status(condition("Ready", "False", "ValidationFailed", 5)), "failed ValidationFailed 5 undated false"},
		{"a Provider of v1beta2 that was not processed", "Provider", `{}`, `{"observedGeneration":-1}`, "unprocessed NoStatus 0 exact true"},
		{"a suspended Alert", "Alert", `{"suspend":true}`, `{}`, "suspended  13 undated false"},
		{"an OCI Helm repository", "HelmRepository", `{"type":"oci"}`, `{}`, ""},
		{"an OCI Helm repository that was not processed", "HelmRepository", `{"type":"oci"}`, `{"observedGeneration":-1}`, "unprocessed NoStatus 0 exact true"},
		{"waiting", "ImagePolicy", `{"imageRepositoryRef":{"name":"r"}}`, status(condition("Ready", "False", "DependencyNotReady", 5)),
			"dependency_not_ready DependencyNotReady 5 undated true"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := `{"metadata":{"namespace":"ns","name":"x","generation":1,"creationTimestamp":"` + hour(0) + `"},"spec":` + tc.spec + `,"status":` + tc.status + `}`
			text := render(t, tc.kind, raw)
			got := ""
			if m := notReadyRow.FindStringSubmatch(text); m != nil {
				var seconds int64
				_, _ = fmt.Sscan(m[6], &seconds)
				onset := time.Unix(seconds, 0).UTC()
				reason := ""
				if _, rest, ok := strings.Cut(text, "cobaltcore_flux_resource_reason_info{"); ok {
					_, rest, _ = strings.Cut(rest, `reason="`)
					reason, _, _ = strings.Cut(rest, `"`)
				}
				got = fmt.Sprintf("%s %s %d %s %s", m[1], reason, int(onset.Sub(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)).Hours()), m[2], m[3])
			}
			if tc.want == "" {
				if want := `status="ready"`; !strings.Contains(text, want) || got != "" {
					t.Fatalf("the object is not ready: %s\n%s", got, text)
				}
				return
			}
			if want := tc.want; got != strings.Replace(want, " 13 ", " 14 ", 1) {
				t.Errorf("got %q, want %q\n%s", got, want, text)
			}
		})
	}
}

// TestHealthyObjectsHaveFewRows checks the limit of four rows by default. FluxInstance and FluxReport are exempt,
// because a cluster has only one of each.
func TestHealthyObjectsHaveFewRows(t *testing.T) {
	s := suite()
	s.Options.Detail = false
	checked := 0
	for _, c := range s.Cases(t) {
		o := c.Objects[0]
		text := s.Render(t, c.Cluster, o)
		if o.Kind == "FluxInstance" || o.Kind == "FluxReport" || !strings.Contains(text, `status="ready"`) || strings.Contains(text, "_drifted") {
			continue
		}
		checked++
		if n := len(collectortest.Rows(text)); n > 4 {
			t.Errorf("%s has %d rows:\n%s", c.File, n, text)
		}
	}
	if checked < 15 {
		t.Errorf("only %d objects of testdata are ready", checked)
	}
}

// TestDetailIsDeclared checks that families that rules need are not limited to detail: full.
func TestDetailIsDeclared(t *testing.T) {
	detail := map[*exposition.Family]bool{}
	for _, f := range Families() {
		detail[f] = f.Detail
	}
	for _, f := range []*exposition.Family{resourceStatus, resourceNotReadySince, resourceReason, resourceOverdue, resourceSucceeded,
		artifactTime, releaseInfo} {
		if detail[f] {
			t.Errorf("%s is behind metrics.detail", f.Name)
		}
	}
	if !detail[resourceCreated] || !detail[resourceInterval] {
		t.Error("created and interval are not behind metrics.detail")
	}
}

// TestLifecycleStateIsKept checks that the outcome of an attempt is remembered during the next one.
func TestLifecycleStateIsKept(t *testing.T) {
	k := suite().Rig(t, collectortest.Management).Of(t, "Kustomization")
	object := func(status, reason string) []byte {
		return []byte(`{"metadata":{"namespace":"ns","name":"x","generation":1},"status":{"observedGeneration":1,"conditions":[{"type":"Ready","status":"` +
			status + `","reason":"` + reason + `","lastTransitionTime":"2026-11-22T10:00:00Z"}]}}`)
	}
	first, err := k.See(object("False", "BuildFailed"), lifecycle.Observation{Now: collectortest.SeenAt(), Live: true})
	if err != nil {
		t.Fatal(err)
	}
	second, err := k.See(object("Unknown", "Progressing"), lifecycle.Observation{Now: collectortest.SeenAt(), Live: true, Before: first.Memory})
	if err != nil {
		t.Fatal(err)
	}
	if second.Memory.State != lifecycle.Failed || second.Memory.Reason != "BuildFailed" {
		t.Errorf("memory is %+v", second.Memory)
	}
}

// TestGenerationObserved compares the newest generation that the controller has recorded with the generation of
// the object.
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

// TestReadyByDesign checks that flux_resource_info agrees with Flux Operator, and that the state depends on the
// actions of the controller.
func TestReadyByDesign(t *testing.T) {
	for status, state := range map[string]string{`{"observedGeneration":-1}`: "unprocessed", `{}`: "ready"} {
		raw := `{"metadata":{"namespace":"ns","name":"x","generation":1},"spec":{"type":"oci"},"status":` + status + `}`
		text := render(t, "HelmRepository", raw)
		if !strings.Contains(text, `name="x",ready="True"`) || !strings.Contains(text, `status="`+state+`"`) {
			t.Errorf("%s: ready is not True, or the state is not %s:\n%s", status, state, text)
		}
	}
}
