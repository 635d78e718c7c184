// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

// Labels of alerts beside those of their rows.
const (
	LabelAlert    = "alertname"
	LabelSeverity = "severity"
	LabelService  = "service"
	LabelPlaybook = "playbook"
	// LabelNoAbsence makes absent-metrics-operator leave a rule alone: most rows are there
	// only while there is trouble, and the alert ExporterMissing covers their absence.
	LabelNoAbsence = "no_alert_on_absence"
)

// Annotations of alerts.
const (
	AnnotationSummary     = "summary"
	AnnotationDescription = "description"
	AnnotationDashboard   = "dashboard"
	// AnnotationRunbook is where Prometheus' own tools look for the playbook.
	AnnotationRunbook = "runbook_url"
)

// AddedLabels returns the labels that a rule adds to those of its rows. An alert without
// a playbook has no such label.
func AddedLabels(severity Severity, system System, playbook string) map[string]string {
	added := map[string]string{LabelSeverity: string(severity), LabelService: string(system), LabelNoAbsence: "true"}
	if playbook != "" {
		added[LabelPlaybook] = playbook
	}
	return added
}
