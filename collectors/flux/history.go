// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// history is an entry of a status history. Entries are keyed by digest and status and
// keep firstReconciled across recurrences; five are kept (fluxcd/pkg, apis/meta/history.go).
type history struct {
	Digest     string    `json:"digest"`
	First      time.Time `json:"firstReconciled"`
	Last       time.Time `json:"lastReconciled"`
	Duration   string    `json:"lastReconciledDuration"`
	Status     string    `json:"lastReconciledStatus"`
	Total      int64     `json:"totalReconciliations"`
	Properties struct {
		Flux string `json:"flux"`
	} `json:"metadata"`
}

const maxHistory = 5

// setHistory sets the finished attempts from a history. applied reports whether the object was ever applied.
func (s *subject) setHistory(entries []history, applied bool) {
	success := false
	for _, h := range entries {
		if h.Last.After(s.lastRun) {
			s.lastRun = h.Last
		}
		good := strings.HasSuffix(h.Status, "Succeeded")
		if good || strings.HasSuffix(h.Status, "Failed") {
			s.attempts = append(s.attempts, lifecycle.Attempt{Failed: !good, Reason: lifecycle.Reason(h.Status), First: h.First, Last: h.Last})
		}
		success = success || good
	}
	// Objects that are older than the history feature have successes that are not recorded.
	s.truncated = len(entries) >= maxHistory || applied && !success
}

// successRow adds the time of the last successful reconciliation.
func (s *subject) successRow(r *exposition.Rows) {
	r.Time(resourceSucceeded, s.result.LastSuccess, s.labels()...)
}

// historyRows adds the whole history.
func (s *subject) historyRows(r *exposition.Rows, entries []history) {
	for _, h := range entries {
		l := s.labels(h.Digest, h.Properties.Flux, lifecycle.Reason(h.Status))
		r.Time(historyTime, h.Last, l...)
		if d, err := time.ParseDuration(h.Duration); err == nil {
			r.Add(historyDuration, d.Seconds(), l...)
		}
		r.Add(historyCount, float64(h.Total), l...)
	}
}

// release is a snapshot in the history of a HelmRelease.
type release struct {
	ChartName    string    `json:"chartName"`
	ChartVersion string    `json:"chartVersion"`
	ConfigDigest string    `json:"configDigest"`
	AppVersion   string    `json:"appVersion"`
	Status       string    `json:"status"`
	Version      int64     `json:"version"`
	LastDeployed time.Time `json:"lastDeployed"`
}

// status returns the status of the release in the terms of Helm.
func (h release) status() string {
	if slices.Contains([]string{"deployed", "failed", "superseded", "uninstalled", "uninstalling", "pending-install", "pending-upgrade", "pending-rollback"}, h.Status) {
		return h.Status
	}
	return "unknown"
}

func (h release) isSuccessful() bool { return h.Status == "deployed" || h.Status == "superseded" }

// isSameRelease reports whether two releases have the same chart and values.
func (h release) isSameRelease(other release) bool {
	return h.ChartVersion == other.ChartVersion && h.ConfigDigest == other.ConfigDigest
}

// setReleases sets the finished attempts from the snapshots of a HelmRelease. Two kinds of releases are not
// successes: a remediation, which restores the release before a failure, and any release after a failure that
// the conditions still show.
func (s *subject) setReleases(releases []release) {
	ordered := slices.Clone(releases)
	slices.SortStableFunc(ordered, func(a, b release) int { return int(a.Version - b.Version) })
	conditions := s.status.Conditions
	shown := conditions.Is("Released", "False") || conditions.Is("Remediated", "True")
	var lastGood release
	failing := false
	for i, h := range ordered {
		switch {
		case h.Status == "failed":
			failing = true
			s.attempts = append(s.attempts, lifecycle.Attempt{Failed: true, Reason: reasonReleaseFailed, First: h.LastDeployed,
				Last: h.LastDeployed})
		case !h.isSuccessful(), failing && (h.isSameRelease(lastGood) || shown && i == len(ordered)-1):
		default:
			lastGood, failing = h, false
			s.attempts = append(s.attempts, lifecycle.Attempt{First: h.LastDeployed, Last: h.LastDeployed})
		}
	}
}
