// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
)

func newNotifier(c *config.Config, o Options) *notify.Notifier {
	return notify.New(notify.Options{
		Config: c.Alertmanager, ClusterLabel: c.ClusterLabel, Firing: o.Firing, Scrapes: o.scrapes, Log: o.Log, Dial: o.Dial,
	})
}

// startNotifying begins when g is the one that counts, and no other one notifies.
func (g *generation) startNotifying(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.notifier.Run(ctx)
	}()
	g.stopNotifying = func() { cancel(); <-done }
}

// adoptNotifier ends the notifier of the generation before and takes over what it
// has sent: that has to end at some time, too.
func (g *generation) adoptNotifier(old *generation) {
	old.stopNotifying()
	g.notifier.Adopt(old.notifier)
}
