// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"maps"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
)

// firing returns the firing findings as alerts, and none before the end of the initial sync. Stale findings are left out,
// because the unreachable cluster is a finding itself.
func (g *generation) firing() []notify.Alert {
	if !g.isReady() {
		return nil
	}
	r, err := g.health.Report(context.Background())
	if err != nil {
		return nil // the evaluation has logged and counted it
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

// annotations returns the annotations of a finding as Prometheus sends them.
func annotations(f health.Finding) map[string]string {
	a := map[string]string{alerts.AnnotationSummary: f.Summary, alerts.AnnotationDescription: f.Description}
	if f.Dashboard != "" {
		a[alerts.AnnotationDashboard] = f.Dashboard
	}
	if f.Playbook != "" {
		a[alerts.AnnotationRunbook] = f.Playbook
	}
	return a
}

// alertLabels returns the labels of a finding as Prometheus sends them.
func alertLabels(f health.Finding) map[string]string {
	l := maps.Clone(f.Labels)
	if l == nil {
		l = map[string]string{}
	}
	maps.Copy(l, alerts.AddedLabels(f.Severity, f.System, f.Playbook))
	l[alerts.LabelAlert] = f.Rule
	if f.System == health.Custom {
		delete(l, alerts.LabelNoAbsence) // user rules have the labels of their file
	}
	return l
}

// report returns the health report, with the silences of Alertmanager.
func (g *generation) report(ctx context.Context) (health.Report, error) {
	r, err := g.health.Report(ctx)
	if !g.notifier.HasSilences() {
		return r, err
	}
	for i := range r.Findings {
		_, r.Findings[i].Silenced = g.notifier.FindSilence(alertLabels(r.Findings[i]))
	}
	return r, err
}
