// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package collectors has the contract between the exporter and what it watches.
// One package below it serves one system; none imports another.
package collectors

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

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
}
