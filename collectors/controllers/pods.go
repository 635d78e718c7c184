// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
)

// pods periodically lists the pods of the management plane in one cluster and scrapes their metrics. Pods are
// polled instead of watched, because they and their metrics change too often.
type pods struct {
	*failure.Journal
	*reexport

	cluster   string
	interval  time.Duration
	timeout   time.Duration // for the scrape of one pod
	retention time.Duration // for which pods are kept while lists fail
	now       func() time.Time
	source    podSource
	selectors []podSelector
	labels    []string // labels that are read
	// namespaces are the namespaces of controllers; empty means all.
	namespaces []string
	workloads  workloadLookup

	podRows, metricRows *exposition.Group

	// Used only by the loop.
	lists   map[string]podList // by system
	scraped map[string]bool    // pods that have metrics
	slow    map[string]bool    // pods that did not answer in time

	mu      sync.Mutex
	settled bool
	status  status.Status
	failing failure.Steady
}

// podList are the pods of a system in the last successful list.
type podList struct {
	pods []*pod
	at   time.Time
}

// newPods creates the probe of a cluster. The exposition of the site must have been created with podFamilies and
// the families of r.
func newPods(c config.Controllers, r *reexport, site collectors.Site) *pods {
	group := func(kind string, families []*exposition.Family) *exposition.Group {
		return site.Exposition.Group(exposition.Key{Cluster: site.Cluster.Name, Collector: Name, Kind: kind}, families)
	}
	return &pods{
		Journal: failure.NewJournal(site.Log), reexport: r,
		interval: time.Duration(c.Interval), timeout: min(scrapeTimeout, time.Duration(c.Interval)), retention: site.StaleAfter, now: site.Now,
		cluster: site.Cluster.Name,
		source:  newPodSource(c, site), selectors: podSelectors(c.Selectors), labels: labelsRead(matchers(c.Selectors)),
		namespaces: c.Namespaces, workloads: workloadLookup{site.Exposition, site.Cluster.Name},
		podRows: group("pods", podFamilies()), metricRows: group("metrics", r.scrapeFamilies()),
		lists: map[string]podList{}, scraped: map[string]bool{}, slow: map[string]bool{},
	}
}

// count reports whether a pod with the labels of a controller belongs to one. Snapshots of earlier versions have
// no owners.
func (p *pods) count(pod *pod) bool {
	if !inNamespaces(p.namespaces, pod.Metadata.Namespace) {
		return false
	}
	return len(pod.Metadata.Owners) == 0 && p.source.isTrusted() || p.workloads.ownsPod(pod)
}

// inNamespaces reports whether controllers may be in a namespace.
func inNamespaces(configured []string, namespace string) bool {
	return len(configured) == 0 || slices.Contains(configured, namespace)
}

// Groups returns the groups with the rows about pods and with their metrics.
func (p *pods) Groups() []*exposition.Group { return []*exposition.Group{p.podRows, p.metricRows} }

// Run lists and scrapes pods at each interval until ctx ends.
func (p *pods) Run(ctx context.Context) {
	defer p.source.close()
	tick := time.NewTicker(p.interval)
	defer tick.Stop()
	for {
		p.poll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// poll lists all pods and scrapes them.
func (p *pods) poll(ctx context.Context) {
	start := time.Now()
	failures := p.list(ctx)
	if ctx.Err() != nil {
		return
	}
	p.Note("pods", failures)
	current := p.currentPods()
	p.replacePods(current, failures)
	p.scrape(ctx, current)
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settled = true
	p.status.Took = time.Since(start)
	if p.status.Up = len(failures) == 0; p.status.Up {
		p.status.LastSuccess = time.Now()
		p.failing.Succeed()
	} else {
		p.failing.Fail(failures.Reason())
	}
	p.status.Reason = p.failing.Reason
}

// list lists the pods of all systems. It returns a failure for each system whose pods are unknown.
func (p *pods) list(ctx context.Context) failure.List {
	var failures failure.List
	if err := p.source.refresh(ctx); err != nil {
		for _, system := range config.ControllerSystems() {
			failures.Add(system, err)
		}
		return failures
	}
	type answer struct {
		pods []*pod
		err  error
	}
	answers := make([]answer, len(p.selectors))
	var asked sync.WaitGroup
	for i, s := range p.selectors {
		asked.Go(func() { answers[i].pods, answers[i].err = p.source.list(ctx, s) })
	}
	asked.Wait()
	found, failed := map[string][]*pod{}, map[string]bool{}
	for i, s := range p.selectors {
		found[s.system] = append(found[s.system], answers[i].pods...)
		if err := answers[i].err; err != nil && !failed[s.system] {
			failures.Add(s.system, err)
			failed[s.system] = true
		}
	}
	for system, pods := range found {
		if !failed[system] {
			p.lists[system] = podList{pods: pods, at: p.now()}
		}
	}
	return failures
}

// currentPods returns the pods of lists that are recent enough, each pod once.
func (p *pods) currentPods() []*pod {
	var all []*pod
	seen := map[string]bool{}
	for _, system := range config.ControllerSystems() {
		if p.now().Sub(p.lists[system].at) > p.retention {
			delete(p.lists, system)
		}
		for _, pod := range p.lists[system].pods {
			if !seen[pod.key()] && p.count(pod) {
				seen[pod.key()] = true
				all = append(all, pod)
			}
		}
	}
	return all
}

// replacePods replaces all rows about pods in one step.
func (p *pods) replacePods(current []*pod, failures failure.List) {
	rows := p.podRows.Rows()
	rows.Shift(p.source.shift())
	entries := make([]*exposition.Entry, 0, len(current)+1)
	for _, pod := range current {
		entries = append(entries, rows.Render(pod.key(), pod.rows))
	}
	entries = append(entries, rows.Render("", func(r *exposition.Rows) {
		for _, f := range failures {
			r.Add(podsFailing, 1, f.Endpoint, string(f.Reason()))
		}
	}))
	p.podRows.Replace(entries)
}

// Settled reports whether the first round has ended.
func (p *pods) Settled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settled
}

// Status returns the state of the probe: it is up as long as the pods can be listed.
func (p *pods) Status() status.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.status
	s.Errors = p.Errors()
	return s
}
