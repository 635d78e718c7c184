// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// discoverPrefix is the prefix of the endpoint of a discovery source that could not be read.
const discoverPrefix = "discover "

// find discovers the clusters. A source that cannot be read is recorded as missing and does not
// stop the snapshot.
func (s *snapshotRun) find(ctx context.Context) (missing []snapshot.Missing, err error) {
	d := fleet.NewDiscovery(s.config, fleet.DiscoveryOptions{})
	s.suffixes = d.Suffixes()
	if len(s.config.Discover) > 0 {
		s.look(ctx, d)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	found := d.State()
	var findings []fleet.Finding
	s.fleet, findings = fleet.Merge(fleet.FromConfig(s.config), found)
	for _, p := range found {
		if !p.Up && len(p.Findings) == 0 {
			p.Findings = []fleet.Finding{{Source: p.Source, Reason: fleet.ReasonUnreachable}} // in time
		}
		for _, f := range p.Findings {
			if f.Name == "" {
				missing = append(missing, snapshot.Missing{Cluster: f.Source.Cluster,
					Endpoint: discoverPrefix + f.Source.Source + " " + f.Source.Namespace, Reason: string(f.Reason)})
			}
		}
		findings = append(findings, p.Findings...)
	}
	for _, f := range findings {
		s.report("warning: discovery in cluster %s: %s of %s: %s%s", f.Source.Cluster, cmp.Or(f.Name, "the search"), f.Source.Source+" "+f.Source.Namespace, f.Reason, inBrackets(f.Other))
	}
	return missing, nil
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// look runs a discovery until it has settled or the timeout ends.
func (s *snapshotRun) look(ctx context.Context, d *fleet.Discovery) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx)
	}()
	defer func() { <-done }()
	defer cancel()
	for !d.Settled() {
		select {
		case <-ctx.Done():
			return
		case <-d.Changed():
		}
	}
}
