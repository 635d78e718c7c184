// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// attempt is a point in time of a retry loop: after an attempt that ended at failed or, if started
// is not zero, during an attempt that began at started. first is the end of the first failed
// attempt.
type attempt struct{ first, failed, started time.Time }

// shape describes the status with which a kind records failures.
type shape struct {
	name, kind, rule string
	// retried is the tolerance after a second attempt has begun; 0 if it is the same.
	tolerance, retried time.Duration
	// failing and ready return the status of the object.
	failing func(a attempt) object
	ready   func(since time.Time) object
}

func condition(name, status, reason string, at time.Time) object {
	return object{"type": name, "status": status, "reason": reason, "observedGeneration": 1, "lastTransitionTime": at}
}

func status(conditions ...object) object {
	return object{"observedGeneration": 1, "conditions": conditions}
}

// flips returns the Ready condition of most controllers, which is Unknown during an attempt.
func flips(a attempt, reason string, more ...object) object {
	if !a.started.IsZero() {
		return status(append(more, condition("Ready", "Unknown", "Progressing", a.started), condition("Reconciling", "True", "Progressing", a.started))...)
	}
	return status(append(more, condition("Ready", "False", reason, a.failed), condition("Reconciling", "True", "ProgressingWithRetry", a.failed))...)
}

func fluxShapes() []shape {
	succeeded := func(since time.Time) object { return status(condition("Ready", "True", "Succeeded", since)) }
	entry := func(status string, first, last time.Time) object {
		return object{"digest": "sha256:1", "firstReconciled": first, "lastReconciled": last, "lastReconciledStatus": status, "totalReconciliations": 2}
	}
	return []shape{
		{
			name: "Kustomization with history", kind: "Kustomization", rule: "FluxApplyFailing", tolerance: 10 * time.Minute, retried: 200 * time.Second,
			failing: func(a attempt) object {
				s := flips(a, "HealthCheckFailed")
				success := a.first.Add(-24 * time.Hour)
				s["history"] = []object{entry("HealthCheckFailed", a.first, a.failed), entry("ReconciliationSucceeded", success, success)}
				if a.failed.IsZero() {
					s["history"] = []object{entry("ReconciliationSucceeded", success, success)}
				}
				return s
			},
			ready: func(since time.Time) object {
				s := succeeded(since)
				s["history"] = []object{entry("ReconciliationSucceeded", since, since)}
				return s
			},
		},
		{
			name: "Kustomization of Flux 2.6", kind: "Kustomization", rule: "FluxApplyFailing", tolerance: 10 * time.Minute, retried: 200 * time.Second, ready: succeeded,
			failing: func(a attempt) object { return flips(a, "HealthCheckFailed") },
		},
		{
			name: "HelmRelease", kind: "HelmRelease", rule: "FluxApplyFailing", tolerance: 10 * time.Minute, ready: succeeded,
			failing: func(a attempt) object {
				if a.failed.IsZero() {
					return flips(a, "")
				}
				return flips(a, "UpgradeFailed", condition("Released", "False", "UpgradeFailed", a.failed))
			},
		},
		{
			// The message contains a time, so lastTransitionTime changes with each attempt.
			name: "GitRepository with a moving message", kind: "GitRepository", rule: "FluxSourceFailing", tolerance: 10 * time.Minute, ready: succeeded,
			failing: func(a attempt) object {
				if a.failed.IsZero() {
					return flips(a, "")
				}
				a.started = time.Time{}
				return flips(a, "GitOperationFailed", condition("FetchFailed", "True", "GitOperationFailed", a.failed))
			},
		},
		{
			name: "ResourceSetInputProvider", kind: "ResourceSetInputProvider", rule: "FluxResourceFailing", tolerance: 15 * time.Minute, ready: succeeded,
			failing: func(a attempt) object { return flips(a, "ReconciliationFailed") },
		},
	}
}

// synced returns the status of an object of External Secrets, whose Ready condition keeps its
// outcome during the next attempt.
func synced(status, reason string, since time.Time) object {
	return object{
		"conditions":  []object{condition("Ready", status, reason, since)},
		"refreshTime": since.Add(-time.Hour), "syncedResourceVersion": "1-abc", "syncedPushSecrets": object{"SecretStore/s": object{"k": object{}}},
	}
}

