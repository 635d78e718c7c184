// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	_ "embed"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// greenhouseCRDs are written by hand, because Greenhouse has no release of its CRDs that could be pinned as a module.
//
//go:embed greenhouse/crds.yaml
var greenhouseCRDs []byte

// GreenhouseCRDs returns CustomResourceDefinitions of the nine kinds of Greenhouse that
// are watched. Their schemas have every field that is read, with the type of the real one.
func GreenhouseCRDs() ([]*unstructured.Unstructured, error) { return decode(greenhouseCRDs) }
