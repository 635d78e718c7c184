// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// ClusterReport is the state of a cluster in GET /api/v1/clusters.
type ClusterReport struct {
	// Up is false after two probes in a row have failed.
	Up bool `json:"up"`
	// ServerVersion and UID are empty until the cluster has answered.
	ServerVersion string `json:"serverVersion"`
	UID           string `json:"uid"`
	// LastContact is the time of the last successful probe; null if there was none.
	LastContact *time.Time `json:"lastContact" jsonschema:"nullable"`
	// Failing is the reason why the last probe failed; null while probes succeed.
	Failing *FailingReport `json:"failing" jsonschema:"nullable"`
}

// FailingReport describes a failure.
type FailingReport struct {
	// Reason is one of the reasons in the metrics.
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
	// Error is a text without URLs and without quotes from servers or files. It may be empty. The log has the full error.
	Error string `json:"error"`
}

// KindReport is the state of the watch of a kind.
type KindReport struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	// Version is the watched version; empty if the kind is not served.
	Version string `json:"version"`
	// Present reports whether the cluster serves the kind; null if unknown.
	Present *bool `json:"present" jsonschema:"nullable"`
	// Synced reports whether the rows are complete.
	Synced  bool `json:"synced"`
	Objects int  `json:"objects"`
	// Cut is the number of objects that are left out because of a limit.
	Cut int `json:"cut"`
	// LastEvent is the time of the last event, bookmark or list; null if there was none.
	LastEvent *time.Time `json:"lastEvent" jsonschema:"nullable"`
	// Failing is the reason why the last attempt failed; null while attempts succeed.
	Failing *FailingReport `json:"failing" jsonschema:"nullable"`
}

// Report returns the state of the cluster.
func (c *Cluster) Report() ClusterReport {
	c.mu.Lock()
	s := c.state
	c.mu.Unlock()
	return ClusterReport{
		Up: s.up, ServerVersion: s.serverVersion, UID: s.uid, LastContact: TimeReport(s.lastContact),
		Failing: failingReport(s.failing.Reason, s.failingSince, s.failingText),
	}
}

// KindReports returns the states of the watches of a collector.
func (c *Cluster) KindReports(collector string) []KindReport {
	reports := []KindReport{}
	for _, k := range c.kinds {
		if k.collector != collector {
			continue
		}
		s := k.readState()
		r := KindReport{
			Group: k.resource.Group, Kind: k.resource.Kind, Version: s.version, Synced: s.synced, LastEvent: TimeReport(s.lastEvent),
			Failing: failingReport(s.failing.Reason, s.failingSince, s.failingText),
		}
		if s.known {
			present := s.version != ""
			r.Present = &present
		}
		r.Objects, r.Cut, _ = k.group.Size()
		reports = append(reports, r)
	}
	return reports
}

func failingReport(reason failure.Reason, since time.Time, text string) *FailingReport {
	if reason == "" {
		return nil
	}
	return &FailingReport{Reason: string(reason), Since: since.UTC(), Error: text}
}

// TimeReport returns a time for a report: nil, which is null in JSON, if it is zero.
func TimeReport(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
