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

// WriteSnapshot lists the pods once, asks those that have metrics, and writes both to the
// directory of the cluster: pod.json and controllers/<namespace>/<pod>.prom.
func (p *pods) WriteSnapshot(ctx context.Context, w *snapshot.Writer) error {
	defer p.source.close()
	failures := p.list(ctx)
	if ctx.Err() != nil {
		p.noteTimeout(w, "")
		return nil
	}
	p.noteNotListed(w, failures)
	current := p.current()
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

// noteTimeout notes that there may be pods, or metrics, that were not asked for.
func (p *pods) noteTimeout(w *snapshot.Writer, endpoint string) {
	w.Missing = append(w.Missing, snapshot.Missing{Cluster: p.cluster, Kind: "Pod", Version: "v1", Endpoint: endpoint,
		Reason: string(failure.ReasonTimeout)})
}

// noteNotListed notes the systems whose pods are not known: once, without a system, if
// all failed for the same reason.
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

// writeMetrics asks the pods as a round does, and writes their answers.
func (p *pods) writeMetrics(ctx context.Context, w *snapshot.Writer, current []*pod) error {
	var wanted []*pod
	for _, pod := range current {
		if p.source.asks(pod) && metricsFile(w.Cluster, pod) != "" {
			wanted = append(wanted, pod)
		}
	}
	texts, failed := make([][]byte, len(wanted)), make([]error, len(wanted))
	queue := make(chan int)
	var workers sync.WaitGroup
	for range min(scrapesAtOnce, len(wanted)) {
		workers.Go(func() {
			parser := newParser(p.reexport)
			for i := range queue {
				texts[i], failed[i] = p.fetchKept(ctx, parser, wanted[i])
			}
		})
	}
	for i := range wanted {
		queue <- i
	}
	close(queue)
	workers.Wait()
	if ctx.Err() != nil { // which of them failed because of that is unknown
		return nil //nolint:nilerr // then nothing is kept
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

// fetchKept asks a pod and returns the lines that are taken over.
func (p *pods) fetchKept(ctx context.Context, from *parser, of *pod) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	body, err := p.source.scrape(ctx, of)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	k := &keeper{}
	from.kept = k.line
	if _, err := from.parse(body, func(sample) {}); err != nil {
		return nil, readFailure(err)
	}
	return k.text(), nil
}

// keeper has the lines of an exposition that are taken over.
type keeper struct {
	out bytes.Buffer
	of  string // of the last TYPE line
}

// line takes in a line as it is. of is the histogram or summary that it is a part of.
func (k *keeper) line(of, line []byte) {
	if string(of) != k.of {
		k.of = string(of)
		name, kind := k.of, " summary\n"
		if name == "" {
			name, kind = string(line[:bytes.IndexAny(line, "{ \t")]), " untyped\n"
		}
		_, _ = k.out.WriteString("# TYPE " + name + kind)
	}
	_, _ = k.out.Write(line)
	_ = k.out.WriteByte('\n')
}

// text returns the lines. A text without a sample would be none.
func (k *keeper) text() []byte {
	if k.out.Len() == 0 {
		return []byte("# None of its metrics is exported again.\nnone 0\n")
	}
	return k.out.Bytes()
}
