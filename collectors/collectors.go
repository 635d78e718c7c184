// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package collectors has the interface between the exporter and its collectors. Each package below it serves one system and
// imports no other collector.
package collectors

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// System describes one system to the exporter. Its rules and its names for users are in the alerts.Description of the same
// name.
type System struct {
	// Name is the name of the collector: the value of the label collector and of the parameter collect[].
	Name string
	// New returns the collector with the configuration applied, and whether the
	// configuration enables it.
	New func(*config.Collectors) (c Collector, enabled bool)
	// Answers is the directory with the answers to its probes in a snapshot; empty if there are none. The configuration has
	// the instances in a list with this key below collectors.
	Answers string
	// Objects declares the rows from which the list of objects is read, without the name of the collector.
	Objects objects.Declaration
	// Changes declares the rows from which changes are taken.
	Changes []changes.Source
	// Metrics are its sections of docs/metrics.md.
	Metrics []Section
}

// Section is a section of docs/metrics.md: the families whose names begin with one of
// Prefixes, or the open families.
type Section struct {
	Title, Text string
	Prefixes    []string
	Open        bool
}

// Collector watches one system in every cluster of the fleet.
type Collector interface {
	// Name returns the name of the system: the value of the label collector and of the parameter collect[].
	Name() string
	// Families returns all families that the collector may export.
	Families() []*exposition.Family
	// Resources returns the kinds to watch. If a cluster does not serve a kind, it is watched as soon as it appears.
	Resources() []watch.Resource
	// Probes returns the probes of one cluster.
	Probes(Site) []Probe
}

// FlowReader is a [Collector] whose probes read the secrets to which objects refer, see [Site.Flow]. It needs the references
// of all clusters of the fleet, even those of other shards.
type FlowReader interface {
	// ReadsFlow reports whether a probe of the cluster reads the secret flow.
	ReadsFlow(fleet.Cluster) bool
}

// Probe periodically queries a system other than the watched kinds of the API server.
type Probe interface {
	// Groups returns the groups with all rows of the probe. The rows of one answer are replaced in one step.
	Groups() []*exposition.Group
	// Run polls until ctx ends. All of its goroutines have ended when it returns.
	Run(ctx context.Context)
	// Settled reports whether all requests have been sent once, with or without success.
	Settled() bool
	Status() status.Status
}

// SnapshotWriter is a probe whose answers can be part of a snapshot. Run is not called when a snapshot is taken.
type SnapshotWriter interface {
	Probe
	// WriteSnapshot sends all requests once and writes the answers in the layout of a snapshot. It returns only errors of
	// writing. An endpoint without an answer is recorded as such, or is missing.
	WriteSnapshot(ctx context.Context, w *snapshot.Writer) error
}

// Site has the cluster for which probes run, and their dependencies.
type Site struct {
	Cluster fleet.Cluster
	// Lookup returns the current state of another cluster of the fleet.
	Lookup func(name string) (fleet.Cluster, bool)
	// Flow has the stored secrets to which objects in the fleet refer.
	Flow       *secretflow.Graph
	Exposition *exposition.Exposition
	Log        *slog.Logger
	Now        func() time.Time
	// StaleAfter is the time for which rows are kept while their source does not answer.
	StaleAfter time.Duration
	// Dial opens the connections of probes. The default is a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Buffers are those of the process, for clients of API servers; may be nil.
	Buffers *fleet.Buffers
}
