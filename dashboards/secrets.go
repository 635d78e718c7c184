// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "github.com/cobaltcore-dev/cobaltcore-exporter/alerts"

// bySecret lists the labels of an ExternalSecret or PushSecret.
const bySecret = "cluster, namespace, name"

func secretsPage() Dashboard {
	return Dashboard{
		Description: "Which secrets External Secrets Operator does not bring into the clusters, why, and how much hangs on each store.",
		Variables: []Variable{clusterVariable(), {
			Name: "store", Title: "Store", Selector: selector("cobaltcore_eso_store_info"), Label: "name",
		}, logsVariable()},
		Links: linksTo(idFleet, idOpenBao, idSecretFlow, idCertificates),
		Sections: []Section{
			{Title: "Now", Panels: []Panel{
				presence("External Secrets", servedClusters("externalsecrets")),
				secretsByCluster(), synchronized(),
				findingsTable("Findings about External Secrets", "Firing alerts about External Secrets, with those that follow from OpenBao. None is good.", findings{system: "externalsecrets"}),
			}},
			{Title: "Stores", Panels: storePanels()},
			{Title: "Users of the chosen store", Collapsed: true, Panels: []Panel{usersOfStore()}},
			{Title: "ExternalSecrets", Panels: secretPanels()},
			{Title: "PushSecrets and objects for many namespaces", Collapsed: true, Panels: []Panel{pushTable(), clusterObjects()}},
			secretsServiceLevel(), esoTelemetry(),
			{Title: "Controllers", Collapsed: true, Panels: []Panel{workloadsTable("externalsecrets", "External Secrets", playbook("ESOControllerDown"), playbook("ESOWebhookDown"))}},
		},
	}
}

// selectESO selects a family of External Secrets.
func selectESO(family string, matchers ...string) string {
	return selector("cobaltcore_eso_"+family, matchers...)
}

// firstState returns for each object the number of the first of these states that it has.
func firstState(by string, states ...numberedState) string {
	expr := ""
	for _, s := range states {
		if expr != "" {
			expr += "\nor "
		}
		expr += s.number + ` * (0 * max by (` + by + `) (` + s.expr + `) + 1)`
	}
	return expr
}

// numberedState has the series of a state and its number.
type numberedState struct{ number, expr string }

// esoNotReady selects the rows of objects that are not ready.
func esoNotReady(matchers ...string) string {
	return selectESO("object_not_ready_since_timestamp_seconds", matchers...)
}

// refreshInterval returns the refresh interval of an object, derived from the time at which it is
// overdue: two intervals and five minutes after its last success.
func refreshInterval(prefix string) string {
	return `((` + selectESO(prefix+"_overdue_timestamp_seconds") + ` - on (` + bySecret + `) group_left () ` + lastSync(prefix) + ` - 300) / 2)`
}

// lastSync returns the last success of each object of a kind, without its path.
func lastSync(prefix string) string {
	return `max by (` + bySecret + `) (` + selectESO(prefix+"_last_sync_timestamp_seconds") + `)`
}

// secretProblem returns the ExternalSecrets with a problem, by problem.
func secretProblem() string {
	const secret = `kind="ExternalSecret"`
	return inFleet(firstState(bySecret,
		numberedState{"1", selectESO("externalsecret_store_missing")},
		numberedState{"2", filterBy(esoNotReady(secret, `status="failed"`), "cluster, store", esoNotReady(`kind=~"(Cluster)?SecretStore"`))},
		numberedState{"7", esoNotReady(secret, `problem="target_missing"`)},
		numberedState{"3", esoNotReady(secret, `status="failed"`)},
		numberedState{"4", alerts.SecretStale},
		numberedState{"8", esoNotReady(secret, `problem="behind"`)},
		numberedState{"5", esoNotReady(secret, `status="unprocessed"`)},
		numberedState{"6", esoNotReady(secret, `status="unknown"`)},
	))
}

func secretProblems() []Mapping {
	return []Mapping{
		{Value: 1, Text: "its store is missing", Color: Bad}, {Value: 2, Text: "its store is not ready", Color: Bad},
		{Value: 3, Text: "refused by the store", Color: Bad}, {Value: 4, Text: "not refreshed", Color: Warning},
		{Value: 5, Text: "not processed", Color: Warning}, {Value: 6, Text: "never synchronized", Color: Warning},
		{Value: 7, Text: "its target is missing", Color: Bad}, {Value: 8, Text: "newest generation not applied", Color: Warning},
		{Value: -1, Text: "all is well", Color: Good},
	}
}

func secretsByCluster() Panel {
	known := syncedClusters("externalsecrets", "ExternalSecret")
	count := func(expr string) Query { return Query{Expr: countOr0("cluster", expr, known)} }
	return Panel{
		Kind: Table, Title: "By cluster", Width: 24, Height: 5, Unit: Number,
		Description: "Objects of External Secrets in each cluster, and how many have problems. Zeros are good. Start with stores: objects that use them recover with them. A cluster without External Secrets, or without data, has no row.",
		Queries: []Query{
			count(selectESO("externalsecret_info")),
			count(selectESO("externalsecret_ready") + ` == 0`), count(inFleet(alerts.SecretStale)), count(esoNotReady(`kind="ExternalSecret"`, `status="unprocessed"`, `problem!="behind"`)),
			count(selectESO("store_created_timestamp_seconds")), count(selectESO("store_ready") + ` == 0`),
			count(pushSecrets()), count(selectESO("pushsecret_ready") + ` == 0`),
			count(clusterObjectRows(`_failed_namespaces`, ` > 0`)),
		},
		Columns: []Column{
			clusterColumn(), withWidth(valueColumn(0, "ExternalSecrets", Number), 130), valueColumn(1, "Failing", Number, zeroIsGood(Bad)...),
			valueColumn(2, "Stale", Number, zeroIsGood(Warning)...), valueColumn(3, "Not processed", Number, zeroIsGood(Warning)...),
			valueColumn(4, "Stores", Number), withWidth(valueColumn(5, "Stores not ready", Number, zeroIsGood(Bad)...), 130),
			valueColumn(6, "PushSecrets", Number), valueColumn(7, "Pushes failing", Number, zeroIsGood(Bad)...),
			valueColumn(8, "Partly failing", Number, zeroIsGood(Warning)...),
		},
		Sort: Sort{Column: "Failing", Descending: true}, Links: []Link{playbook("ESOExternalSecretFailing"), playbook("ESOStoreNotReady")},
	}
}

