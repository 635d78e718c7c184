// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"strings"
	"time"
)

const day = 24 * time.Hour

// beforeTheEnd is the meaning of the thresholds about expiry.
const beforeTheEnd = "how long before the end"

// expiring returns two rules about the same expiry: a warning, and a critical rule for a shorter
// remaining time, whose name ends in Critical. metric is the time of expiry.
func expiring(r Rule, metric, by string, warn, critical time.Duration) []Rule {
	r.For = time.Hour
	r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: r.Name + "Critical", Equal: strings.Split(by, ", ")})
	r.Severity = Warning
	r.Expr, r.Since = ending(by, metric)
	serious := r
	r.Threshold = secondsThreshold(warn, beforeTheEnd)
	serious.Name += "Critical"
	serious.InhibitedBy = r.InhibitedBy[:len(r.InhibitedBy)-1]
	serious.Severity = Critical
	serious.Threshold = secondsThreshold(critical, beforeTheEnd)
	return []Rule{r, serious}
}

// ending selects objects that expire soon, and the time since which this is the case.
func ending(by, metric string) (expr, since string) {
	end := `min by (` + by + `) (` + metric + `)`
	return end + ` - time() < ` + threshold, end + ` - ` + threshold
}

const openBaoCertificatesText = "A root CA has severity info from half a year before its expiry; any CA is critical from a week before its expiry."

