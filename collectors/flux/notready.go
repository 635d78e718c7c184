// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// Reasons of failures. The reason of a failed release is specific to the exporter.
const (
	reasonHealthCheckFailed = "HealthCheckFailed"
	reasonReleaseFailed     = "ReleaseFailed"
)

// notReadyRow adds the onset of an object that is not ready, with the labels by which rules find its causes and
// consequences.
func (s *subject) notReadyRow(r *exposition.Rows) {
	state, self := s.result.State, dependencies.Ref{Kind: s.kind, Namespace: s.meta.Namespace, Name: s.meta.Name}.String()
	source, upstream := s.source.String(), ""
	if s.hadArtifactAtOnset() {
		source = ""
	}
	if s.provides { // a source is its own origin
		source, upstream = self, cmp.Or(source, self)
	}
	r.Time(resourceNotReadySince, s.result.Onset.Time,
		s.labels(state.String(), s.result.Onset.Precision(), s.tolerated(), source, upstream, self, controllerOf(s.kind))...)
}

// hadArtifactAtOnset reports whether an artifact existed when an applier first failed. An applier keeps using the last
// artifact of a source that cannot be fetched, so its failure is then not a consequence of the source.
func (s *subject) hadArtifactAtOnset() bool {
	if s.kind != "Kustomization" && s.kind != "HelmRelease" || s.result.State != lifecycle.Failed && s.result.State != lifecycle.Stalled {
		return false
	}
	switch s.result.FirstReason {
	case "BuildFailed", "PruneFailed", reasonHealthCheckFailed, "ReconciliationFailed",
		"InstallFailed", "UpgradeFailed", "TestFailed", "RollbackFailed", "RollbackSucceeded", "UninstallFailed", "UninstallSucceeded", "RetriesExceeded", "ValuesError",
		reasonReleaseFailed:
		return true
	}
	return false
}

// tolerated returns the value of the label tolerated, which is true if rules wait until the onset is older than
// their tolerance. For health checks that failed and were retried, a third of the tolerance is enough: each
// attempt waits for its timeout, and needs a cluster that answers.
func (s *subject) tolerated() string {
	switch state := s.result.State; {
	case state == lifecycle.Stalled:
		return "false"
	case state == lifecycle.Progressing, state == lifecycle.DependencyNotReady, state == lifecycle.Deleting:
		return "true"
	case s.result.Onset.Precision() == lifecycle.Undated:
		return "false"
	case s.result.Retried && s.result.Reason == reasonHealthCheckFailed:
		return "briefly"
	}
	return "true"
}

// controllerOf returns the controller that reconciles a kind.
func controllerOf(kind string) string {
	switch kind {
	case "Kustomization":
		return "kustomize-controller"
	case "HelmRelease":
		return "helm-controller"
	case "Alert", "Provider", "Receiver":
		return "notification-controller"
	case "ImageRepository", "ImagePolicy":
		return "image-reflector-controller"
	case "ImageUpdateAutomation":
		return "image-automation-controller"
	case "ArtifactGenerator", "ExternalArtifact":
		return "source-watcher"
	case "FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider":
		return "flux-operator"
	}
	return "source-controller"
}