// otherShapes returns the shapes of External Secrets and Greenhouse, which keep lastTransitionTime
// until the status changes: markAsFailed of the controllers externalsecret and pushsecret, and
// computeReadyConditionFlux and computeReady of plugin and cluster.
func otherShapes() []shape {
	sync := func(name, kind, rule, failed, succeeded string) shape {
		ready := func(since time.Time) object { return synced("True", succeeded, since) }
		return shape{
			name: name, kind: kind, rule: rule, tolerance: 15 * time.Minute, ready: ready,
			failing: func(a attempt) object {
				if a.failed.IsZero() {
					return ready(a.first.Add(-24 * time.Hour))
				}
				return synced("False", failed, a.first)
			},
		}
	}
	conditions := func(cs ...object) object { return object{"statusConditions": object{"conditions": cs}} }
	ready := func(since time.Time) object { return conditions(condition("Ready", "True", "", since)) }
	return []shape{
		sync("ExternalSecret", "ExternalSecret", "ESOExternalSecretFailing", "SecretSyncedError", "SecretSynced"),
		sync("PushSecret", "PushSecret", "ESOPushSecretFailing", "Errored", "Synced"),
		{
			name: "Plugin", kind: "Plugin", rule: "CobaltCoreGreenhousePluginNotReady", tolerance: 15 * time.Minute, ready: ready,
			failing: func(a attempt) object {
				switch {
				case a.failed.IsZero():
					return ready(a.first.Add(-24 * time.Hour))
				case !a.started.IsZero():
					return conditions(condition("Ready", "False", "", a.first), condition("HelmReleaseDeployed", "Unknown", "Progressing", a.started))
				}
				return conditions(condition("Ready", "False", "UpgradeFailed", a.first), condition("HelmReleaseDeployed", "False", "UpgradeFailed", a.failed))
			},
		},
		{
			name: "Plugin whose Ready flips", kind: "Plugin", rule: "CobaltCoreGreenhousePluginNotReady", tolerance: 15 * time.Minute, ready: ready,
			failing: func(a attempt) object {
				if a.failed.IsZero() {
					return ready(a.first.Add(-24 * time.Hour))
				}
				if !a.started.IsZero() {
					return conditions(condition("Ready", "Unknown", "", a.started), condition("HelmReconcileFailed", "Unknown", "", a.started))
				}
				return conditions(condition("Ready", "False", "", a.failed), condition("HelmReconcileFailed", "True", "HelmInstallFailed", a.failed))
			},
		},
		{
			name: "Cluster whose Ready flips", kind: "Cluster", rule: "CobaltCoreGreenhouseClusterNotReady", tolerance: 15 * time.Minute, ready: ready,
			failing: func(a attempt) object {
				if a.failed.IsZero() {
					return ready(a.first.Add(-24 * time.Hour))
				}
				if !a.started.IsZero() {
					return conditions(condition("Ready", "Unknown", "", a.started), condition("KubeConfigValid", "Unknown", "", a.started))
				}
				return conditions(condition("Ready", "False", "", a.failed), condition("KubeConfigValid", "False", "", a.failed))
			},
		},
	}
}

// loop is a retry loop with the interval at which it is observed.
type loop struct {
	timeout, retry, every time.Duration
	// live means that each change is observed, too.
	live bool
}

func loops() []loop {
	var all []loop
	for _, l := range []loop{
		{timeout: time.Minute, retry: time.Minute}, {timeout: 3 * time.Minute, retry: 2 * time.Minute},
		{timeout: 5 * time.Minute, retry: time.Minute},
		{timeout: 15 * time.Minute, retry: time.Minute}, {timeout: 30 * time.Minute, retry: 5 * time.Minute},
	} {
		l.every, l.live = time.Minute, true
		all = append(all, l)
		for _, l.every = range []time.Duration{15 * time.Second, 30 * time.Second, time.Minute} {
			l.live = false
			all = append(all, l)
		}
	}
	return append(all, loop{10 * time.Second, 5 * time.Minute, time.Minute, true},
		loop{10 * time.Second, 5 * time.Minute, 30 * time.Second, false})
}

