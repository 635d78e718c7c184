// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

func missingPaths() Panel {
	of := func(references, kind string) string {
		return withLabel(filterBy(references, byPath, stored+` == 0`), "kind", kind)
	}
	return Panel{
		Kind: Table, Title: "Paths that do not exist in OpenBao", Width: 24, Height: 6, Unit: Number,
		Description: "References to secrets that OpenBao does not have. \"None\" is good. A reader fails, or keeps the value from before the deletion. Write the secret, or remove the reference.",
		Queries:     []Query{{Expr: withFallbackRow(of(consumerReferences(), "ExternalSecret")+"\nor "+of(producerReferences(), "PushSecret"), "name", "none")}},
		Columns: []Column{
			clusterColumn(), labelColumn("kind", "Kind"), labelColumn("namespace", "Namespace"), labelColumn("name", "Name"), labelColumn("backend", "OpenBao"), labelColumn("mount", "Mount"), labelColumn("path_id", "Path"),
		},
		Sort: Sort{Column: "Name"},
	}
}

func unresolved() Panel {
	return Panel{
		Kind: Table, Title: "Unresolved references", Width: 24, Height: 6, Unit: Number,
		Description: "References whose path is unknown, so that it is unknown whether they are current, with the reason. \"None\" is good. find: keys are searched; store_missing: the store does not exist or cannot be read; provider: the store is not an OpenBao; namespace: it uses a namespace of OpenBao; key: it is not a path in a mount.",
		Queries:     []Query{{Expr: withFallbackRow(`max by (cluster, kind, namespace, name, reason) (`+selector(flow+"unresolved")+`)`, "name", "none")}},
		Columns:     []Column{clusterColumn(), labelColumn("kind", "Kind"), labelColumn("namespace", "Namespace"), labelColumn("name", "Name"), wordColumn("reason", "Reason")},
		Sort:        Sort{Column: "Reason"},
	}
}

func mostRead() Panel {
	const by = "cluster, " + byPath
	rows := `0 * topk(20, count by (` + by + `) (` + consumerReferences() + `)) + 1`
	return Panel{
		Kind: Table, Title: "Secrets with the most readers", Width: 24, Unit: Number,
		Description: "The twenty paths that are read by the most ExternalSecrets of a cluster: rotating one changes all of these. Version 0 means that OpenBao does not have the secret.",
		Queries: []Query{
			{Expr: withFallbackRow(joinValue(`count by (`+by+`) (`+consumerReferences()+`)`, by, rows), "mount", "none")},
			{Expr: joinValue(stored, byPath, rows)}, {Expr: joinValue(`time() - `+changed, byPath, rows)},
		},
		Columns: []Column{
			clusterColumn(), labelColumn("backend", "OpenBao"), labelColumn("mount", "Mount"), labelColumn("path_id", "Path"), {Query: 0, Title: "Readers", Unit: Number, Mappings: noRow()},
			valueColumn(1, "Version", Number), ageColumn(2, "Stored"),
		},
		Sort: Sort{Column: "Readers", Descending: true},
	}
}

func longestUnchanged() Panel {
	const by = "cluster, " + byPath
	age := `time() - max by (` + by + `) (` + flow + `stored_timestamp_seconds
  and on (` + byPath + `) (` + consumerReferences() + ` or ` + producerReferences() + `))`
	rows := `0 * topk(20, ` + age + `) + 1`
	return Panel{
		Kind: Table, Title: "Secrets not rotated for longest", Width: 24, Unit: Number,
		Description: "The twenty secrets that the chosen clusters read or write and that have not been written for the longest time. The cluster is the cluster of OpenBao. Set your own limit for their age; rotate secrets that may have leaked.",
		Queries: []Query{
			{Expr: withFallbackRow(joinValue(`max by (`+by+`) (`+flow+`stored_version)`, by, rows), "mount", "none")}, {Expr: joinValue(age, by, rows)},
		},
		Columns: []Column{
			clusterColumn(), labelColumn("backend", "OpenBao"), labelColumn("mount", "Mount"), labelColumn("path_id", "Path"),
			{Query: 0, Title: "Version", Unit: Number, Mappings: noRow()}, ageColumn(1, "Stored"),
		},
		Sort: oldestFirst("Stored"),
	}
}