func synchronized() Panel {
	const states = alerts.RecordedObjects
	return Panel{
		Kind: TimeSeries, Title: "Share of ExternalSecrets that are up to date", Width: 24, Unit: Percent, Min: new(float64),
		Description: "Share of ExternalSecrets that are ready and were refreshed in time. 100 % is good; below 80 % there is an alert for the whole cluster. If all fail at once, check the store and the operator; if single ones fail, their keys.",
		Queries: []Query{{Legend: "{{cluster}}", Expr: `(sum by (cluster) (` + selector(states, `state="ready"`) + `) or 0 * sum by (cluster) (` + selector(states) + `))
  / on (cluster) sum by (cluster) (` + selector(states) + `)`}},
		Thresholds: []Threshold{{Color: Bad}, {From: 0.8, Color: Warning}, {From: 1, Color: Good}},
		Links:      []Link{playbook("ESOSyncFailureRatio"), *toCluster()},
	}
}

func secretPanels() []Panel {
	rows := filterBy(`max by (`+bySecret+`, reason) (`+selectESO("externalsecret_status")+`)`, bySecret, secretProblem()) + `
  or on (` + bySecret + `) (0 * (` + secretProblem() + `) + 1)`
	ages := `(time() - ` + lastSync("externalsecret") + `)
  / on (` + bySecret + `) group_right () ` + refreshInterval("externalsecret")
	oldest := `0 * topk(20, ` + ages + `) + 1`
	return []Panel{
		{
			Kind: Table, Title: "ExternalSecrets with problems", Width: 24, Height: 7, Unit: Number,
			Description: "Each ExternalSecret that fails, is not refreshed, was never synchronized or is not processed. \"All is well\" is good. Their Secrets keep the values of the last success. Check the store first, then the key and the role of the store.",
			Queries: perRow(rows, bySecret, "name", "none", secretProblem(),
				`time() - `+esoNotReady(`kind="ExternalSecret"`), ageOf("cobaltcore_eso_externalsecret_last_sync_timestamp_seconds")),
			Columns: []Column{
				clusterColumn(), labelColumn("namespace", "Namespace"), labelColumn("name", "ExternalSecret"), labelColumn("reason", "Reason"),
				{Query: 0, Title: "Trouble", Mappings: secretProblems()}, ageColumn(1, "Not ready for"), ageColumn(2, "Last success"),
			},
			Sort: Sort{Column: "Trouble"}, Links: []Link{playbook("ESOExternalSecretFailing"), playbook("ESOExternalSecretStale"), playbook("ESOExternalSecretStoreMissing")},
		},
		{
			Kind: TimeSeries, Title: "Failing and stale ExternalSecrets", Width: 12, Unit: Number, Min: new(float64),
			Description: "ExternalSecrets of each cluster that fail or are stale. 0 is good. A step in all clusters at once is caused by OpenBao, a step in one cluster by its store or operator.",
			Queries:     []Query{{Expr: `sum by (cluster) (` + selector(alerts.RecordedObjects, `state=~"failed|stale"`) + `) or 0 * max by (cluster) (` + syncedClusters("externalsecrets", "ExternalSecret") + `)`, Legend: "{{cluster}}"}},
			Thresholds:  zeroIsGood(Warning), Links: []Link{*toCluster()},
		},
		{
			Kind: TimeSeries, Title: "Oldest refresh, in intervals", Width: 12, Unit: Number, Decimals: 1, Min: new(float64),
			Description: "For the ExternalSecret of each cluster that has waited longest: its age divided by its interval. Up to 1 is good; from 2 on it is stale. If it rises for all, the operator is down, although all are ready.",
			Queries:     []Query{{Expr: `max by (cluster) (` + ages + `) or 0 * max by (cluster) (` + syncedClusters("externalsecrets", "ExternalSecret") + `)`, Legend: "{{cluster}}"}},
			Thresholds:  splitAt(Good, 2, Warning), Links: []Link{playbook("ESOExternalSecretStale")},
		},
		{
			Kind: Table, Title: "Longest not refreshed", Width: 24, Unit: Number,
			Description: "The twenty ExternalSecrets that have waited longest for their refresh, measured in their intervals. Up to 1 is good. From 2 on, the operator does not process them: it is down, or has another class.",
			Queries:     perRow(oldest, bySecret, "name", "none", ages, ageOf("cobaltcore_eso_externalsecret_last_sync_timestamp_seconds"), refreshInterval("externalsecret")),
			Columns: []Column{
				clusterColumn(), labelColumn("namespace", "Namespace"), labelColumn("name", "ExternalSecret"),
				{Query: 0, Title: "Intervals", Unit: Number, Thresholds: splitAt(Good, 2, Warning)}, ageColumn(1, "Last success"), ageColumn(2, "Interval"),
			},
			Sort: oldestFirst("Intervals"), Links: []Link{playbook("ESOExternalSecretStale")},
		},
	}
}
