// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func TestSizesOfArtifacts(t *testing.T) {
	for _, tc := range []struct {
		text string
		want float64
		ok   bool
	}{
		{"512 B", 512, true},
		{"1.5 KiB", 1536, true},
		{"3.5 MiB", 3.5 * (1 << 20), true},
		{"1.0 GiB", 1 << 30, true},
		{"2.0 TiB", 2 << 40, true},
		{"0.5 PiB", 1 << 49, true},
		{"0 B", 0, true},
		{"", 0, false},
		{"512", 0, false},
		{"1.5 KB", 0, false},
		{"1.5KiB", 0, false},
		{"a lot", 0, false},
		{"KiB", 0, false},
	} {
		if got, ok := parseSize(tc.text); got != tc.want || ok != tc.ok {
			t.Errorf("parseSize(%q) = %v, %v, want %v, %v", tc.text, got, ok, tc.want, tc.ok)
		}
	}
}

// TestReportTimeIsTheNewestTimestamp checks that the newer time counts: of the transition of Ready and of the
// managed fields of Flux Operator.
func TestReportTimeIsTheNewestTimestamp(t *testing.T) {
	const (
		early = `"2026-11-22T10:00:00Z"`
		late  = `"2026-11-22T10:05:00Z"`
		later = `"2026-11-22T10:10:00Z"`
	)
	for _, tc := range []struct {
		name, transition, managed string
		want                      string
	}{
		{"the condition", late, `[{"manager":"flux-operator","time":` + early + `}]`, late},
		{"the managed fields", early, `[{"manager":"flux-operator","time":` + early + `},{"manager":"flux-operator","time":` + late + `}]`, late},
		{"no managed fields", late, `[]`, late},
		{"managed fields of another client", early, `[{"manager":"kubectl-edit","time":` + later + `}]`, early},
		{"no condition", `null`, `[{"manager":"flux-operator","time":` + late + `}]`, late},
		{"nothing", `null`, `null`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := `{"metadata":{"namespace":"flux-system","name":"flux","managedFields":` + tc.managed + `},
				"status":{"conditions":[{"type":"Ready","lastTransitionTime":` + tc.transition + `}]}}`
			text := render(t, "FluxReport", raw)
			got := collectortest.Rows(text)[`cobaltcore_flux_report_timestamp_seconds{cluster="management",target_cluster="management",`+
				`kind="FluxReport",exported_namespace="flux-system",name="flux"}`]
			if want := unix(t, tc.want); got != want {
				t.Errorf("timestamp is %q, want %q", got, want)
			}
		})
	}
}

// unix returns a quoted time in seconds since the epoch, in the format of a row.
func unix(t *testing.T, quoted string) string {
	t.Helper()
	if quoted == "" {
		return ""
	}
	at, err := time.Parse(`"`+time.RFC3339+`"`, quoted)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(at.Unix(), 10)
}

// TestReportWithoutSync checks a report of a cluster without a sync.
func TestReportWithoutSync(t *testing.T) {
	for _, sync := range []string{`null`, ``} {
		spec := `{}`
		if sync != "" {
			spec = `{"sync":` + sync + `}`
		}
		raw := `{"metadata":{"namespace":"flux-system","name":"flux"},"spec":` + spec + `}`
		if text := render(t, "FluxReport", raw); strings.Contains(text, "_report_sync_") {
			t.Errorf("spec %s has rows about a sync:\n%s", spec, text)
		}
	}
}
