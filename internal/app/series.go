// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

// Numbers of series of 1,000 healthy objects with the default settings, in the mix of the load test. A test counts them.
const (
	// FluxSeries is the number for Flux: most kinds have four series per object. Of ten objects,
	// four are Kustomizations, three are HelmReleases and three are sources.
	FluxSeries = 3386
	// ExternalSecretSeries is the number for ExternalSecrets with one store and one path each. It
	// does not depend on whether an OpenBao is configured.
	ExternalSecretSeries = 4000
)
