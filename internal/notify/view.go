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

// keep is the age, in intervals, at which alerts and silences are dropped: later silences are unknown.
const keep = 5

// Silence is a silence of Alertmanager that holds now.
type Silence struct {
	ID, Comment      string
	StartsAt, EndsAt time.Time

	matchers []*labels.Matcher
}

// State is what Alertmanager makes of an alert.
type State struct {
	// State is active, suppressed or unprocessed.
	State                            string
	SilencedBy, InhibitedBy, MutedBy []string
}

// view has alerts and silences as read. It is immutable.
type view struct {
	alertsAt, silencesAt time.Time                // zero: not read
	alerts               map[string][]remoteAlert // by name
	states               map[string]int           // alerts by state
	own                  map[string]bool          // identities of alerts that an exporter has sent
	silences             []Silence
}

type remoteAlert struct {
	State

	labels  map[string]string
	updated time.Time
}

// newView builds a view from the answers of the peers. Each peer has only the alerts that were sent to
// it.
func newView(now time.Time, answers []answer, silences models.GettableSilences) *view {
	v := &view{alerts: map[string][]remoteAlert{}, states: map[string]int{}, own: map[string]bool{}}
	merged := map[string]remoteAlert{}
	for _, a := range answers {
		if a.err == nil {
			v.alertsAt = now
		}
		for _, g := range a.alerts {
			if g == nil || g.Fingerprint == nil || g.Status == nil || g.Status.State == nil {
				continue
			}
			r := remoteAlert{labels: g.Labels, updated: timeOf(g.UpdatedAt), State: State{
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
		v.states[r.State.State]++
		if r.labels[config.SentByLabel] == sender {
			v.own[identity(r.labels)] = true
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

// since is the view with what it lacks from the one before.
func (v *view) since(before *view) *view {
	if before == nil {
		return v
	}
	if v.alertsAt.IsZero() {
		v.alertsAt, v.alerts, v.states, v.own = before.alertsAt, before.alerts, before.states, before.own
	}
	if v.silencesAt.IsZero() {
		v.silencesAt, v.silences = before.silencesAt, before.silences
	}
	return v
}

// has reports whether one of these alerts has been sent before.
func (v *view) has(firing map[string]Alert) bool {
	if v == nil {
		return false
	}
	for id := range firing {
		if v.own[id] {
			return true
		}
	}
	return false
}

// newSilence is not ok for a silence that has ended, or whose matchers are invalid.
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

// matches reports whether it silences an alert with these labels. A missing label is empty, as in
// Alertmanager.
func (s Silence) matches(alert map[string]string) bool {
	return !slices.ContainsFunc(s.matchers, func(m *labels.Matcher) bool { return !m.Matches(alert[m.Name]) })
}

func (s Silence) holds(now time.Time) bool { return !now.Before(s.StartsAt) && now.Before(s.EndsAt) }

func timeOf(t *strfmt.DateTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Time(*t)
}

// recent reports whether there is a read that is not too old.
func (n *Notifier) recent(at, now time.Time) bool {
	return !at.IsZero() && now.Sub(at) <= keep*n.interval
}

// Silenced returns the silence of an alert with these labels, from any sender; of several the one that
// ends last. The labels are those of [Alert].
func (n *Notifier) Silenced(alert map[string]string) (Silence, bool) {
	now := n.options.Now()
	n.mu.Lock()
	v, active := n.view, n.active
	n.mu.Unlock()
	if v == nil || !n.recent(v.silencesAt, now) {
		return Silence{}, false
	}
	wire := n.wire(alert)
	if active {
		wire[config.SentByLabel] = sender
	}
	var found Silence
	for _, s := range v.silences {
		if s.holds(now) && s.matches(wire) && s.EndsAt.After(found.EndsAt) {
			found = s
		}
	}
	return found, found.ID != ""
}

// State is what Alertmanager makes of an alert with these labels. It may have more
// labels there: those of the Prometheus that sends it. Of several, one that is not
// suppressed counts.
func (n *Notifier) State(alert map[string]string) (State, bool) {
	now := n.options.Now()
	n.mu.Lock()
	v := n.view
	n.mu.Unlock()
	if v == nil || !n.recent(v.alertsAt, now) {
		return State{}, false
	}
	wire := n.wire(alert)
	var found *State
	for _, r := range v.alerts[wire[model.AlertNameLabel]] {
		if covers(r.labels, wire) && (found == nil || found.State == models.AlertStatusStateSuppressed && r.State.State != found.State) {
			found = &r.State
		}
	}
	if found == nil {
		return State{}, false
	}
	return *found, true
}

// covers reports whether all labels of a part exist.
func covers(all, part map[string]string) bool {
	for name, value := range part {
		if all[name] != value {
			return false
		}
	}
	return true
}
