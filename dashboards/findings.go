// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

const (
	findingInfo  = "cobaltcore_health_finding_info"
	findingSince = "cobaltcore_health_finding_since_timestamp_seconds"
	byFinding    = "cluster, finding"
	// findingLabels are the labels of findingInfo; replicas of the exporter have the same rows.
	findingLabels = "cluster, finding, system, rule, severity, worst, cause, object_cluster, kind, namespace, name, reason, summary, playbook"
)

// findings selects findings; the zero value selects all of the chosen clusters.
type findings struct {
	// system and rule are regular expressions; empty selects all.
	system, rule string
	// where replaces the matchers for the chosen clusters.
	where string
	// causes selects only root causes.
	causes bool
}

// info selects the rows of findings, with further matchers: those that affect a chosen cluster
// or none, and those about an object in a chosen cluster.
func (f findings) info(matchers ...string) string {
	if f.system != "" {
		matchers = append(matchers, `system=~"`+f.system+`"`)
	}
	if f.rule != "" {
		matchers = append(matchers, `rule=~"`+f.rule+`"`)
	}
	if f.causes {
		matchers = append(matchers, `cause=""`)
	}
	of := func(where string) string {
		return findingInfo + `{` + strings.Join(append([]string{where}, matchers...), ", ") + `}`
	}
	if f.where != "" {
		return of(f.where)
	}
	return of(`cluster=~"$cluster|"`) + ` or ` + of(`object_cluster=~"$cluster"`)
}

// severity returns the findings with their severity as a number, by which a table has the worst first, and outages before
// expiries. The severity of a root cause is the highest among its consequences.
func (f findings) severity() string {
	var all []string
	for i, s := range []string{"critical", "warning", "info"} {
		worst := `worst="` + s + `"`
		all = append(all, fmt.Sprintf("%d * (%s)", 2*i, f.info(worst, `rule!~".*Expiring.*"`)), fmt.Sprintf("%d * (%s)", 2*i+1, f.info(worst, `rule=~".*Expiring.*"`)))
	}
	return `max by (` + findingLabels + `) (` + strings.Join(all, " or ") + `)`
}

// prometheusOnly returns the names of the selected alerts that only Prometheus evaluates.
func (f findings) prometheusOnly() []string {
	system, rule := regexp.MustCompile(`^(`+f.system+`)$`), regexp.MustCompile(`^(`+f.rule+`)$`)
	var names []string
	for _, r := range alerts.Rules() {
		selected := (f.system == "" || system.MatchString(string(r.System))) && (f.rule == "" || rule.MatchString(r.Name))
		if selected && r.PrometheusOnly && r.Name != "ExporterWatchdog" && f.where == "" {
			names = append(names, r.Name)
		}
	}
	return names
}

// ofPrometheus returns the alerts that only Prometheus evaluates, with the labels of findings and
// the value of ALERTS or ALERTS_FOR_STATE.
func ofPrometheus(names []string, metric string) string {
	matchers := `{cluster=~"$cluster|", alertname=~"` + strings.Join(names, "|") + `"`
	expr := metric + matchers + `} and ignoring (alertstate) ALERTS` + matchers + `, alertstate="firing"}`
	for _, to := range [][2]string{{"rule", `"alertname"`}, {"summary", `"alertname", "instance"`}} {
		expr = `label_join(` + expr + `, "` + to[0] + `", " ", ` + to[1] + `)`
	}
	return expr
}

// findingsTable returns a table of findings, the most severe first.
func findingsTable(title, description string, f findings) Panel {
	severity := f.severity()
	since := `(time() - min by (` + byFinding + `) (` + findingSince + `)) * on (` + byFinding + `) group_right () max by (` + findingLabels + `) (` + f.info() + `)`
	if names := f.prometheusOnly(); len(names) > 0 {
		fired := ofPrometheus(names, "ALERTS")
		severity += `
or 0 * (` + strings.ReplaceAll(fired, `alertname=~`, `severity="critical", alertname=~`) + `) or 2 * (` + strings.ReplaceAll(fired, `alertname=~`, `severity!="critical", alertname=~`) + `)`
		since += ` or time() - (` + ofPrometheus(names, "ALERTS_FOR_STATE") + `)`
	}
	p := Panel{
		Kind: Table, Title: title, Width: 24, Height: 7,
		Description: description + " Outages come before expiries, and new findings first. Click a summary for its playbook. The exporter lists its 250 worst findings; /api/v1/report has all.",
		Queries: []Query{
			{Expr: `(` + severity + `) or on () ` + withLabel(`0 * max by () (cobaltcore_health_last_evaluation_timestamp_seconds) - 1`, "summary", "no findings") +
				` or on () ` + withLabel(`vector(-2)`, "summary", "no exporter reports findings")},
			{Expr: since},
		},
		Columns: []Column{
			{Query: 0, Title: "Severity", Width: 84, Mappings: []Mapping{
				{Value: 0, Text: "critical", Color: Bad}, {Value: 1, Text: "critical", Color: Bad},
				{Value: 2, Text: "warning", Color: Warning}, {Value: 3, Text: "warning", Color: Warning},
				{Value: 4, Text: "info", Color: Info}, {Value: 5, Text: "info", Color: Info},
				{Value: -1, Text: "ok", Color: Good}, {Value: -2, Text: "unknown", Color: Unknown},
			}},
			withWidth(clusterColumn(), 105), {Label: "summary", Title: "Summary", Link: &Link{Title: "Playbook", URL: "${playbook}"}},
			withWidth(ageColumn(1, "For"), 75),
		},
		Sort: Sort{Column: "Severity"}, Then: Sort{Column: "For"},
	}
	if !f.causes { // the summary has the reason
		p.Columns = slices.Insert(p.Columns, 3, withWidth(labelColumn("cause", "Follows from"), 225))
	}
	return p
}

// withWidth gives a column a width in pixels.
func withWidth(c Column, width int) Column {
	c.Width = width
	return c
}

// joinOr joins expressions by or as a balanced tree, because a long chain would be printed with a deep indentation.
func joinOr(all []string) string {
	if len(all) == 1 {
		return all[0]
	}
	half := len(all) / 2
	return `(` + joinOr(all[:half]) + `) or (` + joinOr(all[half:]) + `)`
}
