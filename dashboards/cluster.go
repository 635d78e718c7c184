// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "slices"

func clusterPage() Dashboard {
	return Dashboard{
		Description: "One cluster: its connection, the verdicts of its systems, firing alerts, workloads, and objects applied to it.",
		Variables:   []Variable{oneCluster(), logsVariable()},
		Links:       linksTo(idFleet, idFlux, idOpenBao, idSecrets, idGreenhouse, idCertificates, idExporter),
		Sections: []Section{
			{Title: "Now", Panels: slices.Concat(clusterNumbers(), []Panel{clusterFacts(), clusterExpiry()})},
			{Title: "Systems", Panels: []Panel{
				clusterHealth(),
				withHeight(9, findingsTable("Active findings", "Every firing alert about this cluster, or about objects applied to it from other clusters. The page Fleet shows which of them are root causes.", findings{})),
			}},
			{Title: "Applied to this cluster", Panels: clusterApplied()},
			{Title: "Controllers", Collapsed: true, Panels: slices.Concat(controllerPanels("the management plane", `system!=""`), []Panel{clusterPods()})},
			{Title: "Changes in the last hour", Panels: []Panel{changedPanel(), appliedPanel()}},
			{Title: "Watched kinds", Collapsed: true, Panels: []Panel{kindsTable()}},
		},
	}
}

func clusterNumbers() []Panel {
	severity := func(title, s, description string, color Color) Panel {
		return sumPanel(title, description, selector("cobaltcore_health_findings", `severity="`+s+`"`), color)
	}
	numbers := []Panel{
		{
			Kind: Stat, Title: "API server", Unit: Number, Mappings: boolMappings("answers", "does not answer", Bad),
			Description: "Whether the API server can be reached: no after two failed probes in a row. Then the rest of this page is unknown; the page The exporter shows the reason.",
			Queries:     []Query{{Expr: `min by (cluster) (` + selector("cobaltcore_cluster_up") + `)`, Legend: "{{cluster}}"}},
			Thresholds:  splitAt(Bad, 1, Good),
		},
		{
			Kind: Stat, Title: "Last contact", Unit: Duration,
			Description: "Time since the last successful probe of the API server. Below half a minute is good. For a snapshot, it is the age of the snapshot.",
			Queries: []Query{{Expr: `time() - max by (cluster) (` + selector("cobaltcore_cluster_last_contact_timestamp_seconds") + `)
or max by (cluster) (0 * ` + selector("cobaltcore_cluster_up") + ` - 1)`, Legend: "{{cluster}}"}},
			Thresholds: splitAt(Good, 60, Warning), Mappings: []Mapping{{Value: -1, Text: "never", Color: Bad}},
		},
		severity("Critical findings", "critical", "Findings of the exporter that make a system of this cluster unusable. 0 is good.", Bad),
		severity("Warnings", "warning", "Findings of the exporter that degrade a system of this cluster. 0 is good.", Warning),
		sumPanel("Failed and stalled", "Objects of Flux in this cluster that have failed or are stalled. 0 is good; the page Flux lists them.", selector("cobaltcore_flux_resource_status", `status=~"failed|stalled"`), Bad),
		sumPanel("Pods that do not run", "Pods of the management plane that wait, for example for an image, or crash repeatedly. 0 is good; the list is below.", selector("cobaltcore_controller_pod_waiting"), Bad),
	}
	for i := range numbers {
		numbers[i].Width, numbers[i].Height = 4, 4
	}
	return numbers
}

func clusterFacts() Panel {
	const labels = "cluster, role, region, owner, source, version"
	return Panel{
		Kind: Table, Title: "Facts", Width: 14, Height: 4,
		Description: "Role, region and owner of the cluster, the source from which the exporter knows it, and the version of its API server.",
		Queries:     []Query{{Expr: `max by (` + labels + `) (` + selector("cobaltcore_cluster_info") + `)`}},
		Columns: []Column{
			labelColumn("cluster", "Cluster"), labelColumn("role", "Role"), labelColumn("region", "Region"), labelColumn("owner", "Owner"),
			labelColumn("source", "Known from"), labelColumn("version", "Kubernetes"),
		},
	}
}

