// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the whole exporter on the real servers of the testbed. The
// tests have the build tag testbed; make test runs them.
package e2e
