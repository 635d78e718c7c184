// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
)

const (
	fieldManager = "testbed"
	crdDeadline  = 2 * time.Minute
)

// Apply creates or updates objects by server-side apply, in order, with their status. A
// namespace that is missing is created. What only a server may set is left out, so
// objects may come from kubectl get; one with a deletion timestamp is deleted after it was
// applied, and stays, terminating, if it has a finalizer.
func (c *Cluster) Apply(ctx context.Context, objs ...*unstructured.Unstructured) error {
	for _, obj := range objs {
		if err := c.apply(ctx, obj); err != nil {
			return fmt.Errorf("testbed: cluster %s: apply %s: %w", c.Name, describe(obj), err)
		}
	}
	return nil
}

func (c *Cluster) apply(ctx context.Context, obj *unstructured.Unstructured) error {
	resource, err := c.resource(obj.GroupVersionKind(), obj.GetNamespace())
	if err != nil {
		return err
	}
	deleted := obj.GetDeletionTimestamp() != nil
	obj = obj.DeepCopy()
	for _, field := range []string{"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"} {
		unstructured.RemoveNestedField(obj.Object, "metadata", field)
	}
	options := metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
	_, err = resource.Apply(ctx, obj.GetName(), obj, options)
	if isMissingNamespace(err) {
		if err = c.createNamespace(ctx, obj.GetNamespace()); err == nil {
			_, err = resource.Apply(ctx, obj.GetName(), obj, options)
		}
	}
	if err != nil {
		return err
	}
	if _, ok := obj.Object["status"]; ok {
		_, err := resource.ApplyStatus(ctx, obj.GetName(), obj, options)
		// Without a status subresource, the status was part of the applied object.
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsMethodNotSupported(err) {
			return fmt.Errorf("status: %w", err)
		}
	}
	if deleted {
		return resource.Delete(ctx, obj.GetName(), metav1.DeleteOptions{})
	}
	return nil
}

// DryRun asks the API server what would become of the objects, as kubectl apply
// --server-side --dry-run=server does, and returns that, and everything that is wrong with
// them. Their namespaces must exist.
func (c *Cluster) DryRun(ctx context.Context, objs ...*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	var (
		answers []*unstructured.Unstructured
		errs    []error
	)
	for _, obj := range objs {
		var answer *unstructured.Unstructured
		resource, err := c.resource(obj.GroupVersionKind(), obj.GetNamespace())
		if err == nil {
			options := metav1.ApplyOptions{FieldManager: fieldManager + "-dry-run", Force: true, DryRun: []string{metav1.DryRunAll}}
			answer, err = resource.Apply(ctx, obj.GetName(), obj, options)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("testbed: cluster %s: dry run of %s: %w", c.Name, describe(obj), err))
			continue
		}
		answers = append(answers, answer)
	}
	return answers, errors.Join(errs...)
}

// CreateNamespace creates a namespace if it is missing.
func (c *Cluster) CreateNamespace(ctx context.Context, name string) error {
	if err := c.createNamespace(ctx, name); err != nil {
		return fmt.Errorf("testbed: cluster %s: create namespace %s: %w", c.Name, name, err)
	}
	return nil
}

func (c *Cluster) createNamespace(ctx context.Context, name string) error {
	namespace := NewObject("v1", "Namespace", "", name)
	_, err := c.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).
		Create(ctx, namespace, metav1.CreateOptions{FieldManager: fieldManager})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// Delete deletes objects. One that does not exist is no error.
func (c *Cluster) Delete(ctx context.Context, objs ...*unstructured.Unstructured) error {
	for _, obj := range objs {
		resource, err := c.resource(obj.GroupVersionKind(), obj.GetNamespace())
		if err == nil {
			err = resource.Delete(ctx, obj.GetName(), metav1.DeleteOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("testbed: cluster %s: delete %s: %w", c.Name, describe(obj), err)
		}
	}
	return nil
}

// Get returns the object that has obj's kind, namespace and name, as the cluster has it.
func (c *Cluster) Get(ctx context.Context, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	resource, err := c.resource(obj.GroupVersionKind(), obj.GetNamespace())
	if err == nil {
		var got *unstructured.Unstructured
		if got, err = resource.Get(ctx, obj.GetName(), metav1.GetOptions{}); err == nil {
			return got, nil
		}
	}
	return nil, fmt.Errorf("testbed: cluster %s: get %s: %w", c.Name, describe(obj), err)
}

// ApplyCRDs applies CustomResourceDefinitions and waits until all their versions are served.
func (c *Cluster) ApplyCRDs(ctx context.Context, crds ...*unstructured.Unstructured) error {
	if err := c.Apply(ctx, crds...); err != nil {
		return err
	}
	for _, crd := range crds {
		if err := Poll(ctx, crdDeadline, func(ctx context.Context) error { return c.checkServed(ctx, crd) }); err != nil {
			return fmt.Errorf("testbed: cluster %s: %s is not served: %w", c.Name, crd.GetName(), err)
		}
	}
	c.mapper.Reset()
	return nil
}

func (c *Cluster) checkServed(ctx context.Context, crd *unstructured.Unstructured) error {
	got, err := c.Get(ctx, crd)
	if err != nil {
		return err
	}
	if status := conditionStatus(got, "Established"); status != string(metav1.ConditionTrue) {
		return fmt.Errorf("condition Established is %q", status)
	}
	group, _, _ := unstructured.NestedString(got.Object, "spec", "group")
	plural, _, _ := unstructured.NestedString(got.Object, "spec", "names", "plural")
	versions, _, _ := unstructured.NestedSlice(got.Object, "spec", "versions")
	for _, v := range versions {
		version, ok := v.(map[string]any)
		if !ok || version["served"] != true {
			continue
		}
		name, _ := version["name"].(string)
		gvr := schema.GroupVersionResource{Group: group, Version: name, Resource: plural}
		if _, err := c.Dynamic.Resource(gvr).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
			return err
		}
	}
	return nil
}

// resource returns the client for a kind, in a namespace if the kind has them.
func (c *Cluster) resource(gvk schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	mapping, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return c.Dynamic.Resource(mapping.Resource), nil
	}
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return c.Dynamic.Resource(mapping.Resource).Namespace(namespace), nil
}

// NewObject returns an object that consists of its identity only.
func NewObject(apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	return loadobject.New(apiVersion, kind, namespace, name)
}

// conditionStatus returns the status of the condition of the given type, "" if there is none.
func conditionStatus(obj *unstructured.Unstructured, conditionType string) string {
	conditions, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
	for _, c := range conditions {
		if condition, ok := c.(map[string]any); ok && condition["type"] == conditionType {
			status, _ := condition["status"].(string)
			return status
		}
	}
	return ""
}

func isMissingNamespace(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details != nil && details.Kind == "namespaces"
}

func describe(obj *unstructured.Unstructured) string {
	if obj.GetNamespace() == "" {
		return obj.GetKind() + " " + obj.GetName()
	}
	return obj.GetKind() + " " + obj.GetNamespace() + "/" + obj.GetName()
}
