// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

const (
	// sender is the value of the label [config.SentByLabel].
	sender = "cobaltcore-exporter"
	// lifetimeIntervals is the number of intervals after which an alert ends that is not sent
	// again, as in Prometheus.
	lifetimeIntervals = 4
	// resolveFor is the time during which a resolved alert is sent again, for an Alertmanager that was down.
	resolveFor = 5 * time.Minute
)

// wireLabels returns the labels of an alert as Prometheus would send them: without empty labels, and with the external
// labels.
func (n *Notifier) wireLabels(labels map[string]string) map[string]string {
	out := make(map[string]string, len(labels)+len(n.options.Config.ExternalLabels)+1)
	for name, value := range labels {
		if name == "cluster" && n.options.ClusterLabel != "" {
			name = n.options.ClusterLabel
		}
		if value != "" {
			out[name] = value
		}
	}
	for name, value := range n.options.Config.ExternalLabels {
		if out[name] == "" {
			out[name] = value
		}
	}
	return out
}

// wireAlerts returns the alerts as they are sent, by their identity.
func (n *Notifier) wireAlerts(alerts []Alert, now time.Time) map[string]Alert {
	out := make(map[string]Alert, len(alerts))
	for _, a := range alerts {
		a.Labels = n.wireLabels(a.Labels)
		a.Labels[config.SentByLabel] = sender
		a.Annotations = maps.Clone(a.Annotations)
		maps.DeleteFunc(a.Annotations, func(_, value string) bool { return value == "" })
		if a.StartsAt.IsZero() || a.StartsAt.After(now) {
			a.StartsAt = now
		}
		out[labelKey(a.Labels)] = a
	}
	return out
}

// labelKey returns a string that identifies a set of labels.
func labelKey(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(name + "\xff" + labels[name] + "\xff") // is in no valid UTF-8
	}
	return b.String()
}

// outbox has the alerts that were sent to Alertmanager and must be sent again, by identity.
type outbox map[string]sentAlert

type sentAlert struct {
	Alert

	endsAt time.Time
	// endedAt is the time at which the alert ended, or zero while it is firing.
	endedAt time.Time
}

// update adds the firing alerts and returns the alerts to send, sorted by identity. If active is false, all alerts that were
// sent are resolved.
func (o outbox) update(active bool, firing map[string]Alert, now time.Time, interval time.Duration) []sentAlert {
	if active {
		for id, a := range firing {
			if was, ok := o[id]; ok && was.endedAt.IsZero() {
				a.StartsAt = was.StartsAt
			}
			o[id] = sentAlert{Alert: a, endsAt: now.Add(lifetimeIntervals * interval)}
		}
	}
	for id, s := range o {
		if _, fires := firing[id]; fires && active {
			continue
		}
		if s.endedAt.IsZero() {
			s.endedAt, s.endsAt = now, now
			o[id] = s
		}
		if now.Sub(s.endedAt) > resolveFor {
			delete(o, id)
		}
	}
	out := make([]sentAlert, 0, len(o))
	for _, id := range slices.Sorted(maps.Keys(o)) {
		out = append(out, o[id])
	}
	return out
}
