// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package collectors has the contract between the exporter and what it watches.
// One package below it serves one system; none imports another.
package collectors

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// System is what the exporter runs for one system. Its rules and its names for users
// are the alerts.Description of the same name.
type System struct {
	// Name is the name of the collector: the value of the collector label and of the
	// collect[] parameter.
	Name string
	// New returns the collector with the configuration applied, and whether the
	// configuration enables it.
	New func(*config.Collectors) (c Collector, enabled bool)
	// Answers is the directory in a snapshot of the answers to its probes; empty if it
	// has none. The instances below it are a list of this key below collectors.
	Answers string
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
	// Name is the name of the system; it is the value of the collector label
	// and of the collect[] parameter.
	Name() string
	// Families are all families that the collector may export.
	Families() []*exposition.Family
	// Resources are the kinds that it watches. A kind that a cluster does not
	// serve is normal: it is watched from the moment it appears.
	Resources() []watch.Resource
	// Probes are what it asks on behalf of one cluster.
	Probes(Site) []Probe
}

// FlowReader is a [Collector] with probes that ask for what the clusters of the
// fleet refer to, which [Site.Flow] knows: not only those of their own shard.
type FlowReader interface {
	// ReadsFlow reports whether a probe of the cluster reads the secret flow.
	ReadsFlow(fleet.Cluster) bool
}

// Probe asks something outside the API server again and again.
type Probe interface {
	// Groups are all rows of the probe. What one question brought is swapped in
	// whole.
	Groups() []*exposition.Group
	// Run asks until ctx ends; all goroutines are gone when it returns.
	Run(ctx context.Context)
	// Settled reports whether everything was probed once, with or without success.
	Settled() bool
	Status() status.Status
}

// SnapshotWriter is a probe whose answers can be part of a snapshot. It is not run then.
type SnapshotWriter interface {
	Probe
	// WriteSnapshot probes everything once and writes the answers in the layout of a snapshot. An error
	// is one of writing; an endpoint without an answer is recorded as such, or is missing.
	WriteSnapshot(ctx context.Context, w *snapshot.Writer) error
}

// Site is the cluster for which probes run, and what they run with.
type Site struct {
	Cluster fleet.Cluster
	// Lookup finds another cluster of the fleet as it is now.
	Lookup func(name string) (fleet.Cluster, bool)
	// Flow has the stored secrets that objects in the fleet refer to.
	Flow       *secretflow.Graph
	Exposition *exposition.Exposition
	Log        *slog.Logger
	Now        func() time.Time
	// StaleAfter is how long is believed what cannot be asked for any more.
	StaleAfter time.Duration
	// Dial opens the connections of probes; nil is a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}
