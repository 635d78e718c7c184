// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bytes"
	"context"
	"path/filepath"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

var _ collectors.SnapshotWriter = (*pods)(nil)

// WriteSnapshot lists the pods once, scrapes those with metrics, and writes both to the directory of the
// cluster: pod.json and controllers/<namespace>/<pod>.prom.
func (p *pods) WriteSnapshot(ctx context.Context, w *snapshot.Writer) error {
	defer p.source.close()
	failures := p.list(ctx)
	if ctx.Err() != nil {
		p.noteTimeout(w, "")
		return nil
	}
	p.noteNotListed(w, failures)
	current := p.currentPods()
	if len(failures) < len(config.ControllerSystems()) {
		if err := writePods(filepath.Join(w.Cluster, podsFile), current, p.labels); err != nil {
			return err
		}
	}
	err := p.writeMetrics(ctx, w, current)
	if ctx.Err() != nil {
		p.noteTimeout(w, "metrics")
	}
	return err
}

// noteTimeout records that pods or metrics may be missing because of the timeout.
func (p *pods) noteTimeout(w *snapshot.Writer, endpoint string) {
	w.Missing = append(w.Missing, snapshot.Missing{Cluster: p.cluster, Kind: "Pod", Version: "v1", Endpoint: endpoint,
		Reason: string(failure.ReasonTimeout)})
}

// noteNotListed records the systems whose pods are unknown. If all failed for the same reason, it records one
// entry without a system.
func (p *pods) noteNotListed(w *snapshot.Writer, failures failure.List) {
	var all []snapshot.Missing
	one := len(failures) == len(config.ControllerSystems())
	for _, f := range failures {
		one = one && f.Reason() == failures.Reason()
		all = append(all, snapshot.Missing{Cluster: p.cluster, Kind: "Pod", Version: "v1", System: f.Endpoint, Reason: string(f.Reason())})
	}
	if one {
		all = all[:1]
		all[0].System = ""
	}
	w.Missing = append(w.Missing, all...)
}

// writeMetrics scrapes the pods like a round, and writes their answers.
func (p *pods) writeMetrics(ctx context.Context, w *snapshot.Writer, current []*pod) error {
	var wanted []*pod
	for _, pod := range current {
		if p.source.isScraped(pod) && metricsFile(w.Cluster, pod) != "" {
			wanted = append(wanted, pod)
		}
	}
	texts, failed := make([][]byte, len(wanted)), make([]error, len(wanted))
	queue := make(chan int)
	var workers sync.WaitGroup
	for range min(maxConcurrentScrapes, len(wanted)) {
		workers.Go(func() {
			parser := newParser(p.reexport)
			for i := range queue {
				texts[i], failed[i] = p.fetchMetrics(ctx, parser, wanted[i])
			}
		})
	}
	for i := range wanted {
		queue <- i
	}
	close(queue)
	workers.Wait()
	if ctx.Err() != nil { // the failures may be due to the timeout
		return nil //nolint:nilerr // so nothing is written
	}
	for i, pod := range wanted {
		text := texts[i]
		if failed[i] != nil {
			text = []byte(failedPrefix + string(failure.ReasonOf(failed[i])) + "\n")
		}
		if err := w.Write(metricsFile(w.Cluster, pod), text, failed[i] == nil); err != nil {
			return err
		}
	}
	return nil
}

// fetchMetrics scrapes a pod and returns the selected lines.
func (p *pods) fetchMetrics(ctx context.Context, from *parser, of *pod) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	body, err := p.source.scrape(ctx, of)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	k := &keeper{}
	from.onLine = k.line
	if _, err := from.parse(body, func(sample) {}); err != nil {
		return nil, readFailure(err)
	}
	return k.text(), nil
}

// keeper collects the selected lines of an exposition.
type keeper struct {
	out    bytes.Buffer
	family string // family of the last TYPE line
}

// line adds a line unchanged. of is the histogram or summary to which it belongs.
func (k *keeper) line(of, line []byte) {
	if string(of) != k.family {
		k.family = string(of)
		name, kind := k.family, " summary\n"
		if name == "" {
			name, kind = string(line[:bytes.IndexAny(line, "{ \t")]), " untyped\n"
		}
		_, _ = k.out.WriteString("# TYPE " + name + kind)
	}
	_, _ = k.out.Write(line)
	_ = k.out.WriteByte('\n')
}

// text returns the lines. Without lines it returns one sample, because a text without samples is not a valid answer.
func (k *keeper) text() []byte {
	if k.out.Len() == 0 {
		return []byte("# None of its metrics is exported again.\nnone 0\n")
	}
	return k.out.Bytes()
}
