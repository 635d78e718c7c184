// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

const (
	// maxConcurrentScrapes bounds the concurrent scrapes in a cluster.
	maxConcurrentScrapes = 8
	// maxSeries bounds the series of a pod, and maxSeriesOfFamily those of each of its families: a family with
	// a series for each object must not displace the others.
	maxSeries         = 10_000
	maxSeriesOfFamily = 2_000
)

// scrape scrapes all pods that have metrics. The rows of a pod change when its scrape ends.
func (p *pods) scrape(ctx context.Context, current []*pod) {
	wanted, asked := []*pod(nil), map[string]bool{}
	for _, pod := range current {
		if p.source.isScraped(pod) {
			wanted = append(wanted, pod)
			asked[pod.key()] = true
		}
	}
	for key := range p.scraped {
		if !asked[key] {
			p.metricRows.Delete(key)
		}
	}
	p.scraped = asked
	// Pods that did not answer in the previous round come last, because they delay the others.
	slices.SortStableFunc(wanted, func(a, b *pod) int { return cmp.Compare(queueOf(p.slow[a.key()]), queueOf(p.slow[b.key()])) })

	queue := make(chan int)
	errs := make([]error, len(wanted))
	var workers sync.WaitGroup
	for range min(maxConcurrentScrapes, len(wanted)) {
		workers.Go(func() {
			s := scrapeWorker{pods: p, parser: newParser(p.reexport), rows: p.metricRows.Rows()}
			for i := range queue {
				errs[i] = s.scrape(ctx, wanted[i])
			}
		})
	}
	for i := range wanted {
		queue <- i
	}
	close(queue)
	workers.Wait()
	if ctx.Err() != nil {
		return
	}
	var failures failure.List
	clear(p.slow)
	for i, err := range errs {
		if err != nil {
			failures.Add(wanted[i].key(), err)
			p.slow[wanted[i].key()] = failure.ReasonOf(err) == failure.ReasonTimeout
		}
	}
	slices.SortFunc(failures, func(a, b failure.EndpointFailure) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
	p.Note("metrics", failures)
}

func queueOf(slow bool) int {
	if slow {
		return 1
	}
	return 0
}

// scrapeWorker scrapes one pod after the other.
type scrapeWorker struct {
	*pods

	parser *parser
	rows   *exposition.Rows
}

// scrape replaces the rows of a pod by its metrics, all or nothing.
func (s *scrapeWorker) scrape(ctx context.Context, p *pod) (err error) {
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	entry := s.rows.Render(p.key(), func(r *exposition.Rows) { err = s.scrapeInto(within, p, r) })
	if ctx.Err() != nil {
		return nil // the exporter stops
	}
	if err != nil {
		entry = s.rows.Render(p.key(), func(r *exposition.Rows) {
			r.Bool(scrapeSuccess, false, p.values()...)
			r.Add(scrapeFailing, 1, p.values(string(failure.ReasonOf(err)))...)
		})
	}
	s.metricRows.Put(entry)
	return err
}

// scrapeInto adds the metrics of a pod to its rows.
func (s *scrapeWorker) scrapeInto(ctx context.Context, p *pod, r *exposition.Rows) error {
	body, err := s.source.scrape(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	cut, err := copySamples(s.parser, body, r, []string{p.system, p.component(), p.Metadata.Namespace, p.Metadata.Name})
	if err != nil {
		if ctx.Err() != nil { // a cancelled read is not a failure of the pod
			err = ctx.Err()
		}
		return readFailure(err)
	}
	r.Bool(scrapeSuccess, true, p.values()...)
	r.Add(metricsCut, float64(cut), p.values()...)
	return nil
}

// copySamples adds the allowed samples of an exposition. values are the values of exportedLabels. cut is the number
// of samples left out because of limits.
func copySamples(from *parser, body io.Reader, r *exposition.Rows, values []string) (cut int, err error) {
	total, byFamily := 0, map[*exposition.Family]int{}
	misfits, err := from.parse(body, func(s sample) {
		if total == maxSeries || byFamily[s.family] == maxSeriesOfFamily {
			cut++
			return
		}
		total++
		byFamily[s.family]++
		for i := range s.labels {
			s.labels[i].Name = exportedLabelName(s.labels[i].Name)
		}
		r.AddOpen(s.family, s.suffix, s.value, values, s.labels)
	})
	return cut + misfits, err
}

// exportedLabelName returns the name of a label when it is re-exported. A scrape adds some names itself, and rules
// aggregate them away, so these are renamed. The exposition renames other labels that collide.
func exportedLabelName(label string) string {
	switch label {
	case "namespace":
		return "exported_namespace"
	case "pod":
		return "exported_pod"
	case "instance":
		return "exported_instance"
	case "job":
		return "exported_job"
	case "container":
		return "exported_container"
	case "service":
		return "exported_service"
	case "endpoint":
		return "exported_endpoint"
	case "cluster":
		return "exported_cluster"
	}
	return label
}
