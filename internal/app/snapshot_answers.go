// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/externalsecrets"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// writeAnswers writes the responses to the probes of all clusters concurrently. The objects that were just written
// determine which secrets are requested from OpenBao.
func (s *snapshotRun) writeAnswers(ctx context.Context, all []registration, out *SnapshotResult) error {
	enabled, sets := enabledCollectors(s.config, all)
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	e, err := newExposition(s.config, all, nil)
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	flow := secretflow.NewGraph(true)
	written := s.writtenClusters()
	for _, c := range written {
		rows := e.Group(exposition.Key{Cluster: c.Name, Kind: "secretflow"}, secretflow.ClusterFamilies())
		w := watch.NewCluster(c, fleet.TargetsOf(written, s.suffixes...), watch.Options{
			Exposition: e, Sets: sets, Log: quiet, Notes: map[string]watch.Notes{externalsecrets.Name: flow.Add(c.Name, rows)},
		})
		if err := w.ReadSnapshot(ctx); err != nil {
			return fmt.Errorf("cluster %q: read written files: %w", c.Name, err)
		}
	}
	parts, failed := make([]snapshot.Writer, len(s.clusters)), make([]error, len(s.clusters))
	var tasks sync.WaitGroup
	for i, c := range s.clusters {
		site := collectors.Site{
			Cluster: c, Lookup: s.lookup, Flow: flow, Exposition: e, Log: quiet, Now: time.Now, StaleAfter: time.Duration(s.config.StaleAfter),
			Dial: s.options.Dial,
		}
		tasks.Go(func() { parts[i], failed[i] = s.writeClusterAnswers(ctx, site, enabled, *written[i].Snapshot) })
	}
	tasks.Wait()
	for _, p := range parts {
		out.Answers += p.Answers
		out.Missing = append(out.Missing, p.Missing...)
	}
	return errors.Join(failed...)
}

// writeClusterAnswers writes the responses to the probes of a cluster. Missing objects are recorded in its directory.
func (s *snapshotRun) writeClusterAnswers(ctx context.Context, site collectors.Site, enabled []collectors.Collector,
	in snapshot.Dir) (w snapshot.Writer, err error) {
	meta, err := in.ReadMeta(ctx)
	if err != nil {
		return w, err
	}
	w = snapshot.Writer{Fleet: s.dir, Cluster: in.Path, TakenAt: meta.TakenAt}
	if w.TakenAt.IsZero() {
		w.TakenAt = s.takenAt
	}
	for _, collector := range enabled {
		for _, p := range collector.Probes(site) {
			p, ok := p.(collectors.SnapshotWriter)
			if !ok {
				continue
			}
			answers, missing := w.Answers, len(w.Missing)
			if err := p.WriteSnapshot(ctx, &w); err != nil {
				return w, err
			}
			s.report("%s of cluster %s: %d answers", collector.Name(), site.Cluster.Name, w.Answers-answers)
			for _, m := range w.Missing[missing:] {
				s.report("warning: %s of cluster %s: %s is missing: %s", collector.Name(), site.Cluster.Name, cmp.Or(m.Endpoint, m.System, m.Kind, "a part"), m.Reason)
			}
		}
	}
	before := len(meta.Missing)
	for _, m := range w.Missing {
		if m.Kind != "" {
			m.Cluster = ""
			meta.Missing = append(meta.Missing, m)
		}
	}
	if len(meta.Missing) == before {
		return w, nil
	}
	return w, meta.Write(in.Path)
}

// lookup returns any cluster, including clusters that are not in the snapshot, because nodes may be
// discovered there.
func (s *snapshotRun) lookup(name string) (fleet.Cluster, bool) {
	for _, c := range s.fleet {
		if c.Name == name {
			return c, true
		}
	}
	return fleet.Cluster{}, false
}
