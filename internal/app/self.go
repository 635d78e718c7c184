// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"net/http"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	promcollectors "github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/server"
)

// selfMetrics is the registry of the exporter's own metrics.
type selfMetrics struct {
	*prometheus.Registry

	reloadOK, reloadSuccess prometheus.Gauge
	decisions               *prometheus.CounterVec // with --web.kubernetes-auth
	refusals                *server.Refusals
}

func newSelfMetrics(shard fleet.Shard, auth bool, log *slog.Logger) *selfMetrics {
	m := &selfMetrics{
		Registry: prometheus.NewRegistry(),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cobaltcore_config_last_reload_successful",
			Help: "Whether the last attempt to load the configuration succeeded. If not, the previous configuration stays in effect.",
		}),
		reloadSuccess: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cobaltcore_config_last_reload_success_timestamp_seconds",
			Help: "When the configuration was last loaded successfully.",
		}),
	}
	m.MustRegister(
		m.reloadOK, m.reloadSuccess,
		versioncollector.NewCollector("cobaltcore"),
		promcollectors.NewGoCollector(),
		newProcessCollector(),
	)
	m.refusals = server.NewRefusals(m, log)
	promhttp.InstrumentMetricHandler(m, http.NotFoundHandler()) // registers the metrics of the handler, which adds them later
	if shard.Divided() {
		m.MustRegister(shardInfo(shard), shardCount(shard))
	}
	if auth {
		m.decisions = server.NewDecisions()
		m.MustRegister(m.decisions)
	}
	return m
}

// setReloaded records the result of an attempt to load the configuration.
func (m *selfMetrics) setReloaded(err error) {
	if err != nil {
		m.reloadOK.Set(0)
		return
	}
	m.reloadOK.Set(1)
	m.reloadSuccess.SetToCurrentTime()
}

// shardInfo returns the metric about the shard of an exporter.
func shardInfo(s fleet.Shard) prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "cobaltcore_shard_info",
		Help:        "The index of the shard of this exporter, from 0, and the number of shards. There is no row without --shard. Always 1.",
		ConstLabels: prometheus.Labels{"shard": strconv.Itoa(s.Index), "shards": strconv.Itoa(s.Count)},
	})
	info.Set(1)
	return info
}

// shardCount returns the metric with the number of shards.
func shardCount(s fleet.Shard) prometheus.Collector {
	count := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "cobaltcore_shards", Help: "Number of shards of the fleet, according to the flag --shard of this exporter. There is no row without it.",
	})
	count.Set(float64(s.Count))
	return count
}

// SelfMetrics gathers the exporter's own metrics, including those of a shard and of
// --web.kubernetes-auth.
func SelfMetrics() prometheus.Gatherer { return newSelfMetrics(fleet.Shard{Count: 1}, true, nil) }

// SelfFamilies returns the names of the exporter's own metrics.
func SelfFamilies() []string { return familyNames(SelfMetrics()) }

func familyNames(g prometheus.Gatherer) []string {
	families, _ := g.Gather() // after an error, some metrics are missing
	names := make([]string, 0, len(families))
	for _, f := range families {
		names = append(names, f.GetName())
	}
	return names
}

// included returns a gatherer of the families in include, or of all families if include is empty. It returns nil if
// include names none of them, because gathering is most of the cost of a scrape without changes.
func included(self prometheus.Gatherer, include []string) prometheus.Gatherer {
	if len(include) == 0 {
		return self
	}
	if names := familyNames(self); !slices.ContainsFunc(include, func(n string) bool { return slices.Contains(names, n) }) {
		return nil
	}
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		families, err := self.Gather()
		return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool { return !slices.Contains(include, f.GetName()) }), err
	})
}
