// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"go.yaml.in/yaml/v3"
)

// Cluster is a cluster of the fleet. Exactly one of Kubeconfig, InCluster and Snapshot is set.
type Cluster struct {
	Name       string      `yaml:"name" jsonschema:"required,maxLength=253,pattern=^[0-9A-Za-z]([-.0-9A-Z_a-z]*[0-9A-Za-z])?$" hint:"Use letters, digits, '-', '_' and '.', with a letter or digit at both ends" jsonschema_description:"Name of the cluster, unique in the fleet. It is the value of the cluster label."`
	Role       string      `yaml:"role" jsonschema:"minLength=1,maxLength=253,pattern=^[^\\x00-\\x1f\\x7f]*$" hint:"Use text without control characters" jsonschema_description:"Purpose of the cluster, such as management or storage. By default, it is the name."`
	Region     string      `yaml:"region,omitempty" jsonschema:"default=,maxLength=253,pattern=^[^\\x00-\\x1f\\x7f]*$" hint:"Use text without control characters" jsonschema_description:"Region of the cluster. It is a label of cobaltcore_cluster_info."`
	Owner      string      `yaml:"owner,omitempty" jsonschema:"default=,maxLength=253,pattern=^[^\\x00-\\x1f\\x7f]*$" hint:"Use text without control characters" jsonschema_description:"Owner of the cluster, such as a team. It is a label of cobaltcore_cluster_info."`
	Kubeconfig *Kubeconfig `yaml:"kubeconfig,omitempty" jsonschema:"oneof_required=kubeconfig" jsonschema_description:"Connect with a kubeconfig file."`
	InCluster  bool        `yaml:"inCluster,omitempty" jsonschema:"oneof_required=inCluster" jsonschema_extras:"const=true" jsonschema_description:"Watch the cluster in which the exporter runs, with its service account."`
	Snapshot   *Snapshot   `yaml:"snapshot,omitempty" jsonschema:"oneof_required=snapshot" jsonschema_description:"Read the objects from a snapshot directory instead of a cluster."`
	WatchList  bool        `yaml:"watchList" jsonschema:"default=true" conflicts:"snapshot" jsonschema_description:"Stream the initial objects (WatchList) instead of listing them, which needs less memory. Before Kubernetes 1.37, the stream is not compressed: set false if the network is slow."`
}

// Kubeconfig is a kubeconfig file. Path is absolute.
type Kubeconfig struct {
	Path    string `yaml:"path" jsonschema:"required,minLength=1" file:"true" jsonschema_description:"The kubeconfig file, relative to the directory of the configuration file. It is read again when it changes."`
	Context string `yaml:"context,omitempty" jsonschema:"default=" jsonschema_description:"The context to use. By default, it is the current context of the file."`
}

// Snapshot is a snapshot directory. Path is absolute.
type Snapshot struct {
	Path      string `yaml:"path" jsonschema:"required,minLength=1" file:"true" jsonschema_description:"The directory with the snapshot, relative to the directory of the configuration file."`
	ShiftTime bool   `yaml:"shiftTime" jsonschema:"default=true" jsonschema_description:"Shift all exported timestamps by the age of the snapshot, so that ages are the same as when it was taken."`
}

func (c *Cluster) check(string, *report) {
	if c.Role == "" {
		c.Role = c.Name
	}
}

// MarshalYAML leaves out watchList where it is not allowed.
func (c Cluster) MarshalYAML() (any, error) {
	type plain Cluster // without this method
	node := new(yaml.Node)
	if err := node.Encode(plain(c)); err != nil || c.Snapshot == nil {
		return node, err
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == "watchList" {
			node.Content = append(node.Content[:i], node.Content[i+2:]...)
			break
		}
	}
	return node, nil
}
