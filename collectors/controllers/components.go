// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"slices"

	"github.com/fluxcd/flux2/v2/pkg/manifestgen"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// Labels that Kubernetes recommends. Flux has constants for some of them.
const (
	partOfLabel    = manifestgen.PartOfLabelKey
	versionLabel   = manifestgen.VersionLabelKey
	instanceLabel  = manifestgen.InstanceLabelKey
	nameLabel      = "app.kubernetes.io/name"
	componentLabel = "app.kubernetes.io/component"
)

// Labels and annotations that name the main container and the Helm release of a workload.
const (
	mainAnnotation             = "kubectl.kubernetes.io/default-container"
	releaseNamespaceAnnotation = "meta.helm.sh/release-namespace"
	releaseNameAnnotation      = "meta.helm.sh/release-name"
	releaseNamespaceLabel      = "helm.toolkit.fluxcd.io/namespace"
	releaseNameLabel           = "helm.toolkit.fluxcd.io/name"
)

// defaultSelectors returns the selectors of a system, according to the labels of the charts in the reference
// architecture. Workloads that match any of them belong to the system.
func defaultSelectors(system string) []string {
	switch system {
	case "flux": // Flux Operator does not belong to the Flux that it installs
		return []string{partOfLabel + "=" + manifestgen.PartOfLabelValue, nameLabel + "=flux-operator"}
	case "externalsecrets":
		return []string{nameLabel + " in (external-secrets,external-secrets-webhook,external-secrets-cert-controller)"}
	case "openbao":
		return []string{nameLabel + " in (openbao,openbao-agent-injector,openbao-csi-provider)"}
	case "greenhouse": // its charts have names such as manager and idproxy
		return []string{"app=greenhouse", instanceLabel + "=greenhouse"}
	case "aurora":
		return []string{nameLabel + " in (aurora,aurora-dashboard)", "name=aurora"}
	}
	return nil
}

// matcher recognizes the workloads of one system.
type matcher struct {
	system   string
	selector labels.Selector
}

// matchers returns the matchers of all systems. A workload that two of them match belongs to the first. The
// configured selectors have been validated.
func matchers(configured map[string]string) []matcher {
	var list []matcher
	for _, system := range config.ControllerSystems() {
		texts := defaultSelectors(system)
		if text := configured[system]; text != "" {
			texts = []string{text}
		}
		for _, text := range texts {
			if s, err := labels.Parse(text); err == nil {
				list = append(list, matcher{system, s})
			}
		}
	}
	return list
}

// systemOf returns the system that owns the workload, by the labels of its pods, or else by its own;
// empty if none does.
func systemOf(list []matcher, pods, own labels.Set) string {
	for _, set := range []labels.Set{pods, own} {
		if len(set) == 0 {
			continue
		}
		if i := slices.IndexFunc(list, func(m matcher) bool { return m.selector.Matches(set) }); i >= 0 {
			return list[i].system
		}
	}
	return ""
}

// componentOf returns the function of a workload in its system, by its labels; empty if they do not
// name one.
func componentOf(set labels.Set) string {
	for _, label := range componentLabels() {
		if value := set[label]; value != "" {
			return value
		}
	}
	return ""
}

// componentLabels returns the labels that may name a component. The first one that exists counts.
func componentLabels() []string { return []string{componentLabel, nameLabel, "app", "name"} }

// labelsRead returns the labels from which system, component and version are derived.
func labelsRead(list []matcher) []string {
	names := append(componentLabels(), versionLabel)
	for _, m := range list {
		requirements, _ := m.selector.Requirements()
		for _, r := range requirements {
			if !slices.Contains(names, r.Key()) {
				names = append(names, r.Key())
			}
		}
	}
	return names
}
