//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestRetryLoop checks Kustomizations whose health checks fail repeatedly. During an attempt, which is most of the
// time, Ready is Unknown. Each object has one alert, from the second attempt on, which is not resolved before the first
// success. With scaled times, an attempt takes 5 s, and the next one begins 1 s later.
func TestRetryLoop(t *testing.T) {
	c := harness.StartCluster(t, "management")
	harness.Must(t, c.ApplyCRDs(t.Context(), harness.FluxCRDs(t)...))
	k := newRetryController(c)
	harness.Must(t, k.create(t.Context()))
	e := harness.StartExporter(t, harness.ConfigFor(scaledOverrides(), c), func(o *app.Options) { o.HealthInterval = time.Second })
	e.WaitReady(t)
	w := &retryWatch{controller: k, faultyFleet: &faultyFleet{exporter: e}, seen: map[string]sighting{}}
	var err error
	w.alerts, err = testbed.StartAlertmanager(harness.WithoutCancel(t), t.TempDir(), testbed.AlertmanagerOptions{})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, w.alerts.Stop) })
	p, err := testbed.StartPrometheus(harness.WithoutCancel(t), t.TempDir(), testbed.PrometheusOptions{
		Targets:   []testbed.ScrapeTarget{{Job: "cobaltcore-exporter", URL: e.URL + "/metrics"}},
		RuleFiles: []string{harness.ScaledRules(t, "cluster")}, Alertmanagers: []string{w.alerts.URL},
	})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, p.Stop) })
	wait := k.start(t)

	everything := []string{"recorded alert", "recorded report", "unrecorded alert", "unrecorded report"}
	harness.Eventually(t, 2*time.Minute, func() error {
		w.observe(t)
		if n := k.finished.Load(); n < 5 {
			return fmt.Errorf("%d attempts", n)
		}
		if got := slices.Sorted(maps.Keys(w.seen)); !slices.Equal(got, everything) {
			return fmt.Errorf("alerts are %v, want %v", got, everything)
		}
		return nil
	})
	for _, name := range everything {
		since := w.seen[name].since
		t.Logf("%s: since %s, seen first in attempt %d", name, since.Format(time.TimeOnly), w.seen[name].attempt)
		if begun, failed := k.second(); strings.HasSuffix(name, "alert") && (since.Before(begun) || since.After(failed)) {
			t.Errorf("%s: fires at %v, want the second attempt, from %v to %v", name, since, begun, failed)
		}
	}
	k.succeed.Store(true)
	harness.Eventually(t, time.Minute, func() error {
		if k.finished.Load() < 0 {
			return nil
		}
		w.observe(t)
		return errors.New("there is no success yet")
	})
	harness.Must(t, wait())
	harness.Eventually(t, time.Minute, func() error {
		now, err := w.firing(t)
		maps.DeleteFunc(now, func(key string, _ time.Time) bool { return strings.HasSuffix(key, " report") }) // keeps them for minutes
		if err == nil && len(now) > 0 {
			err = fmt.Errorf("alerts after the success: %v", now)
		}
		return err
	})
}

// retryWatch compares alerts with the previously observed alerts.
type retryWatch struct {
	*faultyFleet

	controller *retryController
	seen       map[string]sighting // by object and by what tolerates or reports it
}

// sighting is the onset of an alert and the attempt in which it was first observed.
type sighting struct {
	since   time.Time
	attempt int64
}

// firing returns since when there are alerts and findings about the Kustomizations. There
// must be none other than that the failing ones fail.
func (w *retryWatch) firing(t *testing.T) (map[string]time.Time, error) {
	t.Helper()
	sent, err := w.alerts.Alerts(t.Context())
	if err != nil {
		return nil, err
	}
	now := map[string]time.Time{}
	for _, a := range sent {
		if a.Labels["kind"] != "Kustomization" {
			continue
		}
		key := a.Labels["name"] + " alert"
		if _, twice := now[key]; twice || a.Labels["alertname"] != "FluxApplyFailing" || a.Labels["name"] == steady {
			t.Fatalf("there is an alert %s", describe(a.Labels))
		}
		now[key] = a.StartsAt
	}
	found, err := w.findings(t.Context())
	for _, x := range found {
		if x.Object.Kind != "Kustomization" {
			continue
		}
		if x.Rule != "FluxApplyFailing" || x.Object.Name == steady {
			t.Fatalf("the report has %s about %s", x.Rule, x.Object.Name)
		}
		now[x.Object.Name+" report"] = x.Since
	}
	return now, err
}

// observe fails the test if a previous alert is missing or has changed.
func (w *retryWatch) observe(t *testing.T) {
	t.Helper()
	attempt := w.controller.finished.Load() + 1
	now, err := w.firing(t)
	harness.Must(t, err)
	if w.controller.finished.Load() < 0 {
		return // the success may have been observed first
	}
	for key, was := range w.seen {
		if since, ok := now[key]; !ok || !since.Equal(was.since) {
			t.Fatalf("%s: fires since %v in attempt %d, and since %v in attempt %d", key, was.since, was.attempt, now[key], attempt)
		}
	}
	for key, since := range now {
		if _, ok := w.seen[key]; !ok {
			w.seen[key] = sighting{since, attempt}
		}
	}
}
