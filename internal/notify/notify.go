// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package notify is the client of Alertmanager. It reads alerts and silences, which the health report shows. When the
// exporter is not scraped, it sends the firing alerts itself, so that alerting continues without Prometheus.
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

// Alert is a firing alert. Its labels alertname and cluster have the name of the rule and the
// cluster, independently of the configured cluster label.
type Alert struct {
	Labels, Annotations map[string]string
	// StartsAt is the onset. It must not depend on the start of the exporter, because Alertmanager
	// would treat another time as a change.
	StartsAt time.Time
}

// Options are the settings of a notifier.
type Options struct {
	Config config.Alertmanager
	// ClusterLabel is the name of the cluster label in sent alerts.
	ClusterLabel string
	// Firing returns the firing alerts; nil means none.
	Firing  func() []Alert
	Scrapes *Scrapes
	Log     *slog.Logger
	// Dial opens the connections; nil is a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Notifier exchanges alerts and silences with the configured Alertmanagers, if there are any.
type Notifier struct {
	options  Options
	interval time.Duration
	peers    []*peer
	tls      httpclient.TLSFiles
	outbox   outbox // used only by the goroutine of Run

	mu      sync.Mutex
	journal *failure.Journal
	sending bool // whether the exporter sends alerts itself
	resumed bool // see updateFallback
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
	failures  uint64 // failed attempts to send alerts
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

// Adopt takes over the sent alerts and the counters of a notifier that has ended.
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

// Run calls Round at every interval until ctx ends. It does not resolve alerts at the end, because the exporter may be
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

// maxTimeout is the maximum timeout of requests to a peer. A quarter of the interval is used if
// that is shorter, because an alert ends if it is not sent again in time.
const maxTimeout = 10 * time.Second

// Round sends alerts to all peers, and reads their alerts and silences, concurrently.
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
		return // failures are caused by the end of ctx
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

// updateFallback reports whether the exporter must send alerts itself because the last scrape is too old. After a restart,
// it continues at once if Alertmanager still has alerts that the exporter sent.
func (n *Notifier) updateFallback(now time.Time, firing map[string]Alert) bool {
	last, scraped := n.options.Scrapes.lastScrape()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.resumed = !scraped && (n.resumed || n.view.hasSent(firing))
	active := n.resumed || now.Sub(last) >= time.Duration(n.options.Config.FallbackAfter)
	switch {
	case active && !n.sending:
		n.options.Log.Warn("metrics are not scraped, sending alerts to Alertmanager directly", "last_scrape", last, "resumed", n.resumed)
	case !active && n.sending:
		n.options.Log.Info("metrics are scraped again, sending no more alerts")
	}
	n.sending = active
	return active
}