// openBaoCertificates returns the rules about the certificates that OpenBao issues, and about its own certificates.
func openBaoCertificates() Group {
	issuer := func(name, kind, what string, warn, critical time.Duration) []Rule {
		return expiring(openBao(Rule{
			Name:        name,
			Object:      Object{Kind: "Issuer", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.mount }}/{{ $labels.issuer_id }}"},
			Summary:     what + " {{ $labels.issuer_id }} of {{ $labels.mount }} in cluster {{ $labels.cluster }} " + expires,
			Description: "It " + expires + ", and signs no certificate that would outlive it. Create its successor and make that the default issuer.",
		}), issuersInUse(kind), pkiIssuer, warn, critical)
	}
	const (
		crlEnd  = `max by (cluster, openbao, mount, issuer_id) (cobaltcore_openbao_pki_crl_next_update_timestamp_seconds)`
		crlLeft = threshold + ` * (
    ` + crlEnd + `
    - max by (cluster, openbao, mount, issuer_id) (cobaltcore_openbao_pki_crl_this_update_timestamp_seconds)
  )`
		crlRebuild = `max by (cluster, openbao, mount, issuer_id) (cobaltcore_openbao_pki_crl_rebuild_timestamp_seconds)`
	)
	var rules []Rule
	rules = append(rules, openBaoRootAgeing())
	rules = append(rules, issuer("OpenBaoCAExpiringRoot", "root", "Root CA", 90*day, 7*day)...)
	rules = append(rules, issuer("OpenBaoCAExpiringIntermediate", "intermediate", "Intermediate CA", 60*day, 7*day)...)
	replaced, replacedSince := ending("cluster, openbao, mount, issuer_id, replaced_by", "cobaltcore_openbao_pki_issuer_replaced_not_after_timestamp_seconds")
	rules = append(rules, openBao(Rule{
		Name: "OpenBaoReplacedIssuerExpiring", Severity: Info, For: time.Hour,
		Threshold: secondsThreshold(30*day, beforeTheEnd), Expr: replaced, Since: replacedSince,
		Object:      Object{Kind: "Issuer", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.mount }}/{{ $labels.issuer_id }}"},
		Summary:     "Issuer {{ $labels.issuer_id }} of {{ $labels.mount }} in cluster {{ $labels.cluster }}, which {{ $labels.replaced_by }} replaced, " + expires,
		Description: "It " + expires + ". Once it has, remove it with \"bao delete {{ $labels.mount }}/issuer/{{ $labels.issuer_id }}\", or tidy with tidy_expired_issuers.",
	}))
	rules = append(rules, openBao(Rule{
		Name: "OpenBaoCRLExpiring", Severity: Critical, For: 10 * time.Minute,
		Threshold: &Threshold{Default: 0.05, Unit: Ratio, Meaning: "how much of its time is left"},
		// A list that is rebuilt automatically is expected to have a short remaining time; the rule fires when half of
		// the rebuild period has passed.
		Expr: crlEnd + ` - time() < ` + crlLeft + `
  unless on (cluster, openbao, mount, issuer_id) ((` + crlRebuild + ` + ` + crlEnd + `) / 2 > time())`,
		Since:       crlEnd + ` - ` + crlLeft,
		Object:      Object{Kind: "RevocationList", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.mount }}/{{ $labels.issuer_id }}"},
		Summary:     "Revocation list of issuer {{ $labels.issuer_id }} of {{ $labels.mount }} in cluster {{ $labels.cluster }} " + expires,
		Description: "It " + expires + ". Clients that check an expired list refuse every certificate of the issuer. Rebuild it with \"bao read {{ $labels.mount }}/crl/rotate\".",
	}))
	rules = append(rules, expiring(openBaoNode(Rule{
		Name:        "OpenBaoListenerCertExpiring",
		Summary:     "Certificate of OpenBao node {{ $labels.node }} in cluster {{ $labels.cluster }} " + expires,
		Description: "It " + expires + ". OpenBao reads a renewed one on SIGHUP only: renew its Secret, then send SIGHUP.",
	}), "cobaltcore_openbao_node_tls_certificate_not_after_timestamp_seconds", "cluster, openbao, node", 21*day, 3*day)...)
	token, tokenSince := ending("cluster, openbao", "cobaltcore_openbao_exporter_token_expiry_timestamp_seconds")
	rules = append(rules, openBao(Rule{
		Name: "OpenBaoExporterTokenExpiring", Severity: Warning, For: 10 * time.Minute,
		Threshold: secondsThreshold(10*time.Minute, beforeTheEnd), Since: tokenSince,
		// A token with a lifetime below half an hour has a shorter remaining time before each regular renewal.
		Expr: token + `
  unless on (cluster, openbao) cobaltcore_openbao_exporter_token_renewed`,
		Summary:     "Token of the exporter for OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} is about to expire",
		Description: "It " + expires + " and was not renewed. Check its login: role, service account and reviewer, or the writer of tokenFile.",
	}))
	return Group{Name: "openbao-certificates", Title: "Certificates of OpenBao", Text: openBaoCertificatesText, Rules: rules}
}

// pkiIssuer identifies an issuer.
const pkiIssuer = "cluster, openbao, mount, issuer_id"

// issuersInUse selects the times of expiry of the issuers of one type that were not replaced.
func issuersInUse(kind string) string {
	return `cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds{type="` + kind + `"}
      unless on (` + pkiIssuer + `) cobaltcore_openbao_pki_issuer_replaced_not_after_timestamp_seconds`
}

// openBaoRootAgeing returns the rule about a root CA whose replacement should be planned.
func openBaoRootAgeing() Rule {
	expr, since := ending(pkiIssuer, issuersInUse("root"))
	return openBao(Rule{
		Name: "OpenBaoCARootAgeing", Severity: Info, For: time.Hour,
		Threshold: secondsThreshold(180*day, beforeTheEnd), Expr: expr, Since: since,
		Object:      Object{Kind: "Issuer", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.mount }}/{{ $labels.issuer_id }}"},
		Summary:     "Root CA {{ $labels.issuer_id }} of {{ $labels.mount }} in cluster {{ $labels.cluster }} " + expires + " and has no successor",
		Description: "It " + expires + ". Plan its successor, which has to be in all trust stores before that.",
		InhibitedBy: []Inhibition{{By: "OpenBaoCAExpiringRoot", Equal: strings.Split(pkiIssuer, ", ")}},
	})
}
