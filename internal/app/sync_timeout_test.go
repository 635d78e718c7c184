// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPatience checks that the exporter waits while objects arrive every second, up to the total time.
func TestPatience(t *testing.T) {
	t.Parallel()
	const pause = 30 * time.Second
	for name, test := range map[string]struct {
		strict bool
		until  time.Duration // objects arrive
		over   time.Duration
	}{
		"no object":      {over: pause},
		"a large kind":   {until: 2 * time.Minute, over: 2*time.Minute + pause},
		"without an end": {until: time.Hour, over: maxPatience * pause},
		"report":         {until: time.Hour, over: pause, strict: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, began, arrived := newPatience(pause, test.strict), time.Now(), uint64(0)
				for !p.isOver(arrived) {
					<-time.After(time.Second) // of the fake clock
					if time.Since(began) <= test.until {
						arrived++
					}
				}
				if took := time.Since(began); took != test.over+time.Second {
					t.Errorf("over after %s", took)
				}
			})
		})
	}
}
