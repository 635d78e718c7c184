// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// valueOf is the value of the row with this name and these labels, if there is
// one.
func valueOf(text, sample string) string {
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, sample+" "); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func format(n int64) string { return strconv.FormatInt(n, 10) }

// samples are the rows of text: value by name and labels.
func samples(text string) map[string]string {
	rows := map[string]string{}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			i := strings.LastIndexByte(line, ' ')
			rows[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return rows
}

// mustParse is for output that a Prometheus server has to accept.
func mustParse(tb testing.TB, text string) {
	tb.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := p.TextToMetricFamilies(strings.NewReader(text)); err != nil {
		tb.Fatalf("the output is no exposition: %v\n%.4000s", err, text)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		if i := strings.LastIndexByte(line, ' '); !strings.HasPrefix(line, "#") {
			if seen[line[:i]] {
				tb.Fatalf("two rows are %.1000s", line[:i])
			}
			seen[line[:i]] = true
		}
	}
}

// breakage puts a value where the type of the API has another one. Rows that
// start with one of gone may miss or change; all others have to stay.
type breakage struct {
	path  string
	value any
	gone  []string
}

// wrongTypes lists what to break in any kind that has it. resource_status and
// the info row may always change their labels, never leave.
func wrongTypes() []breakage {
	const own = "cobaltcore_flux_"
	conditionRows := []string{
		own + "resource_reason_info", own + "resource_ready_transition", own + "resource_generation_observed",
		own + "kustomization_healthy", own + "helmrelease_re", own + "helmrelease_drifted", own + "helmrelease_test", own + "report_timestamp",
	}
	everyStatusRow := append([]string{
		own + "resource_artifact", own + "resource_history", own + "resource_last_", own + "resource_inventory",
		own + "helmrelease", own + "instance_component_info", own + "instance_version",
	}, conditionRows...)
	historyRows := []string{own + "resource_history", own + "resource_last_", own + "helmrelease_info", own + "helmrelease_last_deployed"}
	return []breakage{
		{"status", "oops", everyStatusRow},
		{"status", []any{1, "x"}, everyStatusRow},
		{"status", nil, everyStatusRow},
		{"status.conditions", map[string]any{}, conditionRows},
		{"status.conditions", "Ready", conditionRows},
		{"status.conditions", nil, conditionRows},
		{"status.conditions", []any{nil, "x", 7, []any{}}, conditionRows},
		{"status.conditions.0.lastTransitionTime", "", []string{own + "resource_ready_transition", own + "report_timestamp"}},
		{"status.conditions.0.lastTransitionTime", 5, []string{own + "resource_ready_transition", own + "report_timestamp"}},
		{"status.conditions.0.lastTransitionTime", "yesterday", []string{own + "resource_ready_transition", own + "report_timestamp"}},
		{"status.conditions.0.lastTransitionTime", nil, []string{own + "resource_ready_transition", own + "report_timestamp"}},
		{"status.conditions.0.reason", 5, []string{own + "resource_reason_info"}},
		{"status.conditions.0.status", true, conditionRows},
		{"status.conditions.0.observedGeneration", "1", []string{own + "resource_generation_observed"}},
		{"status.observedGeneration", "1", []string{own + "resource_generation_observed"}},
		{"status.observedGeneration", 1.5, []string{own + "resource_generation_observed"}},
		{"status.inventory", "x", []string{own + "resource_inventory"}},
		{"status.inventory.entries", "x", []string{own + "resource_inventory"}},
		{"status.inventory.entries", nil, []string{own + "resource_inventory"}},
		{"status.history", map[string]any{}, historyRows},
		{"status.history", "x", historyRows},
		{"status.history.0.lastReconciled", "", historyRows},
		{"status.history.0.lastDeployed", "", historyRows},
		{"status.history.0.totalReconciliations", "x", historyRows},
		{"status.history.0.metadata", "x", historyRows},
		{"status.history.0.metadata", map[string]any{"flux": 5}, historyRows},
		{"status.artifact", "x", []string{own + "resource_artifact"}},
		{"status.artifact.size", "12", []string{own + "resource_artifact_size"}},
		{"status.artifact.lastUpdateTime", "", []string{own + "resource_artifact_timestamp"}},
		{"status.components", map[string]any{}, []string{own + "instance_component_info"}},
		{"status.lastAttemptedRevision", 5, []string{own + "instance_version"}},
		{"spec", "oops", []string{own + "resource_interval", own + "resource_depends_on", own + "instance_", own + "report_", "flux_operator_info"}},
		{"spec", nil, []string{own + "resource_interval", own + "resource_depends_on", own + "instance_", own + "report_", "flux_operator_info"}},
		{"spec.suspend", "yes", nil},
		{"spec.interval", 5, []string{own + "resource_interval"}},
		{"spec.interval", "often", []string{own + "resource_interval"}},
		{"spec.url", 5, nil},
		{"spec.ref", "main", nil},
		{"spec.sourceRef", "fleet", nil},
		{"spec.chart", "podinfo", nil},
		{"spec.dependsOn", "x", []string{own + "resource_depends_on"}},
		{"spec.dependsOn", []any{5, nil}, []string{own + "resource_depends_on"}},
		{"spec.components", "all", []string{own + "instance_component_desired", own + "report_component"}},
		{"spec.distribution", 5, []string{own + "instance_version", own + "report_info"}},
		{"spec.reconcilers", map[string]any{}, []string{own + "report_reconcilers", own + "report_artifact"}},
		{"spec.cluster.nodes", "12", []string{own + "report_cluster_nodes"}},
		{"spec.sync", "x", []string{own + "report_sync"}},
		{"metadata.annotations", "x", []string{own + "resource_interval"}},
		{"metadata.annotations", map[string]any{"a": 5, "b": nil}, []string{own + "resource_interval"}},
		{"metadata.managedFields", map[string]any{}, []string{own + "report_timestamp"}},
		{"metadata.managedFields.0.time", "", []string{own + "report_timestamp"}},
		{"metadata.creationTimestamp", "", []string{own + "resource_created"}},
		{"metadata.creationTimestamp", nil, []string{own + "resource_created"}},
		{"metadata.generation", "1", []string{own + "resource_generation_observed"}},
		{"metadata.uid", 5, nil},
	}
}

// TestAValueOfTheWrongTypeCostsNoOtherRow breaks one value of one object of each
// kind at a time.
func TestAValueOfTheWrongTypeCostsNoOtherRow(t *testing.T) {
	for _, name := range []string{
		"fluxinstance/default-components", "fluxreport/sync", "resourceset/ready", "resourcesetinputprovider/ready",
		"gitrepository/branch", "ocirepository/ready", "bucket/ready", "helmrepository/ready", "helmchart/ready", "externalartifact/ready",
		"artifactgenerator/ready", "kustomization/ready", "helmrelease/chart-ref", "alert/ready", "provider/ready", "receiver/ready",
		"imagerepository/ready", "imagepolicy/ready", "imageupdateautomation/ready",
	} {
		raw := object(t, name+".yaml")
		kind, _, _ := strings.Cut(name, "/")
		resource := resourceOf(t, kind)
		whole := samples(render(t, resource, raw))
		for _, b := range wrongTypes() {
			broken, ok := replace(t, raw, b.path, b.value)
			if !ok {
				continue // the kind has no such field
			}
			t.Run(fmt.Sprintf("%s/%s=%v", kind, b.path, b.value), func(t *testing.T) {
				text := render(t, resource, broken)
				mustParse(t, text)
				checkKept(t, identityOf(t, raw), whole, samples(text), b.gone)
			})
		}
	}
}

// checkKept compares the rows of an object before and after it was broken.
func checkKept(t *testing.T, identity string, whole, broken map[string]string, gone []string) {
	t.Helper()
	families := map[string]bool{}
	for row := range maps.Keys(broken) {
		family, _, _ := strings.Cut(row, "{")
		families[family] = true
	}
	var lost []string
	for row := range maps.Keys(broken) {
		if !strings.Contains(row, identity) && !strings.HasPrefix(row, "flux_operator_info{") {
			lost = append(lost, row+" has another identity")
		}
	}
	for row, value := range whole {
		family, _, _ := strings.Cut(row, "{")
		switch {
		case hasAnyPrefix(family, gone):
		case strings.HasPrefix(family, "flux_") || family == "cobaltcore_flux_resource_status":
			if !families[family] {
				lost = append(lost, family+": no row is left")
			}
		case broken[row] != value:
			lost = append(lost, fmt.Sprintf("%s is %q, was %q", row, broken[row], value))
		}
	}
	if len(lost) > 0 {
		slices.Sort(lost)
		t.Errorf("%d rows have nothing to do with the broken value but changed, such as\n%s", len(lost), lost[0])
	}
}

// identityOf are the labels that name the object in raw.
func identityOf(t *testing.T, raw []byte) string {
	t.Helper()
	var o struct {
		Metadata struct{ Namespace, Name string }
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("exported_namespace=%q,name=%q", o.Metadata.Namespace, o.Metadata.Name)
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// replace sets the value at a dotted path that exists.
func replace(t *testing.T, raw []byte, path string, value any) ([]byte, bool) {
	t.Helper()
	var root any
	if err := json.Unmarshal(raw, &root); err != nil {
		t.Fatal(err)
	}
	at, names := root, strings.Split(path, ".")
	for i, name := range names {
		last := i == len(names)-1
		switch in := at.(type) {
		case map[string]any:
			if at = in[name]; at == nil {
				return nil, false
			}
			if last {
				in[name] = value
			}
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n >= len(in) {
				return nil, false
			}
			if at = in[n]; last {
				in[n] = value
			}
		default:
			return nil, false
		}
	}
	out, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return out, true
}
