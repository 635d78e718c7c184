// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package loadobject generates the objects of load tests: any number of them, of the
// size and the shape that a production fleet has.
package loadobject

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Namespaces is the number of namespaces that the objects are in.
const Namespaces = 40

const fluxNamespace = "flux-system"

// Namespace returns the namespace of the i-th object.
func Namespace(i int) string { return fmt.Sprintf("team-%02d", i%Namespaces) }

// New returns an object that consists of its identity only.
func New(apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{}}
	obj.SetAPIVersion(apiVersion)
	obj.SetKind(kind)
	obj.SetName(name)
	if namespace != "" {
		obj.SetNamespace(namespace)
	}
	return obj
}

// Timestamp returns a time as objects have it.
func Timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
