// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

// Series of 1,000 healthy objects by default, in the mix of the load test. A test counts
// them.
const (
	// FluxSeries has four for most kinds: four in ten are Kustomizations, three are
	// HelmReleases, three are sources.
	FluxSeries = 3386
	// ExternalSecretSeries is with one store and one path each, whether an OpenBao is
	// configured or not.
	ExternalSecretSeries = 4000
)
