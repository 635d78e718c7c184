// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// podSelector finds pods of a system.
type podSelector struct{ system, selector string }

// podSelectors returns the configured selectors, and the defaults for other systems. A system may have several;
// a pod that two systems select belongs to the first one.
func podSelectors(configured map[string]string) []podSelector {
	var list []podSelector
	for _, system := range config.ControllerSystems() {
		if selector := configured[system]; selector != "" {
			list = append(list, podSelector{system, selector})
			continue
		}
		for _, selector := range defaultSelectors(system) {
			list = append(list, podSelector{system, selector})
		}
	}
	return list
}

// matches reports whether the selector selects a pod of a snapshot.
func (s podSelector) matches(p *pod) bool {
	parsed, err := labels.Parse(s.selector)
	return err == nil && parsed.Matches(labels.Set(p.Metadata.Labels))
}
