// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"maps"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

var (
	upFamily = &exposition.Family{
		Name: "cobaltcore_alertmanager_up", Type: exposition.Gauge, Labels: []string{"alertmanager"},
		Help: "Whether the last request for the alerts of an Alertmanager succeeded.",
	}
	successFamily = &exposition.Family{
		Name: "cobaltcore_alertmanager_last_success_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"alertmanager"},
		Help: "Time of the last successful request for the alerts of an Alertmanager.",
	}
	errorsFamily = &exposition.Family{
		Name: "cobaltcore_alertmanager_errors_total", Type: exposition.Counter, Labels: []string{"reason"},
		Help: "Failed attempts to read from an Alertmanager or to send alerts to it.",
	}
	alertsFamily = &exposition.Family{
		Name: "cobaltcore_alertmanager_alerts", Type: exposition.Gauge, Labels: []string{"state"},
		Help: "Alerts in Alertmanager from all senders by state: active, suppressed (silenced, inhibited or muted) or unprocessed.",
	}
	silencesFamily = &exposition.Family{
		Name: "cobaltcore_alertmanager_silences", Type: exposition.Gauge,
		Help: "Active silences of Alertmanager.",
	}
	fallbackFamily = &exposition.Family{
		Name: "cobaltcore_alertmanager_fallback_active", Type: exposition.Gauge,
		Help: "Whether the exporter sends the alerts of its rules itself because it is not scraped. It stops after the next scrape, which still returns 1.",
	}
	pushedFamily = &exposition.Family{
		Name: "cobaltcore_alertmanager_pushed_alerts_total", Type: exposition.Counter, Labels: []string{"alertmanager"},
		Help: "Alerts sent by the exporter and accepted by an Alertmanager. Each repetition and each resolved alert counts.",
	}
	failedFamily = &exposition.Family{
		Name: "cobaltcore_alertmanager_pushes_failed_total", Type: exposition.Counter, Labels: []string{"alertmanager"},
		Help: "Failed attempts of the exporter to send its alerts to an Alertmanager.",
	}
	watchdogFamily = &exposition.Family{
		Name: "cobaltcore_alertmanager_watchdog_missing", Type: exposition.Gauge, Labels: []string{"cluster"},
		Help: "Whether the alert Watchdog of the cluster, which should always fire, is missing in Alertmanager. There is no row while the alerts are unknown.",
	}
)

// Families returns all families of the package.
func Families() []*exposition.Family { return append(ownFamilies(), watchdogFamily) }

func ownFamilies() []*exposition.Family {
	return []*exposition.Family{
		upFamily, successFamily, errorsFamily, alertsFamily, silencesFamily, fallbackFamily, pushedFamily, failedFamily,
	}
}

// Groups returns the rows about the Alertmanagers.
func (n *Notifier) Groups(e *exposition.Exposition) []*exposition.Group {
	if len(n.peers) == 0 {
		return nil
	}
	return []*exposition.Group{e.Func(exposition.Key{Kind: "alertmanager"}, ownFamilies(), n.addRows)}
}

func (n *Notifier) addRows(r *exposition.Rows) {
	now := n.options.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.peers {
		if p.contacted {
			r.Bool(upFamily, p.up, p.name)
		}
		r.Time(successFamily, p.success, p.name)
		r.Add(pushedFamily, float64(p.pushed), p.name)
		r.Add(failedFamily, float64(p.failures), p.name)
	}
	r.Bool(fallbackFamily, n.sending)
	failures := n.journal.Errors()
	for _, reason := range slices.Sorted(maps.Keys(failures)) {
		r.Add(errorsFamily, float64(failures[reason]), reason)
	}
	if n.view == nil {
		return
	}
	if n.isRecent(n.view.alertsAt, now) {
		for _, state := range []string{"active", "suppressed", "unprocessed"} {
			r.Add(alertsFamily, float64(n.view.states[state]), state)
		}
	}
	if n.isRecent(n.view.silencesAt, now) {
		r.Add(silencesFamily, float64(n.view.countActiveSilences(now)))
	}
}

func (v *view) countActiveSilences(now time.Time) int {
	count := 0
	for _, s := range v.silences {
		if s.isActive(now) {
			count++
		}
	}
	return count
}

// watchdog is the name of the alert that always fires, from the common rules of Prometheus.
const watchdog = "Watchdog"

// ClusterGroups returns the rows about a cluster. There are none unless the Watchdog is checked.
func (n *Notifier) ClusterGroups(e *exposition.Exposition, cluster string) []*exposition.Group {
	if len(n.peers) == 0 || !n.options.Config.Watchdog {
		return nil
	}
	return []*exposition.Group{e.Func(exposition.Key{Cluster: cluster, Kind: "alertmanager"}, []*exposition.Family{watchdogFamily},
		func(r *exposition.Rows) {
			if missing, known := n.watchdogMissing(cluster); known {
				r.Bool(watchdogFamily, missing)
			}
		})}
}

// watchdogMissing reports whether the Watchdog of a cluster is missing, and whether this is known. It checks two names of
// the cluster label, because alerts may have the external label of their Prometheus.
func (n *Notifier) watchdogMissing(cluster string) (missing, known bool) {
	now := n.options.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.view == nil || !n.isRecent(n.view.alertsAt, now) {
		return false, false
	}
	return !slices.ContainsFunc(n.view.alerts[watchdog], func(r remoteAlert) bool {
		return r.labels["cluster"] == cluster || r.labels[n.options.ClusterLabel] == cluster
	}), true
}
