// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type kustomization struct {
	watch.Object

	Spec struct {
		Suspend    bool        `json:"suspend"`
		Interval   string      `json:"interval"`
		Path       string      `json:"path"`
		SourceRef  reference   `json:"sourceRef"`
		KubeConfig kubeConfig  `json:"kubeConfig"`
		DependsOn  []reference `json:"dependsOn"`
	} `json:"spec"`
	Status struct {
		status

		LastAttemptedRevision string     `json:"lastAttemptedRevision"`
		LastAppliedRevision   string     `json:"lastAppliedRevision"`
		Inventory             *inventory `json:"inventory"`
		History               []history  `json:"history"`
	} `json:"status"`
}

const kustomizeGroup = "kustomize.toolkit.fluxcd.io"

func (c Collector) kustomizations() watch.Resource {
	return newLifecycleResource(watch.Resource{
		Group: kustomizeGroup, Kind: "Kustomization", Versions: []string{"v1", "v1beta2"}, UsesTargets: true,
		Families: commonFamilies(resourceInfo, resourceOverdue, resourceSucceeded, resourceDependsOn, resourceRevisionPending,
			resourceInventory, kustomizationHealthy),
	}, c.kustomizationRows)
}

func (c Collector) kustomizationRows(o *kustomization, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	s := subject{
		kind: "Kustomization", lifecycle: &plain, target: o.Spec.KubeConfig.target(v, o.Metadata.Namespace), meta: &o.Metadata,
		status: &o.Status.status, suspended: o.Spec.Suspend, interval: o.Spec.Interval, source: o.Spec.SourceRef.resolve(o.Metadata.Namespace),
	}
	s.setHistory(o.Status.History, o.Status.LastAppliedRevision != "")
	s.evaluate(seen)
	s.addInfo(r, info{
		group: kustomizeGroup, revision: o.Status.LastAttemptedRevision, applied: o.Status.LastAppliedRevision, path: o.Spec.Path,
		sourceKind: o.Spec.SourceRef.Kind, sourceNamespace: o.Spec.SourceRef.Namespace, sourceName: o.Spec.SourceRef.Name,
	})
	s.rows(r)
	c.overdueRow(&s, r)
	s.successRow(r)
	waits := s.resolveDependencies(o.Spec.DependsOn)
	s.dependsOnRows(r, waits)
	s.revisionRow(r, o.Status.LastAttemptedRevision, o.Status.LastAppliedRevision)
	s.inventoryRow(r, o.Status.Inventory)
	s.conditionRow(r, kustomizationHealthy, "Healthy")
	s.recordDependencies(r, dependencies.Node{
		Revision: dependencies.RevisionOf(o.Status.LastAppliedRevision), Source: s.source,
		Origin: &dependencies.Origin{Path: trimPath(o.Spec.Path)},
	}, waits)
	return s.result.Memory
}

type helmRelease struct {
	watch.Object

	Spec struct {
		Suspend    bool        `json:"suspend"`
		Interval   string      `json:"interval"`
		ChartRef   reference   `json:"chartRef"`
		Chart      chart       `json:"chart"`
		KubeConfig kubeConfig  `json:"kubeConfig"`
		DependsOn  []reference `json:"dependsOn"`
	} `json:"spec"`
	Status struct {
		status

		LastAttemptedGeneration int64      `json:"lastAttemptedGeneration"`
		LastAttemptedRevision   string     `json:"lastAttemptedRevision"`
		LastAppliedRevision     string     `json:"lastAppliedRevision"` // v2beta1 only
		Failures                int64      `json:"failures"`
		InstallFailures         int64      `json:"installFailures"`
		UpgradeFailures         int64      `json:"upgradeFailures"`
		Inventory               *inventory `json:"inventory"`
		History                 []release  `json:"history"`
	} `json:"status"`
}

type chart struct {
	Spec struct {
		SourceRef reference `json:"sourceRef"`
	} `json:"spec"`
}

const helmGroup = "helm.toolkit.fluxcd.io"

func helmReleases() watch.Resource {
	return newLifecycleResource(watch.Resource{
		Group: helmGroup, Kind: "HelmRelease", Versions: []string{"v2", "v2beta2", "v2beta1"}, UsesTargets: true,
		Families: commonFamilies(resourceInfo, resourceDependsOn, resourceRevisionPending, resourceInventory, releaseInfo, releaseDeployed,
			releaseFailures, releaseReleased, releaseRemediated, releaseDrifted, releaseTested, releaseTrouble),
	}, (*helmRelease).rows)
}

func (o *helmRelease) rows(v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	s := subject{
		kind: "HelmRelease", lifecycle: &released, target: o.Spec.KubeConfig.target(v, o.Metadata.Namespace), meta: &o.Metadata,
		status: &o.Status.status, suspended: o.Spec.Suspend, interval: o.Spec.Interval, attempted: o.Status.LastAttemptedGeneration,
	}
	from := o.Spec.ChartRef
	s.source = from.resolve(o.Metadata.Namespace)
	if o.Spec.Chart.Spec.SourceRef.Name != "" {
		from = o.Spec.Chart.Spec.SourceRef
		// helm-controller creates a HelmChart from the template, in the namespace of its source.
		s.source = dependencies.Ref{
			Kind: "HelmChart", Namespace: cmp.Or(from.Namespace, o.Metadata.Namespace), Name: o.Metadata.Namespace + "-" + o.Metadata.Name,
		}
		s.refers = []dependencies.Ref{from.resolve(o.Metadata.Namespace)}
	}
	s.setReleases(o.Status.History)
	s.evaluate(seen)
	applied := cmp.Or(o.deployed().ChartVersion, o.Status.LastAppliedRevision)
	s.addInfo(r, info{
		group: helmGroup, revision: o.Status.LastAttemptedRevision, applied: applied,
		sourceKind: from.Kind, sourceNamespace: from.Namespace, sourceName: from.Name,
	})
	s.rows(r)
	waits := s.resolveDependencies(o.Spec.DependsOn)
	s.dependsOnRows(r, waits)
	s.revisionRow(r, o.Status.LastAttemptedRevision, applied)
	s.inventoryRow(r, o.Status.Inventory)
	if len(o.Status.History) > 0 {
		h := o.Status.History[0]
		r.Add(releaseInfo, 1, s.labels(h.ChartName, h.ChartVersion, h.AppVersion, h.status())...)
		r.Time(releaseDeployed, h.LastDeployed, s.labels()...)
	}
	r.Add(releaseFailures, float64(o.Status.Failures), s.labels("all")...)
	r.Add(releaseFailures, float64(o.Status.InstallFailures), s.labels("install")...)
	r.Add(releaseFailures, float64(o.Status.UpgradeFailures), s.labels("upgrade")...)
	s.badConditionRow(r, releaseReleased, "Released", "False", seen)
	s.badConditionRow(r, releaseRemediated, "Remediated", "True", seen)
	s.badConditionRow(r, releaseDrifted, "Drifted", "True", seen)
	s.badConditionRow(r, releaseTested, "TestSuccess", "False", seen)
	s.recordDependencies(r, dependencies.Node{}, waits)
	return s.result.Memory
}

// deployed returns the currently deployed release according to the history.
func (o *helmRelease) deployed() release {
	for _, h := range o.Status.History {
		if h.Status == "deployed" {
			return h
		}
	}
	return release{}
}
