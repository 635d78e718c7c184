// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "strings"

const (
	byStore = "cluster, store_kind, store_namespace, store_name"
)

// renameToStore renames the labels of rows about stores to the labels of references to stores, and
// removes all other labels except more.
func renameToStore(expr, more string) string {
	return `max by (` + byStore + more + `) (label_replace(label_replace(label_replace(` + expr + `,
    "store_kind", "$1", "kind", "(.*)"), "store_name", "$1", "name", "(.*)"), "store_namespace", "$1", "namespace", "(.*)"))`
}

// storeState returns 0 for a store that is not ready, 1 for a ready store, and 2 for a store that
// was not validated.
func storeState() string {
	return firstState("cluster, kind, namespace, name",
		numberedState{"0", selectESO("store_ready") + ` == 0`},
		numberedState{"2", selectESO("store_validated") + ` == 0`},
		numberedState{"1", selectESO("store_ready") + ` == 1`},
		numberedState{"3", selectESO("store_created_timestamp_seconds")},
	)
}

func storeStates() []Mapping {
	return []Mapping{
		{Value: 0, Text: "not ready", Color: Bad}, {Value: 1, Text: "ready", Color: Good}, {Value: 2, Text: "ready, never tried", Color: Info},
		{Value: 3, Text: "not processed", Color: Unknown}, {Value: -1, Text: "no stores", Color: Neutral},
	}
}

func storePanels() []Panel {
	rows := renameToStore(selectESO("store_status"), ", reason")
	known := renameToStore(selectESO("store_status"), "")
	users := func(kind string) string {
		return renameToStore(selectESO("store_dependents", `dependent_kind="`+kind+`"`), "")
	}
	failing := func(kind string) string {
		return countOr0(byStore, `max by (`+byStore+`, name, namespace) (`+esoNotReady(`kind="`+kind+`"`, `status="failed"`)+`)`, known)
	}
	leads := renameToStore(selectESO("store_info"), ", provider, server, path, auth_method, auth_mount, capabilities")
	return []Panel{
		{
			Kind: StatusHistory, Title: "Stores over time", Width: 24, Height: 7, Unit: Number,
			Description: "Whether the operator can log in to each store. Green is good. Not ready: check OpenBao, the auth method and the role. Never tried: its credentials are in the namespace of each object that uses it, so failures appear only there.",
			Queries:     []Query{{Expr: withFallbackClusters(storeState(), -1), Legend: "{{cluster}} {{namespace}} {{name}}"}},
			Mappings:    storeStates(), Links: []Link{playbook("ESOStoreNotReady")},
		},
		{
			Kind: Table, Title: "Stores and their users", Width: 24, Height: 8, Unit: Number,
			Description: "Each store with the number of objects that use it. Green and zeros are good. If the store is ready and objects fail, check their keys and roles. Click a store to see its users below.",
			Queries: perRow(rows, byStore, "store_name", "none",
				renameToStore(storeState(), ""), users("ExternalSecret"), failing("ExternalSecret"), users("PushSecret"), failing("PushSecret"),
				renameToStore(ageOf("cobaltcore_eso_store_condition_transition_timestamp_seconds"), "")),
			Columns: []Column{
				withWidth(clusterColumn(), 110), withWidth(labelColumn("store_namespace", "Namespace"), 115), {Label: "store_name", Title: "Store", Width: 170, Link: toStore()},
				{Query: 0, Title: "State", Width: 115, Mappings: storeStates()}, labelColumn("reason", "Reason"),
				withWidth(valueColumn(1, "ExternalSecrets", Number), 125), withWidth(valueColumn(2, "failing", Number, zeroIsGood(Bad)...), 70),
				withWidth(valueColumn(3, "PushSecrets", Number), 115), withWidth(valueColumn(4, "pushes failing", Number, zeroIsGood(Bad)...), 115),
				withWidth(ageColumn(5, "Unchanged"), 105),
			},
			Sort: Sort{Column: "State"}, Links: []Link{playbook("ESOStoreNotReady")},
		},
		{
			Kind: Table, Title: "Servers of stores", Width: 24, Height: 8, Unit: Number,
			Description: "The server of each store, and how it logs in. path is the mount; without it, keys contain the mount. The mount of the login should be the mount for the cluster.",
			Queries:     []Query{{Expr: withFallbackRow(leads, "provider", "no stores")}},
			Columns: []Column{
				withWidth(clusterColumn(), 110), withWidth(labelColumn("store_namespace", "Namespace"), 115),
				{Label: "store_name", Title: "Store", Width: 165, Link: toStore()}, withWidth(labelColumn("provider", "Provider"), 100),
				labelColumn("server", "Server"), withWidth(labelColumn("path", "Path"), 110), withWidth(labelColumn("auth_method", "Login"), 90),
				withWidth(labelColumn("auth_mount", "Login at"), 165), withWidth(labelColumn("capabilities", "May"), 90),
			},
			Sort: Sort{Column: "Store"},
		},
	}
}

// toStore returns a link to the users of a store.
func toStore() *Link {
	return &Link{Title: "Users of ${store_name}", Dashboard: idSecrets, Variables: map[string]string{"cluster": "${cluster}", "store": "${store_name}"}}
}

// usersOfStore returns a table of the objects that use the chosen stores.
func usersOfStore() Panel {
	const chosen = `store_name=~"$store"`
	of := func(kind string, families ...string) string {
		var refs []string
		for _, f := range families {
			refs = append(refs, selectESO(f, chosen))
		}
		return withLabel(`max by (`+bySecret+`, store_kind, store_name) (`+strings.Join(refs, " or ")+`)`, "kind", kind)
	}
	rows := of("ExternalSecret", "externalsecret_info", "externalsecret_store_ref") + `
or ` + of("PushSecret", "pushsecret_store_ref")
	both := func(secret, push string) string {
		return withLabel(secret, "kind", "ExternalSecret") + ` or ` + withLabel(push, "kind", "PushSecret")
	}
	ready := func(kind, name string) string {
		return firstState(bySecret,
			numberedState{"0", selectESO(kind+"_ready") + ` == 0`}, numberedState{"1", selectESO(kind+"_ready") + ` == 1`}, numberedState{"2", esoNotReady(`kind="` + name + `"`)})
	}
	return Panel{
		Kind: Table, Title: "Users of the store", Width: 24, Height: 6, Unit: Number,
		Description: "Objects that refer to the selected stores: they fail if the store fails. Ready is good. Select a store at the top, or click one above.",
		Queries: perRow(rows, bySecret+", kind", "name", "none",
			both(ready("externalsecret", "ExternalSecret"), ready("pushsecret", "PushSecret")),
			both(ageOf("cobaltcore_eso_externalsecret_last_sync_timestamp_seconds"), ageOf("cobaltcore_eso_pushsecret_last_sync_timestamp_seconds"))),
		Columns: []Column{
			clusterColumn(), labelColumn("kind", "Kind"), labelColumn("namespace", "Namespace"), labelColumn("name", "Name"),
			labelColumn("store_kind", "Kind of store"), labelColumn("store_name", "Store"), {Query: 0, Title: "State", Mappings: secretStates()}, ageColumn(1, "Last success"),
		},
		Sort: Sort{Column: "State"},
	}
}

func secretStates() []Mapping {
	return []Mapping{
		{Value: 0, Text: "fails", Color: Bad}, {Value: 1, Text: "ready", Color: Good},
		{Value: 2, Text: "not processed", Color: Warning}, {Value: -1, Text: "none", Color: Neutral},
	}
}