func clusterExpiry() Panel {
	p := expiryTable("Certificates and credentials", "Expiry of the certificate of the API server and of the credentials of the exporter. Green is good. The page Certificates and expiry covers the whole fleet.",
		clusterExpiries())
	p.Width, p.Height = 10, 4
	p.Columns = slices.DeleteFunc(p.Columns, func(c Column) bool { return c.Title == "Cluster" || c.Title == "Object" })
	return p
}

func clusterHealth() Panel {
	return Panel{
		Kind: StatusHistory, Title: "Systems over time", Width: 24, Height: 7, Mappings: healthMappings(),
		Description: "The verdict of the exporter on each system of this cluster: down is at least one critical finding, degraded at least one warning, unknown a system with missing data. Systems that the cluster does not have are left out. Sharded exporters have no verdicts.",
		Queries:     []Query{{Expr: withSystemTitles(`max by (cluster, system) (` + selector("cobaltcore_health_status") + `)`), Legend: "{{system}}"}},
	}
}

// clusterApplied returns the section about the objects that Flux applies to this cluster from any cluster.
func clusterApplied() []Panel {
	const target = `target_cluster=~"$cluster"`
	var states []Query
	for _, s := range fluxStates() {
		states = append(states, Query{Legend: s.title, Color: s.color, Expr: `sum(cobaltcore_flux_resource_status{` + target + `, kind=~"Kustomization|HelmRelease|ResourceSet", status="` + s.name + `"}) or vector(0)`})
	}
	return []Panel{
		{
			Kind: TimeSeries, Title: "Applied by state", Width: 24, Height: 9, Unit: Number, Stacked: true,
			Description: "Kustomizations, HelmReleases and ResourceSets that are applied to this cluster, from here or from another one, by state. Only ready, and suspended on purpose, is good.",
			Queries:     states,
		},
		{
			Kind: Table, Title: "Applied here and not ready", Width: 24, Height: 5,
			Description: "Objects applied to this cluster that are neither ready nor suspended, with the cluster that contains the object. None is good.",
			Queries:     []Query{{Expr: withFallbackRow(`topk by (`+fluxObject+`) (1, time() - min by (`+fluxObject+`, status) (`+fluxNotReady+`{`+target+`, kind=~"Kustomization|HelmRelease|ResourceSet", status!="suspended"}))`, "name", "none")}},
			Columns: []Column{
				labelColumn("cluster", "Lives in"), labelColumn("kind", "Kind"), labelColumn("exported_namespace", "Namespace"), fluxNameColumn(),
				statusColumn(), ageColumn(0, "For"),
			},
			Sort: oldestFirst("For"),
		},
	}
}

func clusterPods() Panel {
	const pod = "cluster, namespace, name, component"
	return Panel{
		Kind: Table, Title: "Pods that wait or were restarted", Width: 24, Height: 6,
		Description: "Pods of the management plane that do not run, with the reason, and pods with a container that ended within the last day. None is good. For OOMKilled, raise the memory limit; for CrashLoopBackOff, read the log.",
		Queries: []Query{{Expr: withFallbackRow(`label_replace(max by (`+pod+`, reason) (`+selector("cobaltcore_controller_pod_waiting")+`) * 0, "what", "waits", "", "")
or label_replace((time() - max by (`+pod+`) (`+selector("cobaltcore_controller_pod_last_restart_timestamp_seconds")+`) < 86400)
  * on (`+pod+`) group_left (reason) topk by (`+pod+`) (1, `+selector("cobaltcore_controller_pod_last_restart_reason")+`), "what", "restarted", "", "")`, "name", "none")}},
		Columns: []Column{
			labelColumn("cluster", "Cluster"), labelColumn("namespace", "Namespace"), {Label: "name", Title: "Pod", Link: toLogs()}, labelColumn("component", "Component"),
			labelColumn("what", "What"), labelColumn("reason", "Reason"), ageColumn(0, "Ago"),
		},
		Sort: Sort{Column: "Ago"},
	}
}
