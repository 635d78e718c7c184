// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"
	"time"
)

// Leaders remembers changes of the leader.
type Leaders struct {
	name    string
	since   time.Time
	Total   uint64
	changed []time.Time
}

// recentSpan is the period of recent_leader_changes.
const recentSpan = 30 * time.Minute

// Record records the leader and, if known, the time since which it leads. The absence of a leader is not yet a change.
func (l *Leaders) Record(name string, since, now time.Time) {
	if name == "" || name == l.name && since.IsZero() {
		return
	}
	again := name == l.name && !l.since.IsZero() && !since.Equal(l.since)
	if l.name != "" && (name != l.name || again) {
		l.Total++
		l.changed = append(l.changed, now)
	}
	l.name, l.since = name, since
}

// CountRecent counts the changes of the last 30 minutes.
func (l *Leaders) CountRecent(now time.Time) int {
	l.changed = slices.DeleteFunc(l.changed, func(t time.Time) bool { return now.Sub(t) > recentSpan })
	return len(l.changed)
}
