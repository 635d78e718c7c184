// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// record writes what probes are answered, those of all clusters at the same time.
// Which secrets OpenBao is asked for follows from the objects, as they have just been
// written.
func (s *snapshot) record(ctx context.Context, all []registration, out *SnapshotResult) error {
	enabled, sets := enabledCollectors(s.config, all)
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	e, err := newExposition(s.config, all)
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	flow := secretflow.NewGraph()
	replayed := s.replayed()
	for _, c := range replayed {
		rows := e.Group(exposition.Key{Cluster: c.Name, Kind: "secretflow"}, secretflow.ClusterFamilies())
		w := watch.NewCluster(c, fleet.TargetsOf(replayed, s.suffixes...), watch.Options{Exposition: e, Sets: sets, Log: quiet, Notes: flow.Add(c.Name, rows)})
		if err := w.Load(); err != nil {
			return fmt.Errorf("cluster %q: what was written cannot be read: %w", c.Name, err)
		}
	}
	parts, failed := make([]recorded, len(s.clusters)), make([]error, len(s.clusters))
	var tasks sync.WaitGroup
	for i, c := range s.clusters {
		site := collectors.Site{Cluster: c, Lookup: s.lookup, Flow: flow, Exposition: e, Log: quiet, Now: time.Now, StaleAfter: time.Duration(s.config.StaleAfter), Dial: s.options.Dial}
		tasks.Go(func() { parts[i], failed[i] = s.recordCluster(ctx, site, enabled, *replayed[i].Snapshot) })
	}
	tasks.Wait()
	for _, p := range parts {
		out.Answers += p.answers
		out.Missing = append(out.Missing, p.missing...)
	}
	return errors.Join(failed...)
}

// recorded is what the probes of a cluster were answered.
type recorded struct {
	answers int
	missing []fleet.Missing
}

func (s *snapshot) recordCluster(ctx context.Context, site collectors.Site, enabled []collectors.Collector, in fleet.Snapshot) (out recorded, err error) {
	meta, err := in.Meta()
	if err != nil {
		return out, err
	}
	to := collectors.Recording{Fleet: s.dir, Cluster: in.Path, TakenAt: meta.TakenAt}
	if to.TakenAt.IsZero() {
		to.TakenAt = s.takenAt
	}
	for _, collector := range enabled {
		for _, p := range collector.Probes(site) {
			r, ok := p.(collectors.Recorder)
			if !ok {
				continue
			}
			answers, missing, err := r.Record(ctx, to)
			if err != nil {
				return out, err
			}
			out.answers += answers
			out.missing = append(out.missing, missing...)
			s.say("%s of cluster %s: %d answers", collector.Name(), site.Cluster.Name, answers)
			for _, m := range missing {
				s.say("warning: %s of cluster %s: %s is missing: %s", collector.Name(), site.Cluster.Name, cmp.Or(m.Endpoint, m.System, m.Kind, "a part"), m.Reason)
			}
		}
	}
	return out, amend(meta, in, out.missing)
}

// amend notes in the directory of a cluster which of its objects are missing.
func amend(meta fleet.SnapshotMeta, in fleet.Snapshot, missing []fleet.Missing) error {
	missing = slices.DeleteFunc(slices.Clone(missing), func(m fleet.Missing) bool { return m.Kind == "" })
	if len(missing) == 0 {
		return nil
	}
	for _, m := range missing {
		m.Cluster = ""
		meta.Missing = append(meta.Missing, m)
	}
	return meta.Write(in.Path)
}

// lookup finds any cluster, also one that is not in the snapshot: nodes are found
// there.
func (s *snapshot) lookup(name string) (fleet.Cluster, bool) {
	for _, c := range s.fleet {
		if c.Name == name {
			return c, true
		}
	}
	return fleet.Cluster{}, false
}
