// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// CertManager is the system cert-manager, which issues certificates.
const CertManager System = "certmanager"

// certManagerSystem describes cert-manager.
func certManagerSystem() Description {
	return Description{
		System: CertManager, Title: "cert-manager", Key: "certManager", Prefixes: []string{"CertManager"}, Page: certificatesPage,
		Watches: "cert-manager", Why: certManagerWhy, Groups: groups(certManagerGroup),
	}
}

// certManager completes a rule about an object. A consequence of an issuer has the same cluster and
// the identity of this issuer.
func certManager(kind string, r Rule) Rule {
	r.System, r.KeepFiringFor = CertManager, 5*time.Minute
	r.Object = Object{Kind: kind, Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	if r.Name != "CertManagerIssuerNotReady" && r.Name != "CertManagerUnprocessed" {
		for _, by := range []string{"CertManagerIssuerNotReady", "CertManagerUnprocessed"} {
			r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: by, Equal: []string{clusterLabel, "issuer"}})
		}
	}
	r.InhibitedBy = append(r.InhibitedBy, followsFromOutage())
	return r
}

// certificate completes a rule about a Certificate. A failed or pending request for the Certificate
// is a cause.
func certificate(r Rule) Rule {
	r.Expr = forRequests(r.Expr)
	if r.Since != "" {
		r.Since = forRequests(r.Since)
	}
	if r.Reason != "" {
		r.Reason = forRequests(r.Reason)
	}
	for _, by := range []string{"CertManagerRequestFailed", "CertManagerRequestPending"} {
		r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: by, Equal: []string{clusterLabel, "namespace", "certificate"}})
	}
	return certManager("Certificate", r)
}

// forRequests adds the label by which a CertificateRequest refers to its Certificate.
func forRequests(expr string) string {
	return `label_replace(` + expr + `, "certificate", "$1", "name", "(.*)")`
}

// certManagerLasting selects objects that have been in a state for longer than the threshold; see
// [lastingProblems].
func certManagerLasting(rows, matchers string) string {
	return lastingProblemsIn("cobaltcore_certmanager_"+rows, "onset, reason, status, tolerated", matchers)
}

// certManagerRows returns the rows of a family for Since and Reason, with the labels of the object
// and more labels.
func certManagerRows(rows, by, more string) string {
	return `min by (` + by + `, ` + more + `) (cobaltcore_certmanager_` + rows + `)`
}

const certManagerText = "*issuer* has the form Issuer/namespace/name or ClusterIssuer/name. A renewal is overdue when cert-manager has not " +
	"issued the next certificate after its renewal time; the current certificate is then still valid."

// Labels of the objects of cert-manager, and rows about those that are not ready.
const (
	certificateLabels   = "cluster, namespace, name"
	certificateIssuer   = certificateLabels + ", issuer"
	requestLabels       = certificateIssuer + ", certificate"
	issuerLabels        = "cluster, kind, namespace, name, issuer"
	certificateNotReady = "certificate_not_ready_since_timestamp_seconds"
	issuerNotReady      = "issuer_not_ready_since_timestamp_seconds"
	requestPending      = "request_pending_since_timestamp_seconds"

	expiries = `(cobaltcore_certmanager_certificate_not_after_timestamp_seconds)`
	renewals = `(cobaltcore_certmanager_certificate_renewal_timestamp_seconds)`
	// unlessExpired excludes the Certificates for which CertManagerCertificateExpired fires.
	unlessExpired = `
  unless on (` + certificateLabels + `) (max by (` + certificateLabels + `) ` + expiries + ` <= time())`
)

// certManagerGroup returns the rules about cert-manager. Certificates are renewed automatically, so
// a certificate that expires soon is a problem only if its renewal is overdue.
func certManagerGroup() Group {
	return Group{
		Name: "certmanager", Title: "cert-manager", Text: certManagerText, Recordings: []Recording{recordReason(requestReason)},
		Rules: append(issuerRules(), certificateRules()...),
	}
}

