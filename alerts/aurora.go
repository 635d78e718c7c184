// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// aurora declares a rule about an Aurora dashboard. Its alerts are not consequences of a cluster
// that is down, because the dashboard is probed directly.
func aurora(r Rule) Rule {
	r.System, r.KeepFiringFor = Aurora, max(r.KeepFiringFor, 2*time.Minute)
	if r.Object == (Object{}) {
		r.Object = Object{Kind: "Aurora", Name: "{{ $labels.aurora }}"}
	}
	if r.Name == "AuroraDown" { // Keystone is another server, and certificates expire independently of workloads
		r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: "AuroraControllerDown", Equal: []string{clusterLabel, "aurora"}})
	}
	return r
}

// requireSingleAurora adds the label aurora to an alert about a workload if exactly one Aurora is
// probed in its cluster. With several, the Aurora of the workload is unknown.
func requireSingleAurora(r Rule) Rule {
	const checked = `group by (cluster, aurora) (cobaltcore_aurora_up)`
	r.Expr = `(` + r.Expr + `) * on (cluster) group_left (aurora) (` + checked + ` and on (cluster) (count by (cluster) (` + checked + `) == 1)
  or on (cluster) group by (cluster, aurora) (cobaltcore_controller_replicas_available))` // which has no label aurora
	return r
}

// auroraFailing has the reason why a part of Aurora fails, with the HTTP status as value.
func auroraFailing(part string) string {
	return `max by (cluster, aurora, reason) (cobaltcore_aurora_failing_status_code{part="` + part + `"})`
}

// auroraGroup returns the rules about the dashboard for users. It answers all requests with 200, so
// the probes check the content of the answers.
func auroraGroup() Group {
	rules := []Rule{
		aurora(Rule{
			Name: "AuroraDown", Severity: Critical, For: 5 * time.Minute,
			Expr:        asCollector("aurora", auroraFailing("aurora")),
			Summary:     "Aurora {{ $labels.aurora }} in cluster {{ $labels.cluster }} does not work: {{ $labels.reason }}" + status,
			Description: "Users cannot manage their projects. Open the URL in a browser, then check the pods, the Service and the ingress.",
		}),
		aurora(Rule{
			Name: "AuroraKeystoneDown", Severity: Warning, For: 5 * time.Minute,
			Expr:        auroraFailing("keystone"),
			Summary:     "Keystone of Aurora {{ $labels.aurora }} in cluster {{ $labels.cluster }} does not answer: {{ $labels.reason }}" + status,
			Description: "Users cannot log in. Get its version with curl, then check its pods and its ingress.",
		}),
		aurora(Rule{
			Name: "AuroraUnknown", Severity: Warning, For: 10 * time.Minute,
			// Missing probes are detected by configured probes without rows.
			Expr:        `max by (cluster) (cobaltcore_collector_up{collector="aurora"}) unless on (cluster) cobaltcore_aurora_up`,
			Object:      Object{Kind: "Aurora", Name: "*"},
			Summary:     "Aurora in cluster {{ $labels.cluster }} has no results of its checks",
			Description: "It is configured, but its checks have no result. Check the configuration and the log of the exporter.",
		}),
	}
	for _, r := range expiring(Rule{
		Name: "AuroraCertExpiring", Summary: "Certificate of Aurora {{ $labels.aurora }} in cluster {{ $labels.cluster }} " + expires,
		Description: "The certificate of Aurora, or of Keystone behind it, " + expires + ". Renew its Certificate, or repair the issuer.",
	}, "cobaltcore_aurora_certificate_expiry_timestamp_seconds", "cluster, aurora", 14*day, 3*day) {
		rules = append(rules, aurora(r))
	}
	return Group{Name: "aurora", Title: "Aurora", Rules: rules}
}

// auroraSystem describes the Aurora dashboards.
func auroraSystem() Description {
	return Description{
		System: Aurora, Title: "Aurora", Key: "aurora", Prefixes: []string{"Aurora"}, Page: "cobaltcore-greenhouse-aurora",
		Asks: "the Aurora dashboards", Why: auroraWhy, Groups: groups(auroraGroup),
	}
}

// auroraWhy returns the reasons for the severities of the alerts about Aurora.
func auroraWhy() map[string]string {
	return map[string]string{
		"AuroraDown":                 "users cannot manage their projects now",
		"AuroraKeystoneDown":         "users cannot log in; Keystone has its own alerts where it runs",
		"AuroraUnknown":              "whether Aurora works is unknown",
		"AuroraCertExpiring":         "days are left, and most are renewed automatically",
		"AuroraCertExpiringCritical": "renewal has failed, and within three days browsers refuse it",
		"AuroraControllerDown":       "users cannot open the dashboard now",
	}
}
