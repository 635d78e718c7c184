//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package fleet tests real clusters that are added, removed and disconnected.
package fleet

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
