// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package fleetreport describes the fleet and the state of its watches: the answer of
// /api/v1/clusters, which the web page shows, too.
package fleetreport

import (
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Report is the fleet as GET /api/v1/clusters shows it. Nothing in it is a
// secret, nor quotes what a server or a person has written.
type Report struct {
	GeneratedAt time.Time `json:"generatedAt"`
	// Ready is that of /-/ready.
	Ready bool `json:"ready"`
	// Shard is the part of the fleet that this exporter watches; null: all of it.
	Shard *Shard `json:"shard" jsonschema:"nullable"`
	// Clusters are all clusters of the fleet, by name.
	Clusters []Cluster `json:"clusters"`
	// Discovery is how the search for clusters fares, in each place.
	Discovery []Place `json:"discovery"`
}

// Shard is the number of a shard, from 0, and the number of shards.
type Shard struct {
	Index int `json:"index"`
	Count int `json:"count"`
}

// Cluster is one cluster of the fleet.
type Cluster struct {
	Name   string `json:"name"`
	Role   string `json:"role"`
	Region string `json:"region"`
	Owner  string `json:"owner"`
	// Source is where the cluster comes from, as in cobaltcore_cluster_info.
	Source string `json:"source"`
	// Secret is where it was found, if it was.
	Secret *Secret `json:"secret,omitempty"`
	// Shard is the one that owns the cluster; it is not there in an undivided fleet.
	Shard *int `json:"shard,omitempty"`
	// Owned is whether this exporter watches the cluster. If not, the fields below are missing: its own
	// shard has them.
	Owned bool `json:"owned"`
	*watch.ClusterReport

	Collectors []Collector `json:"collectors,omitempty"`
}

// Secret is the Secret in which a cluster was found.
type Secret struct {
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Collector is how a collector fares in a cluster.
type Collector struct {
	Name string `json:"name"`
	// Up is whether the collector is complete.
	Up bool `json:"up"`
	// LastSuccess is that of the most silent of its watches and probes; null: none.
	LastSuccess *time.Time `json:"lastSuccess" jsonschema:"nullable"`
	// Errors are failed attempts by reason.
	Errors map[string]uint64 `json:"errors"`
	// Kinds are those that it watches.
	Kinds []watch.KindReport `json:"kinds"`
}

// Place is a place in which clusters are searched.
type Place struct {
	Cluster   string `json:"cluster"`
	Source    string `json:"source"`
	Namespace string `json:"namespace"`
	// Up is whether the last read succeeded; if not, the known clusters stay.
	Up          bool       `json:"up"`
	LastSuccess *time.Time `json:"lastSuccess" jsonschema:"nullable"` // null: none
	// Clusters are those of the fleet that were found here.
	Clusters []string  `json:"clusters"`
	Findings []Finding `json:"findings"`
}

// Finding is a problem of discovery.
type Finding struct {
	// Name is that of a Secret or a Cluster object; empty if it concerns the search.
	Name   string `json:"name"`
	Reason string `json:"reason"`
	// Other is the object that already has the name or the Secret.
	Other string `json:"other"`
}
