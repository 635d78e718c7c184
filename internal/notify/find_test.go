// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"github.com/prometheus/alertmanager/api/v2/models"
	"github.com/prometheus/common/model"
)

// FindState returns the state of an alert in Alertmanager, where it may have more labels, such as
// those of its Prometheus. If several alerts match, one that is not suppressed has precedence.
func (n *Notifier) FindState(alert map[string]string) (AlertState, bool) {
	now := n.options.Now()
	n.mu.Lock()
	v := n.view
	n.mu.Unlock()
	if v == nil || !n.isRecent(v.alertsAt, now) {
		return AlertState{}, false
	}
	wire := n.wireLabels(alert)
	var found *AlertState
	for _, r := range v.alerts[wire[model.AlertNameLabel]] {
		if hasLabels(r.labels, wire) && (found == nil || found.State == models.AlertStatusStateSuppressed && r.AlertState.State != found.State) {
			found = &r.AlertState
		}
	}
	if found == nil {
		return AlertState{}, false
	}
	return *found, true
}

// hasLabels reports whether all labels of a part exist.
func hasLabels(all, part map[string]string) bool {
	for name, value := range part {
		if all[name] != value {
			return false
		}
	}
	return true
}
