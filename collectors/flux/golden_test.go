// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"path"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// TestAnObjectBecomesTheRowsOfItsGoldenFile renders each object of testdata and
// compares the whole exposition with the file beside it.
func TestAnObjectBecomesTheRowsOfItsGoldenFile(t *testing.T) {
	for _, c := range suite().Cases(t) {
		t.Run(strings.TrimSuffix(c.File, ".yaml"), func(t *testing.T) {
			if len(c.Objects) != 1 || !strings.EqualFold(c.Objects[0].Kind, path.Dir(c.File)) {
				t.Fatal("the file is not where its object belongs")
			}
			got := suite().CheckGolden(t, c)
			suite().CheckDeclared(t, c)
			checkSecrets(t, c.Objects[0], got)
		})
	}
}

// checkSecrets looks for the secrets that the objects of testdata contain, for
// the paths of webhooks and for the messages of conditions.
func checkSecrets(t *testing.T, o collectortest.Object, got string) {
	t.Helper()
	var says struct {
		Status struct {
			WebhookPath string
			Conditions  []struct{ Message string }
		}
	}
	o.Into(t, &says)
	secrets := []string{"s3cr3t", "t0k3n", "/hook/"}
	if p := says.Status.WebhookPath; p != "" {
		secrets = append(secrets, p, path.Base(p))
	}
	for _, c := range says.Status.Conditions {
		if strings.Contains(c.Message, " ") {
			secrets = append(secrets, c.Message)
		}
	}
	for _, s := range secrets {
		if strings.Contains(got, s) {
			t.Errorf("%q must not leave the exporter:\n%s", s, got)
		}
	}
}

func TestPromlintFindsNothingInTheGoldenFiles(t *testing.T) {
	for _, c := range suite().Cases(t) {
		collectortest.Lint(t, collectortest.ReadFile(t, c.Golden))
	}
}

func TestEveryKindAndEveryFamilyHasAGoldenFile(t *testing.T) {
	suite().CheckComplete(t, 19, Families())
}

func TestEveryGoldenFileHasAnObject(t *testing.T) { suite().CheckLeftovers(t) }

func TestObjectsNeverShareASeries(t *testing.T) { suite().CheckUnique(t) }
