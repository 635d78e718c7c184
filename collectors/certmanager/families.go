// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package certmanager

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

func gauge(name, help string, labels ...string) *exposition.Family {
	return &exposition.Family{
		Name: "cobaltcore_certmanager_" + name, Type: exposition.Gauge, Help: help,
		Labels: slices.Concat([]string{"cluster"}, labels),
	}
}

func certificateGauge(name, help string, more ...string) *exposition.Family {
	return gauge("certificate_"+name, help, slices.Concat([]string{"namespace", "name", "issuer"}, more)...)
}

// Families of Certificates.
var (
	certificateInfo = certificateGauge("info",
		"The issuer of the Certificate, the reason of its Ready condition (Unprocessed without one) and the revision that was issued last.", "reason", "revision")
	certificateReady    = certificateGauge("ready", "Whether the Certificate is ready. It is also 0 if cert-manager has not processed it.")
	certificateNotAfter = certificateGauge("not_after_timestamp_seconds", "When the issued certificate expires. There is no row before a certificate was issued.")
	certificateRenewal  = certificateGauge("renewal_timestamp_seconds", "When cert-manager renews the certificate. There is no row if no renewal is scheduled.")

	// Families that have rows only if there is a problem.
	certificateNotReady = certificateGauge("not_ready_since_timestamp_seconds",
		"Since when the Certificate is in a state other than ready, with the reason of its Ready condition, GenerationBehind or Unprocessed. "+
			"status, onset and tolerated are as in cobaltcore_flux_resource_not_ready_since_timestamp_seconds. There is no row while it is ready.",
		"reason", "status", "onset", "tolerated")
	certificateAttempts = certificateGauge("failed_issuance_attempts", "Consecutive failed attempts to issue the certificate. There is no row if the last attempt succeeded.")
	certificateRetry    = certificateGauge("next_retry_timestamp_seconds",
		"When cert-manager tries to issue again after a failure: an hour after the first failure, doubled after each further failure, up to 32 hours.")
)

// Families of Issuers and ClusterIssuers.
var (
	issuerInfo = gauge("issuer_info", "The type of the issuer (acme, ca, selfSigned, vault, venafi) and the reason of its Ready condition (Unprocessed without one).",
		"kind", "namespace", "name", "issuer", "type", "reason")
	issuerReady    = gauge("issuer_ready", "Whether the issuer is ready. It is also 0 if cert-manager has not processed it.", "kind", "namespace", "name", "issuer")
	issuerNotReady = gauge("issuer_not_ready_since_timestamp_seconds",
		"Since when the issuer is in a state other than ready, with the reason of its Ready condition, GenerationBehind or Unprocessed.", "kind", "namespace", "name", "issuer", "reason", "status", "onset", "tolerated")
)

// Families of CertificateRequests, which have rows only if a request has failed or is pending.
var (
	requestFailed = gauge("request_failed_timestamp_seconds",
		"When the CertificateRequest failed or was denied, with the reason. certificate is the Certificate of the request, or the request itself if it has none. There is no row for other requests.",
		"namespace", "name", "issuer", "certificate", "reason")
	requestPending = gauge("request_pending_since_timestamp_seconds",
		"Since when the CertificateRequest has been pending, with the reason Pending, NotApproved or Unprocessed. There is no row after it was issued or has failed.",
		"namespace", "name", "issuer", "certificate", "reason", "status", "onset", "tolerated")
)

func certificateFamilies() []*exposition.Family {
	return []*exposition.Family{
		certificateInfo, certificateReady, certificateNotAfter, certificateRenewal, certificateNotReady, certificateAttempts, certificateRetry,
	}
}

func issuerFamilies() []*exposition.Family {
	return []*exposition.Family{issuerInfo, issuerReady, issuerNotReady}
}

func requestFamilies() []*exposition.Family {
	return []*exposition.Family{requestFailed, requestPending}
}

// Families returns every family of the collector.
func Families() []*exposition.Family {
	return slices.Concat(certificateFamilies(), issuerFamilies(), requestFamilies())
}