// TestRetryLoops checks objects that fail in retry loops: one alert fires when the tolerance has
// passed, and keeps firing until an attempt succeeds.
func TestRetryLoops(t *testing.T) {
	t.Parallel()
	few := []loop{{5 * time.Minute, time.Minute, time.Minute, true}, {5 * time.Minute, time.Minute, 30 * time.Second, false},
		{30 * time.Minute, 5 * time.Minute, time.Minute, false}}
	testRetryLoops(t, fluxShapes(), loops())
	testRetryLoops(t, otherShapes(), few)
}

func testRetryLoops(t *testing.T, shapes []shape, loops []loop) {
	t.Helper()
	for _, s := range shapes {
		for _, l := range loops {
			name := fmt.Sprintf("%s/%v+%v every %v", s.name, l.timeout, l.retry, l.every)
			if l.live {
				name += ", live"
			}
			t.Run(name, func(t *testing.T) {
				w, first, end := fail(t, s, l)
				tolerance := s.tolerance
				if s.retried != 0 {
					tolerance = max(s.retried, l.retry)
				}
				earliest, latest := first.Add(tolerance), first.Add(tolerance+2*time.Minute+2*l.every)
				if len(w.fired) != 1 || w.fired[0].Before(earliest) || w.fired[0].After(latest) {
					t.Errorf("fires at %v, want one alert between %v and %v", w.fired, earliest, latest)
				}
				if len(w.resolved) != 1 || w.resolved[0].Before(end) {
					t.Errorf("resolved at %v, want once after %v", w.resolved, end)
				}
			})
		}
	}
}

// fail makes an object fail in a loop and then succeed. It returns the times of the first failure
// and of the success.
func fail(t *testing.T, s shape, l loop) (w *watcher, first, end time.Time) {
	t.Helper()
	begin, period := ruletest.TakenAt(), l.timeout+l.retry
	first = begin.Add(l.timeout)
	end = begin.Add(time.Duration(4+2*int(s.tolerance/period)) * period)
	w = newWatcher(t, s.kind, begin.Add(7*time.Second-time.Minute), l, s.rule, "FluxProgressingTooLong", "FluxUnprocessed", "FluxResourceUnknown",
		"ESOExternalSecretUnprocessed", "ESOUnprocessed", "ESOStateUnknown", "ESOExternalSecretNeverSynced", "ESOSpecNotApplied",
		"GreenhousePluginUnprocessed", "GreenhouseObjectUnprocessed", "GreenhouseClusterUnknown")
	w.begin(object{"spec": object{"interval": "2h"}, "status": s.ready(begin.Add(-time.Hour))})
	for now := begin; now.Before(end); now = now.Add(period) {
		a := attempt{first: first, started: now}
		if now != begin {
			a.failed = now.Add(-l.retry)
		}
		w.change(now, s.failing(a))
		w.change(now.Add(l.timeout), s.failing(attempt{first: first, failed: now.Add(l.timeout)}))
	}
	w.change(end, s.ready(end))
	w.until(end.Add(10 * time.Minute))
	return w, first, end
}

// TestMissedScrape checks that one missed scrape neither resolves nor repeats the alert about an
// object that has been suspended for a day.
func TestMissedScrape(t *testing.T) {
	t.Parallel()
	begin := ruletest.TakenAt()
	w := newWatcher(t, "Kustomization", begin, loop{every: time.Minute, live: true}, "FluxSuspended")
	w.begin(object{"spec": object{"suspend": true}, "status": status(condition("Ready", "True", "ReconciliationSucceeded", begin.Add(-time.Hour)))})
	w.now = begin.Add(23 * time.Hour)
	w.until(begin.Add(25 * time.Hour))
	w.evaluate(nil)
	w.now = w.now.Add(w.every)
	w.until(begin.Add(26 * time.Hour))
	if len(w.fired) != 1 || w.fired[0].Before(begin.Add(24*time.Hour)) || len(w.resolved) > 0 {
		t.Errorf("fires at %v, resolved at %v", w.fired, w.resolved)
	}
}
