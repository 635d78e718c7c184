// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"maps"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// memories keeps what was learned of the objects of a kind, by key, across events,
// relists and withdrawals. Objects with a zero memory, which is that of ready ones, have
// no entry.
type memories struct {
	mu    sync.Mutex
	byKey map[string]lifecycle.Memory
}

func (m *memories) get(key string) lifecycle.Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byKey[key]
}

func (m *memories) set(key string, memory lifecycle.Memory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if memory == (lifecycle.Memory{}) {
		delete(m.byKey, key)
		return
	}
	if m.byKey == nil {
		m.byKey = map[string]lifecycle.Memory{}
	}
	m.byKey[key] = memory
}

// keep drops the memory of all objects that a list does not have.
func (m *memories) keep(listed func(key string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.byKey, func(key string, _ lifecycle.Memory) bool { return !listed(key) })
}
