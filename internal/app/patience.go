// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"sync"
	"time"
)

// maxPatience is how many pauses a synchronization that makes progress may take.
const maxPatience = 10

// patience bounds a first synchronization: the pauses in which no object arrives, and the
// whole. A large cluster, or a slow machine, takes longer than a dead one may.
type patience struct {
	pause time.Duration
	whole time.Duration

	mu       sync.Mutex
	began    time.Time
	progress time.Time
	arrived  uint64
}

// newPatience returns a patience that begins now. A strict one is over after the first pause.
func newPatience(pause time.Duration, strict bool) *patience {
	p := &patience{pause: pause, whole: pause, began: time.Now()}
	if !strict {
		p.whole *= maxPatience
	}
	p.progress = p.began
	return p
}

// over reports whether the time is up, given how many objects have arrived.
func (p *patience) over(arrived uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if arrived != p.arrived {
		p.arrived, p.progress = arrived, time.Now()
	}
	return time.Since(p.progress) > p.pause || time.Since(p.began) > p.whole
}
