//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package faults causes one fault after the other in a real fleet with a real Prometheus and
// Alertmanager.
package faults

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
