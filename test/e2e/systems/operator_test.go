//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// exception is a label whose value intentionally differs from that of Flux Operator.
type exception struct {
	kind, label string
	// differs reports whether the difference between their and our value is the intended one.
	differs func(theirs, ours string) bool
	reason  string
}

// exceptions is the complete list of exceptions.
var exceptions = []exception{
	{
		kind: "Receiver", label: "url",
		differs: func(theirs, ours string) bool { return strings.HasPrefix(theirs, "/hook/") && ours == "" },
		reason:  "the path of a webhook is all it takes to call it",
	},
	{
		kind: "ArtifactGenerator", label: "suspended",
		differs: func(theirs, ours string) bool { return theirs == "False" && ours == "True" },
		reason:  "source-watcher suspends by annotation, which Flux Operator does not read",
	},
	{
		kind: "GitRepository", label: "url",
		differs: func(theirs, ours string) bool { return strings.Contains(theirs, "@") && !strings.Contains(ours, "@") },
		reason:  "URLs lose user info and query",
	},
}

// sharedLabels are the labels that Flux Operator sets on each family.
var sharedLabels = map[string][]string{
	"flux_instance_info":                 {"uid", "kind", "name", "exported_namespace", "ready", "reason", "suspended", "registry", "revision"},
	"flux_resource_info":                 {"uid", "kind", "name", "exported_namespace", "ready", "reason", "suspended", "revision", "url", "ref", "source_name", "path"},
	"flux_resourceset_info":              {"uid", "kind", "name", "exported_namespace", "ready", "reason", "suspended", "resources", "revision"},
	"flux_resourcesetinputprovider_info": {"uid", "kind", "name", "exported_namespace", "ready", "reason", "suspended", "url"},
	"flux_operator_info":                 {"version", "api_version", "platform"},
}

// The rows of the real Flux Operator and of the exporter have equal values of all shared labels, and the
// panels of other projects' dashboards show the same.
func TestAgreesWithFluxOperator(t *testing.T) {
	t.Parallel()
	cluster := harness.StartCluster(t, "management")
	harness.Must(t, cluster.ApplyCRDs(t.Context(), harness.FluxCRDs(t)...))
	harness.Must(t, cluster.Apply(t.Context(), harness.FleetObjects(t, "management")...))
	operator := harness.StartFluxOperator(t, cluster)
	harness.Must(t, operator.ApplyFluxInstance(t.Context(), cluster))
	e := harness.StartExporter(t, harness.ConfigFor("collectors: {flux: {uid: true}}\n", cluster))
	e.WaitReady(t)

	harness.Eventually(t, 3*time.Minute, func() error {
		theirs, err := operatorSeries(t.Context(), operator.MetricsURL)
		if err != nil {
			return err
		}
		ours, err := e.Scrape(t.Context(), slices.Collect(maps.Keys(sharedLabels))...)
		if err != nil {
			return err
		}
		used := map[string]bool{}
		a, b := projectLabels(theirs, nil, used), projectLabels(ours, theirs, used)
		if diff := cmp.Diff(a, b); diff != "" {
			return fmt.Errorf("theirs and ours differ (-theirs +ours):\n%s", diff)
		}
		kinds := map[string]bool{}
		for _, s := range theirs {
			kinds[s["kind"]] = true
		}
		for _, x := range exceptions {
			if !used[x.kind+x.label] {
				return fmt.Errorf("nothing differs in %s of %s (%s): remove the exception or mend the fleet", x.label, x.kind, x.reason)
			}
		}
		if len(kinds) < 18+1 { // 15 of Flux, 3 of Flux Operator, and flux_operator_info without a kind
			return fmt.Errorf("Flux Operator reports %d kinds only: %v", len(kinds)-1, slices.Sorted(maps.Keys(kinds)))
		}
		return nil
	})
	checkSameNumbers(t, operator, e)
}

func operatorSeries(ctx context.Context, url string) ([]harness.Series, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return harness.Parse(body, slices.Collect(maps.Keys(sharedLabels))...)
}

// projectLabels reduces samples to the shared labels, as text. For intended differences, it uses the value in
// reference.
func projectLabels(all, reference []harness.Series, used map[string]bool) []string {
	var out []string
	for _, s := range all {
		var b strings.Builder
		b.WriteString(s[""])
		for _, label := range sharedLabels[s[""]] {
			v := s[label]
			for _, x := range exceptions {
				if x.kind != s["kind"] || x.label != label {
					continue
				}
				for _, r := range harness.Find(reference, harness.Series{"": s[""], "uid": s["uid"]}) {
					if r[label] != v && x.differs(r[label], v) {
						v = r[label]
						used[x.kind+x.label] = true
					}
				}
			}
			_, _ = fmt.Fprintf(&b, " %s=%q", label, v)
		}
		out = append(out, b.String())
	}
	slices.Sort(out)
	return out
}
