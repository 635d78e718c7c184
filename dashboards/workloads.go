// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// workloadsTable returns a table of the controllers of a system with their pods, because objects
// keep their status if their controller is down.
func workloadsTable(system, title string, links ...Link) Panel {
	const by = "cluster, namespace, name, kind, component"
	of := func(family string) string {
		return selector("cobaltcore_controller_"+family, `system="`+system+`"`)
	}
	return Panel{
		Kind: Table, Title: "Workloads of " + title, Width: 24, Height: 5, Unit: Number, Links: links,
		Description: "The workloads of " + title + " and how many of their pods are available. All desired ones is good. Objects of a workload without pods keep their last status and are not reconciled. \"none known\": the collector controllers is off, or may not read them.",
		Queries: perRow(`0 * max by (`+by+`) (`+of("replicas_desired")+`) + 1`, by, "name", "none known",
			of("replicas_available"), of("replicas_desired"), of("replicas_updated"), `clamp_min(`+of("replicas_desired")+` - `+of("replicas_available")+`, 0)`),
		Columns: []Column{
			clusterColumn(), labelColumn("namespace", "Namespace"), {Label: "name", Title: "Workload", Link: toLogs()}, labelColumn("kind", "Kind"), labelColumn("component", "Component"),
			valueColumn(1, "Wanted", Number),
			valueColumn(0, "Available", Number), valueColumn(3, "Missing", Number, zeroIsGood(Warning)...), valueColumn(2, "Up to date", Number),
		},
		Sort: Sort{Column: "Missing", Descending: true},
	}
}
