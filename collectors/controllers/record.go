// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

var _ collectors.Recorder = (*pods)(nil)

// Record lists the pods once, asks those that have metrics, and writes both to the
// directory of the cluster: pod.json and controllers/<namespace>/<pod>.prom.
func (p *pods) Record(ctx context.Context, to collectors.Recording) (answers int, missing []fleet.Missing, err error) {
	defer p.source.close()
	failures := p.list(ctx)
	if ctx.Err() != nil {
		return 0, p.outOfTime(""), nil
	}
	missing = p.notListed(failures)
	current := p.current()
	if len(failures) < len(config.ControllerSystems()) {
		if err := writePods(filepath.Join(to.Cluster, podsFile), current, p.labels); err != nil {
			return 0, nil, err
		}
	}
	answers, err = p.recordMetrics(ctx, filepath.Join(to.Cluster, "controllers"), current)
	if ctx.Err() != nil {
		missing = append(missing, p.outOfTime("metrics")...)
	}
	return answers, missing, err
}

// outOfTime says that there may be pods, or metrics of theirs, that nobody asked for.
func (p *pods) outOfTime(endpoint string) []fleet.Missing {
	return []fleet.Missing{{Cluster: p.cluster, Kind: "Pod", Version: "v1", Endpoint: endpoint, Reason: string(probe.ReasonTimeout)}}
}

// notListed are the systems whose pods are not known, in one word if that is for the
// same reason with all of them.
func (p *pods) notListed(failures probe.Failures) []fleet.Missing {
	var all []fleet.Missing
	one := len(failures) == len(config.ControllerSystems())
	for _, f := range failures {
		one = one && f.Reason() == failures.Reason()
		all = append(all, fleet.Missing{Cluster: p.cluster, Kind: "Pod", Version: "v1", System: f.Endpoint, Reason: string(f.Reason())})
	}
	if one {
		all = all[:1]
		all[0].System = ""
	}
	return all
}

// recordMetrics asks the pods as a round does, and writes what they say.
func (p *pods) recordMetrics(ctx context.Context, dir string, current []*pod) (answers int, err error) {
	var wanted []*pod
	for _, pod := range current {
		if p.source.asks(pod) && metricsFile(dir, pod) != "" {
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
				texts[i], failed[i] = p.keep(ctx, parser, wanted[i])
			}
		})
	}
	for i := range wanted {
		queue <- i
	}
	close(queue)
	workers.Wait()
	if ctx.Err() != nil { // nobody knows who failed because of that
		return 0, nil //nolint:nilerr // then nothing is kept
	}
	for i, pod := range wanted {
		text := texts[i]
		if failed[i] != nil {
			text = []byte(failedPrefix + string(probe.ReasonOf(failed[i])) + "\n")
		} else {
			answers++
		}
		file := metricsFile(dir, pod)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return answers, err
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return answers, err
		}
	}
	return answers, nil
}

// keep asks a pod and returns the lines that are taken over.
func (p *pods) keep(ctx context.Context, from *parser, of *pod) ([]byte, error) {
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

// text is what a snapshot has. A text without a sample would be none.
func (k *keeper) text() []byte {
	if k.out.Len() == 0 {
		return []byte("# None of its metrics is exported again.\nnone 0\n")
	}
	return k.out.Bytes()
}