func issuerRules() []Rule {
	const requestFailed = `max by (` + requestLabels + `) (cobaltcore_certmanager_request_failed_timestamp_seconds)`
	return []Rule{
		certManager("{{ $labels.kind }}", Rule{
			Name: "CertManagerIssuerNotReady", Severity: Warning, For: time.Minute, Threshold: secondsThreshold(5*time.Minute, sinceOnset),
			Expr: certManagerLasting(issuerNotReady, `status!="unprocessed"`), Since: certManagerRows(issuerNotReady, issuerLabels, "onset"),
			Reason:  certManagerRows(issuerNotReady, issuerLabels, "reason"),
			Summary: "{{ $labels.kind }} {{ $labels.name }} in cluster {{ $labels.cluster }} is not ready",
			Description: "" +
				"Certificates that are due for renewal expire one by one. Read its Ready condition first.",
		}),
		certManager("{{ $labels.kind }}", Rule{
			Name: "CertManagerUnprocessed", Severity: Warning, For: time.Minute, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
			Expr:    unprocessedIn(issuerNotReady, "") + "\n  or " + unprocessedIn(certificateNotReady, "Certificate"),
			Since:   certManagerUnion("onset"),
			Reason:  certManagerUnion("reason"),
			Summary: "{{ $labels.kind }} {{ with $labels.namespace }}{{ . }}/{{ end }}{{ $labels.name }} in cluster {{ $labels.cluster }} is not processed",
			Description: "cert-manager has not processed it, " +
				"or its newest generation, for more than $threshold: it is down, or does not watch this namespace.",
		}),
		certManager("CertificateRequest", Rule{
			Name: "CertManagerRequestFailed", Severity: Warning, For: 5 * time.Minute, Threshold: secondsThreshold(48*time.Hour, "how long ago it may have failed"),
			Expr: `(time() - ` + requestFailed + ` < $threshold)`, Since: requestFailed,
			Reason:  certManagerRows("request_failed_timestamp_seconds", requestLabels, "reason"),
			Summary: "CertificateRequest {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} was not granted",
			Description: "{{ $labels.issuer }} refused it " +
				rounded + " ago. cert-manager tries again after up to 32 hours; the message of the request names the cause.",
		}),
		certManager("CertificateRequest", Rule{
			Name: "CertManagerRequestPending", Severity: Warning, For: 5 * time.Minute, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
			Expr: certManagerLasting(requestPending, `status!="failed"`), Since: certManagerRows(requestPending, requestLabels, "onset"),
			Reason:  requestReason,
			Summary: "CertificateRequest {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is not answered",
			Description: "It has not been answered by {{ $labels.issuer }} for more than $threshold. " +
				"The issuer is missing or does not answer, an ACME challenge is open, or it was not approved.",
		}),
		deletionStuck("CertManagerDeletionStuck", CertManager, "cert-manager.io"),
	}
}

// requestReason adds the issuer to the reason of a request whose issuer does not exist.
const requestReason = `max by (` + requestLabels + `, reason) (label_join(label_replace(
  cobaltcore_certmanager_` + requestPending + `{issuer=~"(Cluster)?Issuer/.+"} unless on (cluster, issuer) cobaltcore_certmanager_issuer_info
  and on (cluster) (cobaltcore_watch_synced{collector="certmanager", kind="Issuer"} == 1)
  and on (cluster) (cobaltcore_watch_synced{collector="certmanager", kind="ClusterIssuer"} == 1),
  "missing", "$1 is missing", "issuer", "(.+)"), "reason", ", ", "reason", "missing"))
or on (` + requestLabels + `) max by (` + requestLabels + `, reason) (cobaltcore_certmanager_` + requestPending + `)`

// unprocessedIn selects objects that cert-manager has not processed for longer than the threshold.
// The issuer is not a cause of an unprocessed Certificate.
func unprocessedIn(rows, kind string) string {
	expr := certManagerLasting(rows, `status="unprocessed"`)
	if kind == "" {
		return expr
	}
	return `label_replace(max without (issuer) (` + expr + `), "kind", "` + kind + `", "", "")`
}

