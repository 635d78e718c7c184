// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"cmp"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// maxFindingRows is the maximum number of findings with rows of their own; the counts include all findings.
const maxFindingRows = 250

var (
	findingInfoFamily = &exposition.Family{
		Name: "cobaltcore_health_finding_info", Type: exposition.Gauge,
		Labels: []string{"cluster", "finding", "system", "rule", "severity", "worst", "cause", "object_cluster", "kind", "namespace", "name", "reason", "summary", "playbook"},
		Help: "The 250 worst firing findings, root causes first. cluster is the affected cluster, object_cluster the cluster of the object, finding the id in /api/v1/report, " +
			"cause the rule of the root cause (empty for a root cause), and worst the highest severity of the finding and its consequences. " +
			"Numbers in summary are rounded, so that it changes rarely.",
	}
	findingSinceFamily = &exposition.Family{
		Name: "cobaltcore_health_finding_since_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster", "finding"},
		Help: "The onset of a finding in cobaltcore_health_finding_info. If the onset is unknown, it is the time at which the finding was first seen.",
	}
	omittedFamily = &exposition.Family{
		Name: "cobaltcore_health_findings_omitted", Type: exposition.Gauge,
		Help: "Firing findings that are not among the 250 in cobaltcore_health_finding_info.",
	}
)

// findingRow is the row of a finding.
type findingRow struct {
	since  time.Time
	labels []string // labels of findingInfoFamily without the cluster
}

// severityRank returns the rank of a severity; 0 is the most severe.
func severityRank(s alerts.Severity) int {
	return slices.Index([]alerts.Severity{alerts.Critical, alerts.Warning, alerts.Info}, s)
}

// findingRows returns the rows of the worst findings by cluster, and the number of findings without
// a row. A pending finding has a row if it is the cause of a firing finding.
func (f *facts) findingRows(all []*alert) (rows map[string][]findingRow, omitted int) {
	worst := map[*alert]alerts.Severity{}
	escalate := func(a *alert, s alerts.Severity) {
		if was, ok := worst[a]; !ok || severityRank(s) < severityRank(was) {
			worst[a] = s
		}
	}
	for _, a := range all {
		if !a.isFiring() {
			continue
		}
		escalate(a, a.rule.severity)
		if a.cause != nil && !a.cause.isResolved() {
			escalate(a.cause, a.cause.rule.severity)
			escalate(a.cause, a.rule.severity)
		}
	}
	shown := make([]*alert, 0, len(worst))
	for a := range worst {
		shown = append(shown, a)
	}
	slices.SortFunc(shown, func(a, b *alert) int {
		return cmp.Or(
			boolToInt(a.cause != nil)-boolToInt(b.cause != nil), severityRank(worst[a])-severityRank(worst[b]),
			a.since.Compare(b.since), cmp.Compare(a.rule.name, b.rule.name), cmp.Compare(a.labels.Hash(), b.labels.Hash()),
		)
	})
	omitted = max(0, len(shown)-maxFindingRows)
	rows = map[string][]findingRow{}
	for _, a := range shown[:len(shown)-omitted] {
		at := f.cellOf(a).cluster
		rows[at] = append(rows[at], a.row(worst[a]))
	}
	return rows, omitted
}

func (a *alert) row(worst alerts.Severity) findingRow {
	object, cause := a.object(), ""
	if a.cause != nil {
		cause = a.cause.rule.name
	}
	return findingRow{since: a.since, labels: []string{
		a.id(), string(a.rule.system), a.rule.name, string(a.rule.severity), string(worst), cause, a.objectCluster(),
		object.Kind, object.Namespace, object.Name, a.reason, a.summaryOf(a.rule.summary.roundValue(a.value)), a.rule.playbook,
	}}
}

func (row findingRow) add(r *exposition.Rows) {
	r.Add(findingInfoFamily, 1, row.labels...)
	r.Time(findingSinceFamily, row.since.Truncate(time.Second), row.labels[0])
}
