// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"maps"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
)

func newNotifier(c *config.Config, o Options, firing func() []notify.Alert) *notify.Notifier {
	return notify.New(notify.Options{
		Config: c.Alertmanager, ClusterLabel: c.ClusterLabel, Firing: firing, Scrapes: o.scrapes, Log: o.Log, Dial: o.Dial,
	})
}

// firing are the findings as alerts, once the fleet was read. What is only remembered
// of a cluster that is out of contact is not among them: the loss of contact is a
// finding itself.
func (g *generation) firing() []notify.Alert {
	if !g.isReady() {
		return nil
	}
	r, err := g.health.Report(context.Background())
	if err != nil {
		return nil // logged and counted where it was evaluated
	}
	var all []notify.Alert
	for _, f := range r.Findings {
		if f.State == health.Firing && !f.Stale {
			all = append(all, notify.Alert{
				Labels: alertLabels(f), Annotations: annotations(f), StartsAt: f.Since,
			})
		}
	}
	return all
}

// annotations are those of a finding as Prometheus sends them.
func annotations(f health.Finding) map[string]string {
	a := map[string]string{"summary": f.Summary, "description": f.Description}
	if f.Dashboard != "" {
		a["dashboard"] = f.Dashboard
	}
	return a
}

// alertLabels are the labels of a finding as Prometheus sends them.
func alertLabels(f health.Finding) map[string]string {
	l := maps.Clone(f.Labels)
	if l == nil {
		l = map[string]string{}
	}
	l["alertname"], l["severity"], l["service"] = f.Rule, string(f.Severity), string(f.System)
	if f.Playbook != "" {
		l["playbook"] = f.Playbook
	}
	return l
}

// report is what is broken, with the silences of Alertmanager.
func (g *generation) report(ctx context.Context) (health.Report, error) {
	r, err := g.health.Report(ctx)
	for i := range r.Findings {
		_, r.Findings[i].Silenced = g.notifier.Silenced(alertLabels(r.Findings[i]))
	}
	return r, err
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
