// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"sync"
	"time"
)

// maxPatience is the maximum duration of a synchronization with progress, in timeouts.
const maxPatience = 10

// patience limits the first synchronization: the time without an arriving object, and the total
// time. A large cluster or a slow machine may take longer than a cluster that is down.
type patience struct {
	pause time.Duration
	whole time.Duration

	mu       sync.Mutex
	began    time.Time
	progress time.Time
	arrived  uint64
}

// newPatience returns a patience that begins now. If strict is set, it ends after the first timeout.
func newPatience(pause time.Duration, strict bool) *patience {
	p := &patience{pause: pause, whole: pause, began: time.Now()}
	if !strict {
		p.whole *= maxPatience
	}
	p.progress = p.began
	return p
}

// over reports whether the time has passed, given the number of arrived objects.
func (p *patience) over(arrived uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if arrived != p.arrived {
		p.arrived, p.progress = arrived, time.Now()
	}
	return time.Since(p.progress) > p.pause || time.Since(p.began) > p.whole
}
