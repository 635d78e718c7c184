// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"sync"
	"time"
)

// maxPatience is the maximum duration of an initial sync with progress, as a multiple of the timeout.
const maxPatience = 10

// patience limits the initial sync: the time without a new object, and the total time. A large cluster that makes
// progress gets more time than a cluster that is down.
type patience struct {
	pause time.Duration
	whole time.Duration

	mu       sync.Mutex
	began    time.Time
	progress time.Time
	objects  uint64
}

// newPatience returns a patience that starts now. If strict is set, progress does not extend the time.
func newPatience(pause time.Duration, strict bool) *patience {
	p := &patience{pause: pause, whole: pause, began: time.Now()}
	if !strict {
		p.whole *= maxPatience
	}
	p.progress = p.began
	return p
}

// isOver reports whether the time has passed. objects is the number of objects received so far.
func (p *patience) isOver(objects uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if objects != p.objects {
		p.objects, p.progress = objects, time.Now()
	}
	return time.Since(p.progress) > p.pause || time.Since(p.began) > p.whole
}
