//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// alert is one that is expected: the labels that count, with its name as alertname.
type alert map[string]string

// and returns the alert with one more label.
func (a alert) and(label, value string) alert {
	b := maps.Clone(a)
	b[label] = value
	return b
}

func (a alert) is(labels map[string]string) bool {
	for k, v := range a {
		if labels[k] != v {
			return false
		}
	}
	return true
}

// describe returns the labels of an alert that identify its object.
func describe(labels map[string]string) string {
	var b strings.Builder
	b.WriteString(labels["alertname"])
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		switch k {
		case "alertname", "playbook", "service", "severity":
		default:
			fmt.Fprintf(&b, " %s=%s", k, labels[k])
		}
	}
	return b.String()
}

// firing are the alerts of severity warning and above, by whether Alertmanager sends them.
type firing struct{ sent, inhibited []map[string]string }

func (f *faultyFleet) readAlerts(ctx context.Context) (firing, error) {
	var out firing
	all, err := f.alerts.Alerts(ctx)
	for _, a := range all {
		switch {
		case a.Labels["severity"] == "info":
		case len(a.Status.InhibitedBy) > 0:
			out.inhibited = append(out.inhibited, a.Labels)
		default:
			out.sent = append(out.sent, a.Labels)
		}
	}
	return out, err
}

// pending returns the pending alerts, which Alertmanager does not have.
func pending(ctx context.Context, p *testbed.Prometheus) error {
	samples, err := p.Query(ctx, `ALERTS{alertstate="pending", severity!="info"}`)
	errs := []error{err}
	for _, s := range samples {
		errs = append(errs, fmt.Errorf("pending: %s", describe(s.Labels)))
	}
	return errors.Join(errs...)
}

// checkQuiet returns nil if both clusters are watched and no alert is firing or pending.
func (f *faultyFleet) checkQuiet(ctx context.Context) error {
	now, err := f.readAlerts(ctx)
	errs := []error{err, pending(ctx, f.prometheus)}
	up, err := f.prometheus.Query(ctx, `sum(cobaltcore_cluster_up)`)
	if errs = append(errs, err); len(up) != 1 || up[0].Value != float64(len(f.clusters())) {
		errs = append(errs, fmt.Errorf("clusters that are up: %v", up))
	}
	for _, l := range now.sent {
		errs = append(errs, fmt.Errorf("firing: %s", describe(l)))
	}
	for _, l := range now.inhibited {
		errs = append(errs, fmt.Errorf("firing, inhibited: %s", describe(l)))
	}
	return errors.Join(errs...)
}

// checkShown returns nil if the expected alerts of a fault are firing.
func (f *faultyFleet) checkShown(ctx context.Context, want *fault) error {
	now, err := f.readAlerts(ctx)
	errs := []error{err, pending(ctx, f.prometheus)}
	missing := func(what string, all []alert, among []map[string]string) {
		for _, a := range all {
			if !slices.ContainsFunc(among, a.is) {
				errs = append(errs, fmt.Errorf("%s does not fire: %s", what, describe(a)))
			}
		}
	}
	missing("root", want.roots, now.sent)
	missing("consequence", want.consequences, now.inhibited)
	for _, labels := range now.sent {
		is := func(a alert) bool { return a.is(labels) }
		if !slices.ContainsFunc(want.roots, is) && want.also[labels["alertname"]] == "" {
			errs = append(errs, fmt.Errorf("sent, but not expected: %s", describe(labels)))
		}
	}
	for _, labels := range now.inhibited {
		if slices.ContainsFunc(want.roots, func(a alert) bool { return a.is(labels) }) {
			errs = append(errs, fmt.Errorf("root is inhibited: %s", describe(labels)))
		}
	}
	return errors.Join(append(errs, f.checkReported(ctx, want))...)
}

// rounds waits for n evaluations of the rules in a row during which check returns nil.
func (f *faultyFleet) rounds(t *testing.T, p *testbed.Prometheus, n int, check func(context.Context) error) {
	t.Helper()
	seen := map[float64]bool{}
	harness.Eventually(t, time.Minute, func() error {
		if err := check(t.Context()); err != nil {
			t.Fatal(err)
		}
		at, err := p.Query(t.Context(), `timestamp(ALERTS{alertname="ExporterWatchdog"})`)
		if err != nil {
			return err
		}
		if len(at) > 0 {
			seen[at[0].Value] = true
		}
		if len(seen) <= n {
			return fmt.Errorf("%d of %d evaluations", len(seen)-1, n)
		}
		return nil
	})
}
