// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package notify is the client of Alertmanager. It reads alerts and silences, so that the health
// report can show silences. When the exporter is not scraped, it sends the alerts of the exporter's
// own rules, as Prometheus would, so alerting continues without Prometheus.
package notify

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// Alert is an alert that fires. Its labels have the name of the rule as alertname,
// and its cluster as cluster, whatever that label is called on the wire.
type Alert struct {
	Labels, Annotations map[string]string
	// StartsAt is since when it has been so. It must not depend on when the exporter
	// was started: Alertmanager would take that for a change.
	StartsAt time.Time
}

// Options are the settings of a notifier.
type Options struct {
	Config config.Alertmanager
	// ClusterLabel is what the label cluster is called on the wire.
	ClusterLabel string
	// Firing are the alerts that fire now. Nil: there are none.
	Firing  func() []Alert
	Scrapes *Scrapes
	Log     *slog.Logger
	// Dial opens the connections; nil is a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Notifier follows the Alertmanagers of one configuration; without any, it does
// nothing.
type Notifier struct {
	options  Options
	interval time.Duration
	peers    []*peer
	tls      httpclient.TLSFiles
	outbox   outbox // of the goroutine that makes rounds

	mu      sync.Mutex
	journal *failure.Journal
	sending bool // it sends alerts
	resumed bool // see fallback
	view    *view
}

// peer is one Alertmanager.
type peer struct {
	name      string // host:port, and the path if there is one
	url       *url.URL
	contacted bool
	up        bool
	success   time.Time
	pushed    uint64 // alerts
	failures  uint64 // of attempts to send alerts
}

// New prepares a notifier.
func New(o Options) *Notifier {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Firing == nil {
		o.Firing = func() []Alert { return nil }
	}
	n := &Notifier{
		options: o, interval: time.Duration(o.Config.Interval), tls: httpclient.TLSFiles{TLS: o.Config.TLS},
		outbox: outbox{}, journal: failure.NewJournal(o.Log),
	}
	for _, text := range o.Config.URLs {
		if u, err := url.Parse(text); err == nil { // the configuration has been checked
			n.peers = append(n.peers, &peer{name: config.HostPort(u) + u.Path, url: u})
		}
	}
	return n
}

// Adopt takes over what another notifier, which has ended, has sent and counted.
func (n *Notifier) Adopt(other *Notifier) {
	other.mu.Lock()
	defer other.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.outbox = maps.Clone(other.outbox)
	n.sending, n.resumed, n.journal = other.sending, other.resumed, other.journal
	kept := 0
	for _, was := range other.peers {
		found := false
		for _, p := range n.peers {
			if p.name == was.name {
				p.contacted, p.up, p.success, p.pushed, p.failures = was.contacted, was.up, was.success, was.pushed, was.failures
				found = true
				kept++
			}
		}
		if !found {
			n.journal.Forget(was.name)
		}
	}
	if kept == len(n.peers) && kept == len(other.peers) {
		n.view = other.view
	}
}

// Run makes a round at every tick, until ctx ends. Alerts are not resolved then: the exporter may be
// restarting.
func (n *Notifier) Run(ctx context.Context) {
	if len(n.peers) == 0 {
		return
	}
	tick := time.NewTicker(n.interval)
	defer tick.Stop()
	for {
		n.Round(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// maxTimeout bounds what a peer is waited for, which is a quarter of the interval
// if that is shorter: an alert that is not sent again in time ends.
const maxTimeout = 10 * time.Second

// Round sends and reads alerts and silences, all peers at the same time.
func (n *Notifier) Round(ctx context.Context) {
	now := n.options.Now()
	firing := n.wireAlerts(n.options.Firing(), now)
	out := n.outbox.update(n.updateFallback(now, firing), firing, now, n.interval)
	clients := n.connect(ctx)
	answers := make([]peerAnswer, len(n.peers))
	var tasks sync.WaitGroup
	for i, c := range clients {
		tasks.Go(func() { answers[i] = c.exchange(ctx, out) })
	}
	tasks.Wait()
	silences, failed := readSilences(ctx, clients, answers)
	if ctx.Err() != nil {
		return // what failed, failed because of that
	}
	next := newView(now, answers, silences)
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, p := range n.peers {
		a := answers[i]
		p.contacted, p.up = true, a.err == nil
		if p.up {
			p.success = now
		}
		p.pushed += a.pushed
		if a.pushErr != nil {
			p.failures++
		}
		n.journal.Note(p.name, a.failures(failed[i]))
	}
	n.view = next.completeFrom(n.view)
}

// updateFallback reports whether alerts have to be sent because the last scrape is too old. After a start it
// continues with the alerts that were sent before.
func (n *Notifier) updateFallback(now time.Time, firing map[string]Alert) bool {
	last, scraped := n.options.Scrapes.lastScrape()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.resumed = !scraped && (n.resumed || n.view.hasSent(firing))
	active := n.resumed || now.Sub(last) >= time.Duration(n.options.Config.FallbackAfter)
	switch {
	case active && !n.sending:
		n.options.Log.Warn("metrics are not scraped, alerts are sent to Alertmanager directly", "last_scrape", last, "resumed", n.resumed)
	case !active && n.sending:
		n.options.Log.Info("the metrics are scraped again, no more alerts are sent")
	}
	n.sending = active
	return active
}
