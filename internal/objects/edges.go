// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"bytes"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Node identifies an object in the fleet, which may not be watched.
type Node struct {
	Cluster   string `json:"cluster"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// KindOpenBao is the kind of an OpenBao, which is configured instead of watched.
const KindOpenBao = "OpenBao"

// Ref returns kind/namespace/name, or kind/name of a cluster-scoped object.
func (n Node) Ref() string { return join(n.Kind, n.Namespace, n.Name) }

func (n Node) key() string { return join(n.Namespace, n.Name) }

// parseRef returns the object of kind/namespace/name or kind/name in a cluster.
func parseRef(cluster, ref string) Node {
	parts := strings.SplitN(ref, "/", 3)
	switch len(parts) {
	case 3:
		return Node{cluster, parts[0], parts[1], parts[2]}
	case 2:
		return Node{Cluster: cluster, Kind: parts[0], Name: parts[1]}
	}
	return Node{}
}

// edge declares how a row refers to an object on which its own object depends.
type edge struct {
	family string
	// label is the label with the name or reference of the other object. Families that do not declare it have
	// a single label. The other object has one of kinds, or any kind if that is empty.
	label string
	kinds []string
	// optional are the kinds whose objects need not exist.
	optional []string
	// other returns the other object for a row of self, or a zero Node. Without a cluster, it may exist in any
	// cluster that applies objects to the cluster of self.
	other func(self Node, line []byte) Node
}

// Kinds to which other objects refer.
var (
	stores      = []string{"SecretStore", "ClusterSecretStore"}
	definitions = []string{"PluginDefinition", "ClusterPluginDefinition"}
	appliers    = []string{kindHelmRelease, "Kustomization", "ResourceSet", "FluxInstance"}
	templated   = []string{"HelmRepository", "GitRepository", "Bucket"} // sources of the HelmChart of a HelmRelease
)

// leads reports whether rows may refer to one of the objects.
func (e *edge) leads(on []Node) bool {
	return slices.ContainsFunc(on, func(n Node) bool {
		return len(e.kinds) == 0 || slices.Contains(e.kinds, n.Kind)
	})
}

// appliedBy is the family with the objects that apply other objects.
const appliedBy = "cobaltcore_object_applied_by"

// edges are all references in rows.
var edges = [...]edge{
	{family: "cobaltcore_flux_resource_refers_to", optional: []string{kindHelmChart}, other: func(self Node, line []byte) Node {
		return parseRef(self.Cluster, string(onlyValue(line)))
	}},
	{family: appliedBy, kinds: appliers, other: func(self Node, line []byte) Node {
		if self.Kind == kindHelmChart {
			return Node{} // the HelmRelease depends on it instead
		}
		return parseRef("", string(onlyValue(line)))
	}},
	{family: "cobaltcore_eso_externalsecret_info", label: "store", kinds: stores, other: byReference("store")},
	{family: "cobaltcore_eso_externalsecret_store_ref", label: "store_name", kinds: stores, other: byStore},
	{family: "cobaltcore_eso_pushsecret_store_ref", label: "store_name", kinds: stores, other: byStore},
	{family: "cobaltcore_eso_store_info", label: "backend", kinds: []string{KindOpenBao}, other: func(_ Node, line []byte) Node {
		cluster, name, ok := strings.Cut(exposition.RowLabel(line, "backend"), "/")
		if !ok {
			return Node{} // not a configured OpenBao
		}
		return Node{Cluster: cluster, Kind: KindOpenBao, Name: name}
	}},
	{family: "cobaltcore_greenhouse_plugin_info", label: "definition_name", kinds: definitions, other: byDefinition},
	// The target of a Plugin need not be onboarded under this name.
	{
		family: "cobaltcore_greenhouse_plugin_info", label: "target_cluster", kinds: []string{kindCluster}, optional: []string{kindCluster},
		other: func(self Node, line []byte) Node {
			return Node{self.Cluster, kindCluster, self.Namespace, exposition.RowLabel(line, "target_cluster")}
		},
	},
	{family: "cobaltcore_greenhouse_plugin_info", label: "preset", kinds: []string{"PluginPreset"}, other: func(self Node, line []byte) Node {
		return Node{self.Cluster, "PluginPreset", self.Namespace, exposition.RowLabel(line, "preset")}
	}},
	{family: "cobaltcore_greenhouse_pluginpreset_info", label: "definition_name", kinds: definitions, other: byDefinition},
	{family: "cobaltcore_greenhouse_plugindefinition_info", label: "catalog", kinds: []string{"Catalog"}, other: func(self Node, line []byte) Node {
		return Node{self.Cluster, "Catalog", self.Namespace, exposition.RowLabel(line, "catalog")}
	}},
	{
		family: "cobaltcore_certmanager_certificate_info", label: "issuer", kinds: []string{"Issuer", "ClusterIssuer"},
		other: byReference("issuer"),
	},
}

// Kinds that edges distinguish.
const (
	kindCluster     = "Cluster" // in Greenhouse
	kindHelmRelease = "HelmRelease"
	kindHelmChart   = "HelmChart"
	kindPlugin      = "Plugin"
)

// value returns the value of the label of a row.
func (e *edge) value(line []byte) []byte {
	if e.label == "" {
		return onlyValue(line)
	}
	raw, _ := exposition.RawLabel(line, e.label)
	return raw
}

// onlyValue returns the value of the label of a row that has one.
func onlyValue(line []byte) []byte {
	line = line[bytes.IndexByte(line, '"')+1:]
	return line[:max(bytes.IndexByte(line, '"'), 0)]
}

// made returns the object that Greenhouse creates for a Plugin: a HelmRelease of the same name.
func (n Node) made() (Node, bool) {
	return Node{n.Cluster, kindHelmRelease, n.Namespace, n.Name}, n.Kind == kindPlugin
}

// labeled returns the object whose kind, namespace and name are in labels.
func labeled(cluster string, line []byte, kind, namespace, name string) Node {
	return Node{cluster, exposition.RowLabel(line, kind), exposition.RowLabel(line, namespace), exposition.RowLabel(line, name)}
}

func byReference(name string) func(Node, []byte) Node {
	return func(self Node, line []byte) Node { return parseRef(self.Cluster, exposition.RowLabel(line, name)) }
}

func byStore(self Node, line []byte) Node {
	n := Node{self.Cluster, exposition.RowLabel(line, "store_kind"), self.Namespace, exposition.RowLabel(line, "store_name")}
	if n.Kind == "ClusterSecretStore" {
		n.Namespace = ""
	}
	return n
}

func byDefinition(self Node, line []byte) Node {
	return labeled(self.Cluster, line, "definition_kind", "definition_namespace", "definition_name")
}

// graphNames returns names, followed by the families of edges in their order.
func graphNames() []string {
	all := slices.Clone(names[:])
	for _, e := range edges {
		all = append(all, e.family)
	}
	return all
}

// reference is an object to which another one refers.
type reference struct {
	Node

	optional bool // it need not exist
	applier  bool // it applies the other object
}

// upstream returns the dependencies of an object. p is a view of graphNames.
func upstream(p *exposition.Page, at int) []reference {
	var all []reference
	self := nodeAt(p, at)
	for i, e := range edges {
		for line := range bytes.Lines(p.Rows(at, len(names)+i)) {
			if n := e.other(self, line); n.Kind != "" && n.Name != "" && n != self {
				all = append(all, reference{n, slices.Contains(e.optional, n.Kind), e.family == appliedBy})
			}
		}
	}
	if self.Kind == kindHelmRelease {
		all = append(all, reference{Node: Node{self.Cluster, kindPlugin, self.Namespace, self.Name}, optional: true})
	}
	return all
}

func nodeAt(p *exposition.Page, at int) Node {
	o := Object{}
	o.setKey(string(p.Object(at)))
	return Node{p.Key.Cluster, p.Key.Kind, o.Namespace, o.Name}
}