// certManagerUnion returns the rows of issuers and Certificates with their kinds.
func certManagerUnion(more string) string {
	return certManagerRows(issuerNotReady, issuerLabels, more) + `
  or label_replace(` + certManagerRows(certificateNotReady, certificateLabels, more) + `, "kind", "Certificate", "", "")`
}

func certificateRules() []Rule {
	const (
		renewal  = `max by (` + certificateIssuer + `) ` + renewals
		notAfter = `max by (` + certificateIssuer + `) ` + expiries
	)
	return []Rule{
		certificate(Rule{
			Name: "CertManagerCertificateNotReady", Severity: Warning, For: 5 * time.Minute, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
			Expr:    certManagerLasting(certificateNotReady, `status!="unprocessed"`) + unlessExpired,
			Since:   certManagerRows(certificateNotReady, certificateIssuer, "onset"),
			Reason:  certManagerRows(certificateNotReady, certificateIssuer, "reason"),
			Summary: "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is not ready",
			Description: "Its Secret has no certificate, or not the one that is " +
				"declared. Read the conditions of its newest CertificateRequest, and those of {{ $labels.issuer }}.",
		}),
		certificate(Rule{
			Name: "CertManagerRenewalOverdue", Severity: Warning, For: 5 * time.Minute,
			Expr: `(time() - ` + renewal + ` > $threshold)` + unlessExpired, Since: renewal,
			Threshold:   secondsThreshold(time.Hour, "how long after the renewal time"),
			InhibitedBy: []Inhibition{{By: "CertManagerRenewalOverdueCritical", Equal: []string{clusterLabel, "namespace", "name"}}},
			Summary:     "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} was not renewed in time",
			Description: "Its renewal by {{ $labels.issuer }} " +
				"is " + rounded + " overdue. Read the conditions of its newest CertificateRequest.",
		}),
		certificate(Rule{
			Name: "CertManagerRenewalOverdueCritical", Severity: Critical, For: 5 * time.Minute,
			Expr: `(` + notAfter + ` - time() < $threshold)` + unlessExpired + `
  unless on (` + certificateLabels + `) (max by (` + certificateLabels + `) ` + renewals + ` > time() - 3600)`,
			Since: notAfter + ` - $threshold`, Threshold: secondsThreshold(72*time.Hour, beforeTheEnd),
			Summary: "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} expires in " + rounded + " and is not renewed",
			Description: "{{ $labels.issuer }} " +
				"has not renewed it. Clients refuse it in " + rounded + ". Repair the issuer, then run cmctl renew {{ $labels.name }} -n {{ $labels.namespace }}.",
		}),
		certificate(Rule{
			Name: "CertManagerCertificateExpired", Severity: Critical, For: 5 * time.Minute,
			Expr: `time() - ` + notAfter + ` >= 0`, Since: notAfter,
			Summary: "Certificate {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has expired",
			Description: "It expired " + rounded + " ago: clients refuse it. " +
				"Repair {{ $labels.issuer }}, then run cmctl renew {{ $labels.name }} -n {{ $labels.namespace }}.",
		}),
	}
}

// certManagerWhy returns the reasons for the severities of the alerts about cert-manager.
func certManagerWhy() map[string]string {
	return map[string]string{
		"CertManagerIssuerNotReady":         "certificates are valid until they expire; an expiry soon has another alert",
		"CertManagerUnprocessed":            "certificates are valid until they expire",
		"CertManagerRequestFailed":          "the current certificate is valid, and cert-manager tries again",
		"CertManagerRequestPending":         "the current certificate is valid, and cert-manager tries again",
		"CertManagerDeletionStuck":          "an object that should be deleted still exists",
		"CertManagerCertificateNotReady":    "workloads use the previous certificate, or have never run",
		"CertManagerRenewalOverdue":         "the current certificate is valid for days",
		"CertManagerRenewalOverdueCritical": "renewal has failed, and within three days clients refuse it",
		"CertManagerCertificateExpired":     "clients refuse it now",
	}
}
