// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// TestObjectsBecomeTheRowsOfTheirGoldenFile renders the objects of each file of
// testdata and compares the whole exposition with the file beside it.
func TestObjectsBecomeTheRowsOfTheirGoldenFile(t *testing.T) {
	for _, c := range suite().Cases(t) {
		t.Run(c.File, func(t *testing.T) { suite().CheckGolden(t, c) })
	}
}

func TestNoObjectIsPartlyDecoded(t *testing.T) {
	for _, c := range suite().Cases(t) {
		suite().CheckWhole(t, c)
	}
}

func TestAKindAddsOnlyToFamiliesThatItDeclares(t *testing.T) {
	for _, c := range suite().Cases(t) {
		suite().CheckDeclared(t, c)
	}
}

func TestPromlintFindsNothingInTheGoldenFiles(t *testing.T) {
	for _, c := range suite().Cases(t) {
		collectortest.Lint(t, collectortest.ReadFile(t, c.Golden))
	}
}

func TestEveryKindAndEveryFamilyHasAGoldenFile(t *testing.T) { suite().CheckComplete(t, 9, Families()) }

func TestTheClusterComesFirst(t *testing.T) { suite().CheckFirst(t, "cobaltcore_greenhouse_", "") }

func TestEveryGoldenFileHasObjects(t *testing.T) { suite().CheckLeftovers(t) }

func TestTwoObjectsNeverShareASeries(t *testing.T) { suite().CheckUnique(t) }
