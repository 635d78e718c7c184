// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// newSeries returns the series that are new since two minutes ago, for objects that already existed then.
func newSeries(metric, object, value string, matchers ...string) string {
	of := `max by (` + object + `, ` + value + `) (` + selector(metric, matchers...)
	return of + `) unless ` + of + ` offset 2m)
  and on (` + object + `) max by (` + object + `) (` + selector(metric, matchers...) + ` offset 2m)`
}

// annotations returns the events that are marked in the graphs of each page.
func annotations() []Annotation {
	// Replicas may have different numbers in the summary of a finding, so the summary is not a label of the event.
	finding := `max by (` + byFinding + `, rule, object_cluster, kind, namespace, name) (` + findings{causes: true}.info(`worst=~"critical|warning"`) + `)`
	return []Annotation{
		{
			Name: "Findings", Color: Bad, AtValue: true, Title: "{{rule}}",
			Text: "{{kind}} {{namespace}}/{{name}} in {{object_cluster}}",
			Expr: `min by (` + byFinding + `) (` + findingSince + `) * on (` + byFinding + `) group_right () ` + finding,
		},
		{
			Name: "OpenBao leaders", Color: Unknown, AtValue: true, Title: "New leader", Text: "{{cluster}} {{openbao}}",
			Expr: `max by (` + byBao + `) (` + selectOpenBao("leader_since_timestamp_seconds") + `)`,
		},
		{
			Name: "Controller rollouts", Color: Info, Off: true, Title: "{{component}} {{version}}", Text: "{{cluster}} {{namespace}}/{{name}}",
			Expr: newSeries("cobaltcore_controller_info", "cluster, namespace, name, kind, component", "version"),
		},
		{
			Name: "Flux revisions", Color: Neutral, Off: true, Title: "{{kind}} {{exported_namespace}}/{{name}}", Text: "{{target_cluster}}: {{applied_revision}}",
			Expr: newSeries("flux_resource_info", fluxObject, "applied_revision", `kind=~"Kustomization|HelmRelease|ResourceSet"`, `applied_revision!=""`),
		},
	}
}
