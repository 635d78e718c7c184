// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// CertManager is cert-manager, which issues certificates.
const CertManager System = "certmanager"

// certManagerSystem describes cert-manager.
func certManagerSystem() Description {
	return Description{
		System: CertManager, Title: "cert-manager", Key: "certManager", Prefixes: []string{"CertManager"}, Page: certificatesPage,
		Watches: "cert-manager", Groups: groups(certManagerGroup),
	}
}

// certManager completes a rule about an object. What follows from an issuer follows from
// this very issuer: its identity and the cluster are the same.
func certManager(kind string, r Rule) Rule {
	r.System, r.KeepFiringFor = CertManager, 5*time.Minute
	r.Object = Object{Kind: kind, Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	if r.Name != "CertManagerIssuerNotReady" {
		r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: "CertManagerIssuerNotReady", Equal: []string{clusterLabel, "issuer"}})
	}
	r.InhibitedBy = append(r.InhibitedBy, inHouse())
	return r
}

// certificate completes a rule about a Certificate: a failed request for it is a cause.
func certificate(r Rule) Rule {
	r.Expr = forRequests(r.Expr)
	if r.Since != "" {
		r.Since = forRequests(r.Since)
	}
	r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: "CertManagerRequestFailed", Equal: []string{clusterLabel, "namespace", "certificate"}})
	return certManager("Certificate", r)
}

// forRequests adds the label by which a CertificateRequest refers to its Certificate.
func forRequests(expr string) string {
	return `label_replace(` + expr + `, "certificate", "$1", "name", "(.*)")`
}

const certManagerText = "*issuer* has the form Issuer/namespace/name or ClusterIssuer/name. A renewal is overdue when cert-manager has not " +
	"issued the next certificate after its renewal time; the present one is still valid then."

// certManagerGroup is about cert-manager. Certificates renew themselves: one that is
// about to expire is no problem unless its renewal is overdue.
func certManagerGroup() Group {
	const (
		of       = "cluster, namespace, name"
		by       = of + ", issuer"
		renewals = `(cobaltcore_certmanager_certificate_renewal_timestamp_seconds)`
		renewal  = `max by (` + by + `) ` + renewals
		ends     = `(cobaltcore_certmanager_certificate_not_after_timestamp_seconds)`
		notAfter = `max by (` + by + `) ` + ends
		expired  = `
  unless on (` + of + `) (max by (` + of + `) ` + ends + ` <= time())`
		notReady      = `max by (` + by + `, reason) (cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds)`
		issuerSince   = `max by (cluster, kind, namespace, name, issuer, reason) (cobaltcore_certmanager_issuer_not_ready_since_timestamp_seconds)`
		requestFailed = `max by (` + by + `, certificate, reason) (cobaltcore_certmanager_request_failed_timestamp_seconds)`
	)
	issuer := certManager("{{ $labels.kind }}", Rule{
		Name: "CertManagerIssuerNotReady", Severity: Warning, For: 5 * time.Minute, Expr: issuerSince, Since: issuerSince,
		Summary: "{{ $labels.kind }} {{ $labels.name }} in cluster {{ $labels.cluster }} is not ready: {{ $labels.reason }}",
		Description: "{{ $labels.issuer }} in cluster {{ $labels.cluster }} issues no certificates ({{ $labels.reason }}). " +
			"Certificates that are due for renewal expire one by one. Read the message of its Ready condition first.",
	})
	overdue := Rule{
		Name: "CertManagerRenewalOverdue", Severity: Warning, For: 5 * time.Minute,
		Expr: `(time() - ` + renewal + ` > $threshold)` + expired, Since: renewal,
		Threshold:   after(time.Hour, "how long after the renewal time"),
		InhibitedBy: []Inhibition{{By: "CertManagerRenewalOverdueCritical", Equal: []string{clusterLabel, "namespace", "name"}}},
		Summary:     "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} was not renewed in time",
		Description: "The renewal of Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} by {{ $labels.issuer }} " +
			"is {{ $value | humanizeDuration }} overdue. Read the conditions of its newest CertificateRequest.",
	}
	return Group{Name: "certmanager", Title: "cert-manager", Text: certManagerText, Rules: []Rule{
		issuer,
		certManager("CertificateRequest", Rule{
			Name: "CertManagerRequestFailed", Severity: Warning, For: 5 * time.Minute,
			Expr: `(time() - ` + requestFailed + ` < 2 * 86400)`, Since: requestFailed,
			Summary: "CertificateRequest {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} was not granted: {{ $labels.reason }}",
			Description: "{{ $labels.issuer }} in cluster {{ $labels.cluster }} refused CertificateRequest {{ $labels.namespace }}/{{ $labels.name }} " +
				"{{ $value | humanizeDuration }} ago ({{ $labels.reason }}). cert-manager tries again with growing delay, up to 32 hours; the message of the request names the cause.",
		}),
		certificate(Rule{
			Name: "CertManagerCertificateNotReady", Severity: Warning, For: 15 * time.Minute, Expr: notReady + expired, Since: notReady,
			Summary: "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is not ready: {{ $labels.reason }}",
			Description: "The Secret of Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has no certificate, or not the one that is " +
				"declared ({{ $labels.reason }}). Read the conditions of its newest CertificateRequest, and those of {{ $labels.issuer }}.",
		}),
		certificate(overdue),
		certificate(Rule{
			Name: "CertManagerRenewalOverdueCritical", Severity: Critical, For: 5 * time.Minute,
			Expr: `(` + notAfter + ` - time() < $threshold)` + expired + `
  unless on (` + of + `) (max by (` + of + `) ` + renewals + ` > time() - 3600)`,
			Since: notAfter + ` - $threshold`, Threshold: after(72*time.Hour, beforeTheEnd),
			Summary: "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} expires in {{ $value | humanizeDuration }} and is not renewed",
			Description: "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} expires in {{ $value | humanizeDuration }}, and {{ $labels.issuer }} " +
				"has not renewed it. Clients refuse it from then on. Repair the issuer, then run cmctl renew {{ $labels.name }} -n {{ $labels.namespace }}.",
		}),
		certificate(Rule{
			Name: "CertManagerCertificateExpired", Severity: Critical, For: 5 * time.Minute,
			Expr: `time() - ` + notAfter + ` >= 0`, Since: notAfter,
			Summary: "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has expired",
			Description: "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} expired {{ $value | humanizeDuration }} ago: clients refuse it. " +
				"Repair {{ $labels.issuer }}, then run cmctl renew {{ $labels.name }} -n {{ $labels.namespace }}.",
		}),
	}}
}
