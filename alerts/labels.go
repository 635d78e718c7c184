// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

// Labels of alerts in addition to the labels of their rows.
const (
	LabelAlert    = "alertname"
	LabelSeverity = "severity"
	LabelService  = "service"
	LabelPlaybook = "playbook"
	// LabelNoAbsence makes absent-metrics-operator ignore a rule, because most rows exist only
	// during a problem, and the alert ExporterMissing covers missing rows.
	LabelNoAbsence = "no_alert_on_absence"
)

// Annotations of alerts.
const (
	AnnotationSummary     = "summary"
	AnnotationDescription = "description"
	AnnotationDashboard   = "dashboard"
	// AnnotationRunbook is the annotation in which tools of Prometheus look for the playbook.
	AnnotationRunbook = "runbook_url"
)

// AddedLabels returns the labels that a rule adds to the labels of its rows. An alert without a
// playbook has no label for it.
func AddedLabels(severity Severity, system System, playbook string) map[string]string {
	added := map[string]string{LabelSeverity: string(severity), LabelService: string(system), LabelNoAbsence: "true"}
	if playbook != "" {
		added[LabelPlaybook] = playbook
	}
	return added
}
