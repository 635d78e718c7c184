// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"testing"
	"time"
)

func TestLeaderChanges(t *testing.T) {
	type seen struct {
		name  string
		since int // seconds; 0 if unknown
	}
	for name, tc := range map[string]struct {
		seen  []seen
		total uint64
	}{
		"no leader":                {nil, 0},
		"no leader yet":            {[]seen{{"", 0}, {"", 0}}, 0},
		"first":                    {[]seen{{"a", 1}}, 0},
		"the same":                 {[]seen{{"a", 1}, {"a", 1}, {"a", 1}}, 0},
		"another node":             {[]seen{{"a", 1}, {"b", 2}}, 1},
		"there and back":           {[]seen{{"a", 1}, {"b", 2}, {"a", 3}}, 2},
		"again":                    {[]seen{{"a", 1}, {"a", 2}}, 1},
		"gone and back":            {[]seen{{"a", 1}, {"", 0}, {"a", 1}}, 0},
		"gone and elected again":   {[]seen{{"a", 1}, {"", 0}, {"", 0}, {"a", 2}}, 1},
		"gone and another":         {[]seen{{"a", 1}, {"", 0}, {"b", 2}}, 1},
		"since unknown":            {[]seen{{"a", 0}, {"a", 0}}, 0},
		"since unknown at first":   {[]seen{{"a", 0}, {"a", 1}, {"a", 1}}, 0},
		"since unknown in between": {[]seen{{"a", 1}, {"a", 0}, {"a", 1}}, 0},
		"elected while unknown":    {[]seen{{"a", 1}, {"a", 0}, {"a", 2}}, 1},
		"another, since unknown":   {[]seen{{"a", 1}, {"b", 0}, {"b", 2}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var l Leaders
			now := time.Unix(1000, 0)
			for _, s := range tc.seen {
				var since time.Time
				if s.since > 0 {
					since = time.Unix(int64(s.since), 0)
				}
				l.Record(s.name, since, now)
			}
			if l.Total != tc.total || l.CountRecent(now) != int(tc.total) {
				t.Errorf("%d changes, %d of them recent, not %d", l.Total, l.CountRecent(now), tc.total)
			}
		})
	}
}
