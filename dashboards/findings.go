// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"maps"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// alertList is where alerts are explained that have no playbook of their own.
const alertList = "https://github.com/cobaltcore-dev/cobaltcore-exporter/blob/main/docs/alerts.md"

// findings are the firing alerts of the catalogue about the chosen clusters, or about
// what is applied to them. Matchers select some of them.
func findings(matchers ...string) string {
	return `(` + findingsWith(hereOrNowhere, matchers...) + ` or ` + findingsWith(`target_cluster=~"$cluster"`, matchers...) + `)`
}

// findingsWith are those that matchers select, as Prometheus tells them. The value is
// since when, in seconds since the epoch.
func findingsWith(where string, matchers ...string) string {
	all := strings.Join(slices.Concat([]string{where, ours()}, matchers), ", ")
	return `ALERTS_FOR_STATE{` + all + `} and ignoring (alertstate) ALERTS{` + all + `, alertstate="firing"}`
}

// ours selects the alerts of the catalogue but the one that always fires.
func ours() string {
	var systems []string
	for _, s := range alerts.Systems() {
		systems = append(systems, string(s))
	}
	return `service=~"` + strings.Join(systems, "|") + `", alertname!="ExporterWatchdog"`
}

// consequences are the firing alerts that follow from others, by the inhibitions of the
// catalogue: what Alertmanager holds back, whether it is configured to or not.
func consequences() string {
	type inhibition struct{ equal, children string }
	parents, names := map[inhibition][]string{}, alerts.Names()
	for by, children := range childrenOf() {
		slices.Sort(children)
		i := inhibition{by.equal, namesMatcher(children, names)}
		parents[i] = append(parents[i], by.parent)
	}
	var all []string
	for _, i := range slices.SortedFunc(maps.Keys(parents), func(a, b inhibition) int {
		return strings.Compare(a.equal+a.children, b.equal+b.children)
	}) {
		slices.Sort(parents[i])
		all = append(all, `ALERTS{alertstate="firing", `+i.children+`} and on (`+i.equal+`) ALERTS{alertstate="firing", `+namesMatcher(parents[i], names)+`}`)
	}
	return anyOf(all)
}

// anyOf joins expressions by or, as a tree: a chain of many is printed very wide.
func anyOf(all []string) string {
	if len(all) == 1 {
		return all[0]
	}
	half := len(all) / 2
	return `(` + anyOf(all[:half]) + `) or (` + anyOf(all[half:]) + `)`
}

type parentBy struct{ parent, equal string }

func childrenOf() map[parentBy][]string {
	children := map[parentBy][]string{}
	for _, r := range alerts.Rules() {
		for _, i := range r.InhibitedBy {
			by := parentBy{i.By, strings.Join(i.Equal, ", ")}
			children[by] = append(children[by], r.Name)
		}
	}
	return children
}

// namesMatcher selects alerts by their names, or by those of all names that they do not
// have if that is shorter.
func namesMatcher(names, all []string) string {
	var others []string
	for _, n := range all {
		if !slices.Contains(names, n) {
			others = append(others, n)
		}
	}
	with, without := strings.Join(names, "|"), strings.Join(others, "|")
	if len(without) < len(with) {
		return ours() + `, alertname!~"` + without + `"`
	}
	if len(names) == 1 {
		return `alertname="` + with + `"`
	}
	return `alertname=~"` + with + `"`
}

// rootCauses are the findings that follow from no other one.
func rootCauses() string {
	return findings() + ` unless ignoring (alertstate) (` + consequences() + `)`
}

// findingsTable lists findings, the newest first. Alerts name their objects by
// different labels: the first one that there is counts.
func findingsTable(title, description, expr string) Panel {
	return Panel{
		Kind: Table, Title: title, Width: 24, Height: 10,
		Description: description + " Click an alert for its playbook. The list needs the rules of the exporter in Prometheus.",
		Queries: []Query{{Expr: orRow(`time() - max by (alertname, severity, service, cluster, target_cluster, playbook, kind, namespace, object) (
  `+firstOf("namespace", []string{"exported_namespace", "namespace", "openbao", "aurora"},
			firstOf("object", []string{"name", "node", "address", "mount", "path", "check", "store", "component", "collector", "type"},
				`label_replace(`+expr+`, "playbook", "`+alertList+`", "playbook", "")`))+`)`, "alertname", "nothing fires")}},
		Columns: []Column{
			labelColumn("severity", "Severity"), {Label: "alertname", Title: "Alert", Link: &Link{Title: "Playbook of ${alertname}", URL: "${playbook}"}},
			clusterColumn(), labelColumn("target_cluster", "Applied to"), labelColumn("service", "System"),
			labelColumn("kind", "Kind"), labelColumn("namespace", "Namespace or instance"), labelColumn("object", "Object"), ageColumn(0, "Since"),
		},
		Sort: Sort{Column: "Since"},
	}
}

// firstOf puts the first of some labels that is not empty into another one.
func firstOf(label string, names []string, expr string) string {
	return `label_replace(label_join(` + expr + `, "` + label + `", "|", "` + strings.Join(names, `", "`) + `"), "` + label + `", "$1", "` + label + `", "[|]*([^|]*).*")`
}
