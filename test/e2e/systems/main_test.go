//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package systems tests the exporter with each monitored system in a real cluster, and the rules
// with promtool and pint.
package systems

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
