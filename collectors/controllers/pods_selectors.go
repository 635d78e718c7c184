// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// podSelector finds pods of a system.
type podSelector struct{ system, selector string }

// podSelectors are those of the configuration, and where it has none those of the
// charts that the reference architecture uses. A system may have several; a pod that
// two systems select belongs to the first.
func podSelectors(configured map[string]string) []podSelector {
	var list []podSelector
	for _, system := range config.ControllerSystems() {
		if selector := configured[system]; selector != "" {
			list = append(list, podSelector{system, selector})
			continue
		}
		for _, selector := range defaultPodSelectors(system) {
			list = append(list, podSelector{system, selector})
		}
	}
	return list
}

func defaultPodSelectors(system string) []string {
	switch system {
	case "flux": // Flux Operator is no part of the Flux that it installs
		return []string{"app.kubernetes.io/part-of=flux", "app.kubernetes.io/name=flux-operator"}
	case "externalsecrets":
		return []string{"app.kubernetes.io/name in (external-secrets,external-secrets-webhook,external-secrets-cert-controller)"}
	case "openbao":
		return []string{"app.kubernetes.io/name in (openbao,openbao-agent-injector,openbao-csi-provider)"}
	case "greenhouse":
		return []string{"app=greenhouse", "app.kubernetes.io/instance=greenhouse"}
	case "aurora":
		return []string{"app.kubernetes.io/name in (aurora,aurora-dashboard)", "name=aurora"}
	}
	return nil
}

// matches says whether a pod of a snapshot is one that the selector finds.
func (s podSelector) matches(p *pod) bool {
	parsed, err := labels.Parse(s.selector)
	return err == nil && parsed.Matches(labels.Set(p.Metadata.Labels))
}
