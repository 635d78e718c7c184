//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// scaledOverrides returns settings by which the report waits for a sixtieth of the time, too.
func scaledOverrides() string {
	var b strings.Builder
	b.WriteString("rules:\n  overrides:\n")
	changes := harness.ScaledChanges()
	for _, r := range alerts.Rules() {
		c := changes[r.Name]
		if r.PrometheusOnly || c.For == 0 && c.Threshold == 0 {
			continue
		}
		fmt.Fprintf(&b, "    %s:\n", r.Name)
		if c.For > 0 {
			fmt.Fprintf(&b, "      for: %s\n", model.Duration(c.For))
		}
		if c.Threshold > 0 {
			fmt.Fprintf(&b, "      threshold: %g\n", c.Threshold)
		}
	}
	return b.String()
}

// readReport returns the report of an exporter.
func readReport(ctx context.Context, e *harness.Exporter) (health.Report, error) {
	var report health.Report
	code, body, err := e.Get(ctx, "/api/v1/report")
	if err != nil || code != http.StatusOK {
		return report, fmt.Errorf("status %d: %w", code, err)
	}
	return report, json.Unmarshal(body, &report)
}

// findings returns the findings of the report that fire, by id, without those of severity info.
func (f *faultyFleet) findings(ctx context.Context) (map[string]health.Finding, error) {
	report, err := readReport(ctx, f.exporter)
	if err != nil {
		return nil, err
	}
	out := map[string]health.Finding{}
	for _, found := range report.Findings {
		if found.Severity != alerts.Info && found.State == health.Firing {
			out[found.ID] = found
		}
	}
	return out, nil
}

// checkReported is nil if the report names the roots of a fault as such, and one of them as
// the cause of everything else.
func (f *faultyFleet) checkReported(ctx context.Context, want *fault) error {
	found, err := f.findings(ctx)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var errs []error
	for _, a := range want.roots {
		if !slices.ContainsFunc(slices.Collect(maps.Values(found)), func(x health.Finding) bool { return a.is(labelsOf(x)) && x.RootCause == "" }) {
			errs = append(errs, fmt.Errorf("report: no root cause is %s", describe(a)))
		}
	}
	for _, x := range found {
		if cause, ok := found[x.RootCause]; !want.hasRoot(x) && (!ok || !want.hasRoot(cause)) {
			errs = append(errs, fmt.Errorf("report: %s follows from %q, which is no root", describe(labelsOf(x)), cause.Rule))
		}
	}
	return errors.Join(errs...)
}

// labelsOf returns the labels of the alert that a finding stands for.
func labelsOf(x health.Finding) map[string]string {
	l := maps.Clone(x.Labels)
	l["alertname"] = x.Rule
	return l
}

// hasRoot reports whether a finding is one of the roots of the fault.
func (want *fault) hasRoot(x health.Finding) bool {
	return slices.ContainsFunc(want.roots, func(a alert) bool { return a.is(labelsOf(x)) })
}

// checkHealthy returns nil if the report has no finding.
func (f *faultyFleet) checkHealthy(ctx context.Context) error {
	found, err := f.findings(ctx)
	errs := []error{err}
	for _, x := range found {
		errs = append(errs, fmt.Errorf("report: %s of %s", x.Rule, x.Cluster))
	}
	return errors.Join(errs...)
}
