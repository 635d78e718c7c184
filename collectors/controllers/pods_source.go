// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"io"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// podSource lists the pods in a cluster and returns their metrics.
type podSource interface {
	// refresh begins a round.
	refresh(ctx context.Context) error
	list(ctx context.Context, s podSelector) ([]*pod, error)
	// isScraped reports whether the pod can be scraped.
	isScraped(p *pod) bool
	// scrape returns a body, which the caller closes, or why there is none.
	scrape(ctx context.Context, p *pod) (io.ReadCloser, error)
	// shift returns the duration that is added to timestamps.
	shift() time.Duration
	// isTrusted reports whether pods without an owner count.
	isTrusted() bool
	close()
}

func newPodSource(c config.Controllers, site collectors.Site) podSource {
	if s := site.Cluster.Snapshot; s != nil {
		return &storedPods{cluster: site.Cluster, dir: *s, now: site.Now}
	}
	live := &livePods{client: fleet.NewClient(site.Cluster, fleet.ClientOptions{Buffers: site.Buffers})}
	switch c.Via {
	case "proxy":
		live.scraper = proxied{live.client}
	case "direct":
		live.scraper = newDirect(site.Dial)
	}
	return live
}

// livePods is the podSource of a cluster that is reached over the network.
type livePods struct {
	client  *fleet.Client
	scraper scraper // nil if no metrics are read
}

func (*livePods) refresh(context.Context) error { return nil }
func (*livePods) shift() time.Duration          { return 0 }
func (*livePods) isTrusted() bool               { return false }

func (l *livePods) list(ctx context.Context, s podSelector) ([]*pod, error) {
	return listPods(ctx, l.client, s)
}

func (l *livePods) isScraped(p *pod) bool { return l.scraper != nil && p.isScrapable() }

func (l *livePods) scrape(ctx context.Context, p *pod) (io.ReadCloser, error) {
	return l.scraper.scrape(ctx, p)
}

func (l *livePods) close() {
	if l.scraper != nil {
		l.scraper.close()
	}
	l.client.Close()
}
