// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package certmanager

import (
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// suite returns the test suite of the collector with the objects of testdata.
func suite() collectortest.Suite {
	return collectortest.Suite{
		Collector: Collector{}, Targets: collectortest.Targets(), Files: []string{"*.yaml"}, Golden: ".golden",
		Kinds: 4, Prefix: "cobaltcore_certmanager_",
	}
}

func TestGoldenFiles(t *testing.T) { suite().Run(t) }

// TestHealthyObjectsHaveFewRows counts the rows of a healthy object of each kind.
func TestHealthyObjectsHaveFewRows(t *testing.T) {
	for name, want := range map[string]int{"horizon-tls": 4, "letsencrypt": 2, "horizon-tls-4": 0} {
		n := 0
		for _, c := range suite().Cases(t) {
			n += strings.Count(collectortest.ReadFile(t, c.Golden), `,name="`+name+`"`)
		}
		if n != want {
			t.Errorf("%s has %d rows, want %d", name, n, want)
		}
	}
}

// TestNoConfidentialValueIsPublished fails if rows contain messages, hosts, people or secrets.
func TestNoConfidentialValueIsPublished(t *testing.T) {
	for _, c := range suite().Cases(t) {
		if text := collectortest.ReadFile(t, c.Golden); strings.Contains(text, "s3cr3t") {
			t.Errorf("%s has what must not leave the exporter:\n%s", c.Golden, text)
		}
	}
}

func TestNextRetry(t *testing.T) {
	failed := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for attempts, want := range map[int64]time.Duration{0: time.Hour, 1: time.Hour, 2: 2 * time.Hour, 6: 32 * time.Hour, 7: 32 * time.Hour,
		1 << 40: 32 * time.Hour} {
		if got := nextRetry(failed, attempts).Sub(failed); got != want {
			t.Errorf("after %d attempts: %v, want %v", attempts, got, want)
		}
	}
	if got := nextRetry(time.Time{}, 3); !got.IsZero() {
		t.Errorf("without a failure: %v", got)
	}
}

func TestIssuerIdentity(t *testing.T) {
	for want, r := range map[string]issuerReference{
		"Issuer/ns/a":                {Name: "a"},
		"ClusterIssuer/a":            {Name: "a", Kind: "ClusterIssuer", Group: "cert-manager.io"},
		"pki.example.com/Other/ns/a": {Name: "a", Kind: "Other", Group: "pki.example.com"},
	} {
		if got := r.identity("ns"); got != want {
			t.Errorf("%+v is %s, want %s", r, got, want)
		}
	}
}

func FuzzRows(f *testing.F) {
	suite().Fuzz(f, suite().Objects(f), []string{
		`{"status":"oops"}`,
		`{"metadata":{"name":"a\nb\"c\\d","namespace":"\ud800"},"spec":{"issuerRef":[]},"status":{"conditions":[{"type":"Ready","reason":"\u0000"},null]}}`,
		`{"metadata":{"name":"a"},"spec":{"vault":5,"acme":{}},"status":{"revision":9223372036854775808,"failedIssuanceAttempts":-1,"notAfter":"soon"}}`,
	})
}

func TestInvalidDocumentReturnsError(t *testing.T) {
	suite().CheckBroken(t, collectortest.Find(t, "certificate.yaml", "Certificate", "horizon-tls"), "issuerRef")
}

func BenchmarkRender(b *testing.B) {
	o := collectortest.Find(b, "certificate.yaml", "Certificate", "horizon-tls")
	b.Run(o.Kind, func(b *testing.B) { suite().Bench(b, o.Compact(b)) })
}
