// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
)

// seedWorkers is the number of concurrent requests of a seed.
const seedWorkers = 16

// StatusChange is a kind of change that Seed.UpdateStatus makes.
type StatusChange int

const (
	// Neutral changes the message of the Ready condition, which no metric shows.
	Neutral StatusChange = iota
	// Flip turns the Ready condition from True to False or back.
	Flip
	// Stall flips the Ready condition and adds or removes the condition Stalled, a failure that rules report at once.
	Stall
)

// Seed is a set of objects in a cluster.
type Seed struct {
	object  func(i int) *unstructured.Unstructured
	objects []seeded
	count   atomic.Int64 // number of changes, which makes messages unique
}

type seeded struct {
	resource              dynamic.ResourceInterface
	kind, namespace, name string
	ready                 atomic.Bool
}

// SeedFlux creates n Flux objects with their status in the cluster, which must have the CRDs of FluxCRDs and none of these objects. The
// same n always results in the same objects, except for fields that the server sets.
func SeedFlux(ctx context.Context, cluster *Cluster, n int) (*Seed, error) {
	return seed(ctx, cluster, n, loadobject.Flux)
}

// SeedExternalSecrets creates n ExternalSecrets with their status in the cluster, which
// must have the CRDs of ESOCRDs and none of these objects.
func SeedExternalSecrets(ctx context.Context, cluster *Cluster, n int) (*Seed, error) {
	return seed(ctx, cluster, n, loadobject.ExternalSecret)
}

func seed(ctx context.Context, cluster *Cluster, n int, object func(i int) *unstructured.Unstructured) (*Seed, error) {
	for i := range min(n, loadobject.Namespaces) {
		if err := cluster.createNamespace(ctx, loadobject.Namespace(i)); err != nil {
			return nil, fmt.Errorf("testbed: seed cluster %s: %w", cluster.Name, err)
		}
	}
	s := &Seed{object: object, objects: make([]seeded, n)}
	if err := forEach(ctx, n, func(ctx context.Context, i int) error { return s.create(ctx, cluster, i) }); err != nil {
		return nil, fmt.Errorf("testbed: seed cluster %s: %w", cluster.Name, err)
	}
	return s, nil
}

func (s *Seed) create(ctx context.Context, cluster *Cluster, i int) error {
	obj := s.object(i)
	resource, err := cluster.resource(obj.GroupVersionKind(), obj.GetNamespace())
	if err != nil {
		return err
	}
	created, err := resource.Create(ctx, obj, metav1.CreateOptions{FieldManager: "kustomize-controller"})
	if err != nil {
		return fmt.Errorf("create %s: %w", describe(obj), err)
	}
	created.Object["status"] = obj.Object["status"]
	if _, err := resource.UpdateStatus(ctx, created, metav1.UpdateOptions{FieldManager: "gotk-controller"}); err != nil {
		return fmt.Errorf("status of %s: %w", describe(obj), err)
	}
	o := &s.objects[i]
	o.resource, o.kind, o.namespace, o.name = resource, obj.GetKind(), obj.GetNamespace(), obj.GetName()
	o.ready.Store(conditionStatus(obj, "Ready") == "True")
	return nil
}

// Len returns the number of objects.
func (s *Seed) Len() int { return len(s.objects) }

// Object returns kind, namespace and name of object i.
func (s *Seed) Object(i int) *unstructured.Unstructured {
	o := &s.objects[i]
	return NewObject(s.object(i).GetAPIVersion(), o.kind, o.namespace, o.name)
}

// Ready reports whether the Ready condition of object i is True.
func (s *Seed) Ready(i int) bool { return s.objects[i].ready.Load() }

// UpdateStatus changes the status of object i by one small patch. It may be called
// concurrently for different objects.
func (s *Seed) UpdateStatus(ctx context.Context, i int, change StatusChange) error {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value,omitempty"`
	}
	o := &s.objects[i]
	ready := o.ready.Load() != (change != Neutral)
	condition := loadobject.ReadyCondition(o.kind, ready, fmt.Sprintf("change %d", s.count.Add(1)))
	// The Ready condition is the first one.
	operations := []operation{{"replace", "/status/conditions/0/message", condition["message"]}}
	if change != Neutral {
		condition["lastTransitionTime"] = loadobject.Timestamp(time.Now())
		operations[0] = operation{"replace", "/status/conditions/0", condition}
	}
	if change == Stall {
		conditions, _, _ := unstructured.NestedSlice(s.object(i).Object, "status", "conditions") // of the generator
		stalled := maps.Clone(condition)
		stalled["type"], stalled["status"] = "Stalled", "True"
		after := operation{"add", "/status/conditions/-", stalled}
		if ready {
			after = operation{Op: "remove", Path: fmt.Sprintf("/status/conditions/%d", len(conditions))}
		}
		operations = append(operations, after)
	}
	patch, err := json.Marshal(operations)
	if err != nil {
		return err
	}
	_, err = o.resource.Patch(ctx, o.name, types.JSONPatchType, patch, metav1.PatchOptions{FieldManager: "gotk-controller"}, "status")
	if err != nil {
		return fmt.Errorf("testbed: change status of %s %s/%s: %w", o.kind, o.namespace, o.name, err)
	}
	o.ready.Store(ready)
	return nil
}

// forEach calls f for 0 to n-1, a few at a time, and stops at the first error.
func forEach(ctx context.Context, n int, f func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, seedWorkers) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := f(ctx, i); err != nil {
					cancel(err) // only the first error counts
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}
