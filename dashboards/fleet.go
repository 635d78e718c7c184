// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

func fleetOverview() Dashboard {
	return Dashboard{
		Description: "The whole fleet: the verdict on every system in every cluster, problems with their causes, and changes. Start here.",
		Variables:   []Variable{clusterVariable()},
		Links:       linksTo(idCluster, idFlux, idOpenBao, idSecrets, idGreenhouse, idCertificates, idExporter),
		Sections: []Section{
			{Title: "Now", Panels: slices.Concat(fleetNumbers(), []Panel{
				healthMatrix(),
				withHeight(12, findingsTable("Root causes", "Findings that are not consequences of others, with the severity of their worst consequence. Fix these first: their consequences end with them.", findings{causes: true})),
			})},
			{Title: "Over time", Panels: []Panel{healthHistory(), findingsHistory()}},
			{Title: "All findings", Collapsed: true, Panels: []Panel{
				findingsTable("All findings", "Every finding about the chosen clusters, or about objects in them, with its root cause.", findings{}),
			}},
			{Title: "Changes in the last hour", Panels: []Panel{changedPanel(), appliedPanel()}},
		},
	}
}

// withHeight gives a panel a height.
func withHeight(height int, p Panel) Panel {
	p.Height = height
	return p
}

func fleetNumbers() []Panel {
	severity := func(s alerts.Severity) string {
		return `cobaltcore_health_findings{` + chosenOrNoCluster + `, severity="` + string(s) + `"}`
	}
	numbers := []Panel{
		replicasPanel(),
		sumPanel("Clusters", "Clusters of the fleet that are selected at the top.", selector("cobaltcore_cluster_up")+` >= bool 0`, Good),
		sumPanel("Clusters down", "Clusters whose API server has not answered two probes in a row. 0 is good. Their objects are unknown; the page The exporter shows the reason.",
			selector("cobaltcore_cluster_up")+` == bool 0`, Bad),
		sumPanel("Systems down", "Systems of clusters with a critical finding, by cobaltcore_health_status. 0 is good. The matrix shows them. Sharded exporters have no verdicts; the panel is then empty.",
			selector("cobaltcore_health_status")+` == bool 2`, Bad),
		sumPanel("Systems degraded", "Systems of clusters with a warning and nothing critical, by cobaltcore_health_status. 0 is good. Sharded exporters have no verdicts; the panel is then empty.",
			selector("cobaltcore_health_status")+` == bool 1`, Warning),
		sumPanel("Systems unknown", "Systems of clusters with missing data, by cobaltcore_health_status: their failures are not detected. 0 is good. Sharded exporters have no verdicts; the panel is then empty.",
			selector("cobaltcore_health_status")+` == bool 3`, Warning),
		sumPanel("Critical findings", "Findings of the exporter that make a system unusable, including consequences. 0 is good. Start with the root causes below.", severity(alerts.Critical), Bad),
		sumPanel("Warnings", "Findings of the exporter that degrade a system, including consequences. 0 is good.", severity(alerts.Warning), Warning),
	}
	for i := range numbers {
		numbers[i].Width, numbers[i].Height = 6, 4
	}
	return numbers
}

// healthMatrix has a column for each system.
func healthMatrix() Panel {
	p := Panel{
		Kind: Table, Title: "Systems by cluster", Width: 24, Height: 5,
		Description: "The verdict of the exporter on each system in each cluster: down is at least one critical finding, degraded at least one warning, unknown a system with missing data. " +
			"An empty field means that the cluster does not have the system. The name of a cluster links to its page. Sharded exporters have no verdicts; see the findings instead.",
		Columns: []Column{clusterColumn()},
		Sort:    Sort{Column: "Cluster"},
	}
	for i, d := range alerts.Descriptions() {
		p.Queries = append(p.Queries, Query{Expr: `max by (cluster) (` + selector("cobaltcore_health_status", `system="`+string(d.System)+`"`) + `)`})
		c := Column{Query: i, Title: d.Title, Mappings: healthMappings()}
		if len(d.Title) > 14 {
			c.Width = 150 // all others share the page
		}
		p.Columns = append(p.Columns, c)
	}
	return p
}

func healthHistory() Panel {
	return Panel{
		Kind: StatusHistory, Title: "Systems over time", Width: 24, Height: 17,
		Description: "The verdicts over time, to see which failures began together. Always green is good. Sharded exporters have no verdicts.",
		Queries:     []Query{{Expr: withSystemTitles(`max by (cluster, system) (` + selector("cobaltcore_health_status") + `)`), Legend: "{{cluster}} {{system}}"}},
		Mappings:    healthMappings(),
		Links:       []Link{*toCluster()},
	}
}

func findingsHistory() Panel {
	return Panel{
		Kind: TimeSeries, Title: "Findings by cluster", Width: 24, Height: 8, Unit: Number, Stacked: true,
		Description: "Critical findings and warnings of the exporter in each cluster. 0 is good; a step in several clusters at once has a common cause.",
		Queries:     []Query{{Expr: perCluster(`sum by (cluster) (` + selector("cobaltcore_health_findings", `severity=~"critical|warning"`) + `)`), Legend: "{{cluster}}"}},
		Thresholds:  zeroIsGood(Warning),
		Links:       []Link{*toCluster()},
	}
}
