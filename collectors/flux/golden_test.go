// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"path"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func TestGoldenFiles(t *testing.T) { suite().Run(t) }

// checkFile checks that a file has one object of its kind, and that the rows do not contain its secrets.
func checkFile(tb testing.TB, c collectortest.Case, got string) {
	tb.Helper()
	if len(c.Objects) != 1 || !strings.EqualFold(c.Objects[0].Kind, path.Dir(c.File)) {
		tb.Fatal("the file is not where its object belongs")
	}
	checkSecrets(tb, c.Objects[0], got)
}

// checkSecrets fails if rows contain secrets of the objects in testdata, paths of webhooks or messages of
// conditions.
func checkSecrets(t testing.TB, o collectortest.Object, got string) {
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

// TestCredentialsAreRemovedFromImages checks the images of a FluxInstance and of a FluxReport.
func TestCredentialsAreRemovedFromImages(t *testing.T) {
	t.Parallel()
	for kind, raw := range map[string]string{
		"FluxInstance": `{"metadata":{"namespace":"flux-system","name":"flux"},"status":{"components":[{"name":"a","repository":"user:s3cr3t@registry.example.com/a","tag":"v1"}]}}`,
		"FluxReport":   `{"metadata":{"namespace":"flux-system","name":"flux"},"spec":{"components":[{"name":"a","image":"user:s3cr3t@registry.example.com/a:v1"}]}}`,
	} {
		if rows := render(t, kind, raw); strings.Contains(rows, "s3cr3t") || !strings.Contains(rows, `image="registry.example.com/a:v1"`) {
			t.Errorf("%s:\n%s", kind, rows)
		}
	}
}
