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
	// lifetime is how many intervals an alert lives that is not sent again, as
	// Prometheus has it.
	lifetime = 4
	// resolveFor is how long the end of an alert is sent: an Alertmanager that was not
	// there has to learn of it, too.
	resolveFor = 5 * time.Minute
)

// wire are the labels of an alert as Prometheus would send them: none is empty, and
// the external ones are there.
func (n *Notifier) wire(labels map[string]string) map[string]string {
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

// wireAll are alerts as they are sent, by their identity.
func (n *Notifier) wireAll(alerts []Alert, now time.Time) map[string]Alert {
	out := make(map[string]Alert, len(alerts))
	for _, a := range alerts {
		a.Labels = n.wire(a.Labels)
		a.Labels[config.SentByLabel] = sender
		a.Annotations = maps.Clone(a.Annotations)
		maps.DeleteFunc(a.Annotations, func(_, value string) bool { return value == "" })
		if a.StartsAt.IsZero() || a.StartsAt.After(now) {
			a.StartsAt = now
		}
		out[identity(a.Labels)] = a
	}
	return out
}

// identity is the same for the same labels.
func identity(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(name + "\xff" + labels[name] + "\xff") // is in no text
	}
	return b.String()
}

// outbox has the alerts that Alertmanager received and must receive again, by identity.
type outbox map[string]sent

type sent struct {
	Alert

	endsAt time.Time
	// over is when the alert ended; zero while it fires.
	over time.Time
}

// step adds the firing alerts and returns those to send, in the order of the identities. If not
// active, all alerts that were sent are resolved.
func (o outbox) step(active bool, firing map[string]Alert, now time.Time, interval time.Duration) []sent {
	if active {
		for id, a := range firing {
			if was, ok := o[id]; ok && was.over.IsZero() {
				a.StartsAt = was.StartsAt
			}
			o[id] = sent{Alert: a, endsAt: now.Add(lifetime * interval)}
		}
	}
	for id, s := range o {
		if _, fires := firing[id]; fires && active {
			continue
		}
		if s.over.IsZero() {
			s.over, s.endsAt = now, now
			o[id] = s
		}
		if now.Sub(s.over) > resolveFor {
			delete(o, id)
		}
	}
	out := make([]sent, 0, len(o))
	for _, id := range slices.Sorted(maps.Keys(o)) {
		out = append(out, o[id])
	}
	return out
}
