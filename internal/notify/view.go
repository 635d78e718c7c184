// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"maps"
	"slices"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/models"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// maxAgeIntervals is the age in intervals at which alerts and silences become unknown and are
// dropped.
const maxAgeIntervals = 5

// Silence is an active silence of Alertmanager.
type Silence struct {
	ID, Comment      string
	StartsAt, EndsAt time.Time

	matchers []*labels.Matcher
}

// AlertState is the state of an alert in Alertmanager.
type AlertState struct {
	// State is active, suppressed or unprocessed.
	State                            string
	SilencedBy, InhibitedBy, MutedBy []string
}

// view has the alerts and silences of one round. It is immutable.
type view struct {
	alertsAt, silencesAt time.Time                // zero: not read
	alerts               map[string][]remoteAlert // by name
	states               map[string]int           // alerts by state
	sentAlerts           map[string]bool          // identities of alerts that an exporter has sent
	silences             []Silence
}

type remoteAlert struct {
	AlertState

	labels  map[string]string
	updated time.Time
}

// newView builds a view from the answers of the peers, each of which has only the alerts that were
// sent to it.
func newView(now time.Time, answers []peerAnswer, silences models.GettableSilences) *view {
	v := &view{alerts: map[string][]remoteAlert{}, states: map[string]int{}, sentAlerts: map[string]bool{}}
	merged := map[string]remoteAlert{}
	for _, a := range answers {
		if a.err == nil {
			v.alertsAt = now
		}
		for _, g := range a.alerts {
			if g == nil || g.Fingerprint == nil || g.Status == nil || g.Status.State == nil {
				continue
			}
			r := remoteAlert{labels: g.Labels, updated: timeOf(g.UpdatedAt), AlertState: AlertState{
				State: *g.Status.State, SilencedBy: g.Status.SilencedBy, InhibitedBy: g.Status.InhibitedBy, MutedBy: g.Status.MutedBy,
			}}
			if was, ok := merged[*g.Fingerprint]; !ok || was.updated.Before(r.updated) {
				merged[*g.Fingerprint] = r
			}
		}
	}
	for _, fingerprint := range slices.Sorted(maps.Keys(merged)) {
		r := merged[fingerprint]
		name := r.labels[model.AlertNameLabel]
		v.alerts[name] = append(v.alerts[name], r)
		v.states[r.AlertState.State]++
		if r.labels[config.SentByLabel] == sender {
			v.sentAlerts[labelKey(r.labels)] = true
		}
	}
	if silences != nil {
		v.silencesAt = now
	}
	for _, s := range silences {
		if silence, ok := newSilence(s); ok {
			v.silences = append(v.silences, silence)
		}
	}
	return v
}

// completeFrom returns the view, with missing parts from the previous one.
func (v *view) completeFrom(before *view) *view {
	if before == nil {
		return v
	}
	if v.alertsAt.IsZero() {
		v.alertsAt, v.alerts, v.states, v.sentAlerts = before.alertsAt, before.alerts, before.states, before.sentAlerts
	}
	if v.silencesAt.IsZero() {
		v.silencesAt, v.silences = before.silencesAt, before.silences
	}
	return v
}

// hasSent reports whether one of these alerts was sent before.
func (v *view) hasSent(firing map[string]Alert) bool {
	if v == nil {
		return false
	}
	for id := range firing {
		if v.sentAlerts[id] {
			return true
		}
	}
	return false
}

// newSilence converts a silence; ok is false if it has ended or a matcher is invalid.
func newSilence(g *models.GettableSilence) (s Silence, ok bool) {
	if g == nil || g.ID == nil || g.Status == nil || g.Status.State == nil || *g.Status.State == models.SilenceStatusStateExpired ||
		len(g.Matchers) == 0 {
		return Silence{}, false
	}
	s = Silence{ID: *g.ID, StartsAt: timeOf(g.StartsAt), EndsAt: timeOf(g.EndsAt)}
	if g.Comment != nil {
		s.Comment = *g.Comment
	}
	for _, m := range g.Matchers {
		if m == nil || m.Name == nil || m.Value == nil {
			return Silence{}, false
		}
		equal, regex := m.IsEqual == nil || *m.IsEqual, m.IsRegex != nil && *m.IsRegex
		kind := labels.MatchEqual
		switch {
		case equal && regex:
			kind = labels.MatchRegexp
		case regex:
			kind = labels.MatchNotRegexp
		case !equal:
			kind = labels.MatchNotEqual
		}
		matcher, err := labels.NewMatcher(kind, *m.Name, *m.Value)
		if err != nil {
			return Silence{}, false
		}
		s.matchers = append(s.matchers, matcher)
	}
	return s, true
}

// matches reports whether the silence matches an alert. As in Alertmanager, a missing label is
// empty.
func (s Silence) matches(alert map[string]string) bool {
	return !slices.ContainsFunc(s.matchers, func(m *labels.Matcher) bool { return !m.Matches(alert[m.Name]) })
}

func (s Silence) isActive(now time.Time) bool { return !now.Before(s.StartsAt) && now.Before(s.EndsAt) }

func timeOf(t *strfmt.DateTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Time(*t)
}

// isRecent reports whether the last read is recent enough.
func (n *Notifier) isRecent(at, now time.Time) bool {
	return !at.IsZero() && now.Sub(at) <= maxAgeIntervals*n.interval
}

// HasSilences reports whether FindSilence may find one.
func (n *Notifier) HasSilences() bool {
	n.mu.Lock()
	v := n.view
	n.mu.Unlock()
	return v != nil && len(v.silences) > 0
}

// FindSilence returns the silence of an alert with these labels, from any sender. If several match,
// it returns the one that ends last. The labels are those of [Alert].
func (n *Notifier) FindSilence(alert map[string]string) (Silence, bool) {
	now := n.options.Now()
	n.mu.Lock()
	v, active := n.view, n.sending
	n.mu.Unlock()
	if v == nil || !n.isRecent(v.silencesAt, now) {
		return Silence{}, false
	}
	wire := n.wireLabels(alert)
	if active {
		wire[config.SentByLabel] = sender
	}
	var found Silence
	for _, s := range v.silences {
		if s.isActive(now) && s.matches(wire) && s.EndsAt.After(found.EndsAt) {
			found = s
		}
	}
	return found, found.ID != ""
}
