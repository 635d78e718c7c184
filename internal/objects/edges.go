// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"bytes"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Node identifies an object in the fleet, watched or not.
type Node struct {
	Cluster   string `json:"cluster"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// KindOpenBao is the kind of an OpenBao, which is configured and not watched.
const KindOpenBao = "OpenBao"

// Ref returns kind/namespace/name, or kind/name of an object of the cluster.
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
	// label has the name or the reference of the other object, which is of one of some kinds;
	// without any it is of the kind of the object itself.
	label string
	kinds []string
	// other returns the other object for a row of self; zero if there is none. Without a
	// cluster it may live in any cluster that applies objects to that of self.
	other func(self Node, line []byte) Node
}

// Kinds that others refer to.
var (
	sources = []string{
		"GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart", "ExternalArtifact", "ArtifactGenerator",
		"ImageRepository", "ImagePolicy",
	}
	stores      = []string{"SecretStore", "ClusterSecretStore"}
	definitions = []string{"PluginDefinition", "ClusterPluginDefinition"}
)

// leads reports whether rows of an object of a kind may refer to one of some others.
func (e *edge) leads(kind string, on []Node) bool {
	return slices.ContainsFunc(on, func(n Node) bool {
		return len(e.kinds) == 0 && n.Kind == kind || slices.Contains(e.kinds, n.Kind)
	})
}

// edges are all references that rows have.
var edges = [...]edge{
	{"flux_resource_info", "source_name", sources, func(self Node, line []byte) Node {
		return labeled(self.Cluster, line, "source_kind", "source_namespace", "source_name")
	}},
	{"cobaltcore_flux_resource_depends_on", "dependency_name", nil, func(self Node, line []byte) Node {
		return Node{self.Cluster, self.Kind, exposition.RowLabel(line, "dependency_namespace"), exposition.RowLabel(line, "dependency_name")}
	}},
	{"cobaltcore_controller_release_info", "helmrelease_name", []string{"HelmRelease"}, func(_ Node, line []byte) Node {
		namespace, name := exposition.RowLabel(line, "helmrelease_namespace"), exposition.RowLabel(line, "helmrelease_name")
		return Node{Kind: "HelmRelease", Namespace: namespace, Name: name}
	}},
	{"cobaltcore_eso_externalsecret_info", "store", stores, byReference("store")},
	{"cobaltcore_eso_externalsecret_store_ref", "store_name", stores, byStore},
	{"cobaltcore_eso_pushsecret_store_ref", "store_name", stores, byStore},
	{"cobaltcore_eso_store_info", "backend", []string{KindOpenBao}, func(_ Node, line []byte) Node {
		cluster, name, ok := strings.Cut(exposition.RowLabel(line, "backend"), "/")
		if !ok {
			return Node{} // not a configured OpenBao
		}
		return Node{Cluster: cluster, Kind: KindOpenBao, Name: name}
	}},
	{"cobaltcore_greenhouse_plugin_info", "definition_name", definitions, byDefinition},
	{"cobaltcore_greenhouse_plugin_info", "target_cluster", []string{kindCluster}, func(self Node, line []byte) Node {
		return Node{self.Cluster, kindCluster, self.Namespace, exposition.RowLabel(line, "target_cluster")}
	}},
	{"cobaltcore_greenhouse_plugin_info", "preset", []string{"PluginPreset"}, func(self Node, line []byte) Node {
		return Node{self.Cluster, "PluginPreset", self.Namespace, exposition.RowLabel(line, "preset")}
	}},
	{"cobaltcore_greenhouse_pluginpreset_info", "definition_name", definitions, byDefinition},
	{"cobaltcore_greenhouse_plugindefinition_info", "catalog", []string{"Catalog"}, func(self Node, line []byte) Node {
		return Node{self.Cluster, "Catalog", self.Namespace, exposition.RowLabel(line, "catalog")}
	}},
	{"cobaltcore_certmanager_certificate_info", "issuer", []string{"Issuer", "ClusterIssuer"}, byReference("issuer")},
	{"cobaltcore_flux_instance_sync_info", "source_name", sources, func(self Node, line []byte) Node {
		return Node{self.Cluster, exposition.RowLabel(line, "source_kind"), self.Namespace, exposition.RowLabel(line, "source_name")}
	}},
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

// graphNames are names, then the families of edges in their order.
func graphNames() []string {
	all := slices.Clone(names[:])
	for _, e := range edges {
		all = append(all, e.family)
	}
	return all
}

// upstream returns the objects on which the object at a place of a view of graphNames depends.
func upstream(p *exposition.Page, at int) []Node {
	var all []Node
	self := nodeAt(p, at)
	for i, e := range edges {
		for line := range bytes.Lines(p.Rows(at, len(names)+i)) {
			if n := e.other(self, line); n.Kind != "" && n.Name != "" && n != self {
				all = append(all, n)
			}
		}
	}
	return all
}

func nodeAt(p *exposition.Page, at int) Node {
	o := Object{}
	o.setKey(string(p.Object(at)))
	return Node{p.Key.Cluster, p.Key.Kind, o.Namespace, o.Name}
}
