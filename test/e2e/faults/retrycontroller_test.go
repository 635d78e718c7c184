//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// Names of the Kustomizations of [retryController].
const (
	recorded   = "recorded"   // fails, by a controller that writes the history
	unrecorded = "unrecorded" // fails, by one before Flux 2.7, which writes none
	steady     = "steady"     // succeeds at every attempt
)

// The duration of an attempt until its health checks time out, and the pause before the next attempt: 5m and 1m,
// scaled.
const (
	attemptTimeout = 5 * time.Minute / harness.Hasty
	retryInterval  = time.Minute / harness.Hasty
)

// retryController writes the status of Kustomizations as kustomize-controller does
// (internal/controller/kustomization_controller.go): Ready is Unknown from the beginning
// of an attempt, and observedGeneration moves on success only.
type retryController struct {
	cluster *testbed.Cluster
	begun   string // when all of them were last ready
	failing struct{ first, last string }

	succeed  atomic.Bool  // the next attempt succeeds
	finished atomic.Int64 // failed attempts; -1 after the success
	failedAt [2]time.Time // of the first attempts, once they are finished
}

func newRetryController(c *testbed.Cluster) *retryController {
	return &retryController{cluster: c, begun: ago(10 * time.Minute)}
}

// create creates the Kustomizations; all of them were ready an interval ago.
func (k *retryController) create(ctx context.Context) error {
	for _, name := range []string{recorded, unrecorded, steady} {
		o := kustomization(name)
		o.Object["spec"] = map[string]any{
			"interval": "10m", "timeout": "5m", "retryInterval": "1m", "prune": true, "wait": true,
			"sourceRef": map[string]any{"kind": "GitRepository", "name": "fleet"},
		}
		if err := k.cluster.Apply(ctx, o); err != nil {
			return err
		}
		if err := k.write(ctx, name, k.done("True", "ReconciliationSucceeded", k.begun), 1); err != nil {
			return err
		}
	}
	return nil
}

// start runs the controller until it has succeeded; the returned function waits for that.
func (k *retryController) start(t *testing.T) (wait func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var err error
	var running sync.WaitGroup
	running.Go(func() { err = k.run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return func() error { running.Wait(); return err }
}

func (k *retryController) run(ctx context.Context) error {
	for {
		if err := errors.Join(k.begin(ctx), pause(ctx, attemptTimeout)); err != nil {
			return err
		}
		success := k.succeed.Load()
		if err := k.finish(ctx, success); err != nil || success {
			return err
		}
		if err := pause(ctx, retryInterval); err != nil {
			return err
		}
	}
}

// second returns the times at which the second attempt began and failed.
func (k *retryController) second() (begun, failed time.Time) {
	return k.failedAt[0].Add(retryInterval), k.failedAt[1]
}

// pause returns after d, or when the context ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// begin writes the status of a running attempt and keeps the history.
func (k *retryController) begin(ctx context.Context) error {
	var errs []error
	for _, name := range []string{recorded, unrecorded, steady} {
		errs = append(errs, k.write(ctx, name, []any{
			condition("Reconciling", "True", "Progressing"), condition("Ready", "Unknown", "Progressing"), condition("Healthy", "Unknown", "Progressing"),
		}, 0))
	}
	return errors.Join(errs...)
}

// finish writes the result of the attempt.
func (k *retryController) finish(ctx context.Context, success bool) error {
	if !success {
		k.failing.last = ago(0)
		if k.failing.first == "" {
			k.failing.first = k.failing.last
		}
	}
	var errs []error
	for _, name := range []string{recorded, unrecorded, steady} {
		if success || name == steady {
			errs = append(errs, k.write(ctx, name, k.done("True", "ReconciliationSucceeded", ago(0)), 1))
			continue
		}
		conditions := append(k.done("False", "HealthCheckFailed", ago(0)), condition("Reconciling", "True", "ProgressingWithRetry"))
		errs = append(errs, k.write(ctx, name, conditions, 0))
	}
	if success {
		k.finished.Store(-1)
		return errors.Join(errs...)
	}
	if n := k.finished.Load(); n < int64(len(k.failedAt)) {
		k.failedAt[n] = time.Now()
	}
	k.finished.Add(1)
	return errors.Join(errs...)
}

// done returns the conditions of an attempt that has ended.
func (k *retryController) done(status, reason, at string) []any {
	ready, healthy := condition("Ready", status, reason), condition("Healthy", status, reason)
	ready["lastTransitionTime"], healthy["lastTransitionTime"] = at, at
	return []any{ready, healthy}
}

// write patches the status of a Kustomization. A generation of 0 is not patched.
func (k *retryController) write(ctx context.Context, name string, conditions []any, generation int64) error {
	status := map[string]any{"conditions": conditions}
	if generation != 0 {
		status["observedGeneration"] = generation
	}
	if name != unrecorded {
		status["history"] = k.history(name, generation != 0)
	}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	resource := schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}
	_, err = k.cluster.Dynamic.Resource(resource).Namespace("flux-system").Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

// history returns the entries of a Kustomization, the newest first. Each is kept by its
// digest and status, with the time of the first of its attempts.
func (k *retryController) history(name string, success bool) []any {
	entry := func(digest, status, first, last string) map[string]any {
		return map[string]any{
			"digest": "sha256:" + digest, "lastReconciledStatus": status, "firstReconciled": first, "lastReconciled": last,
			"lastReconciledDuration": "5s", "totalReconciliations": int64(1),
		}
	}
	out := []any{entry("0000", "ReconciliationSucceeded", k.begun, k.begun)}
	if k.failing.first != "" && name == recorded {
		out = append([]any{entry("0001", "HealthCheckFailed", k.failing.first, k.failing.last)}, out...)
	}
	if success && k.failing.first != "" {
		out = append([]any{entry("0001", "ReconciliationSucceeded", ago(0), ago(0))}, out...)
	}
	return out
}
