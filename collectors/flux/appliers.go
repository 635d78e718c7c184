// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
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

func kustomizations() watch.Resource {
	return watch.Of(watch.Resource{
		Group: kustomizeGroup, Kind: "Kustomization", Versions: []string{"v1", "v1beta2"}, UsesTargets: true,
		Families: commonFamilies(resourceInfo, resourceReconciled, resourceSucceeded, resourceDependsOn, resourceInventory, kustomizationHealthy),
	}, func(o *kustomization, v fleet.View, r *exposition.Rows) {
		s := subject{
			kind: "Kustomization", target: o.Spec.KubeConfig.target(v, o.Metadata.Namespace), meta: &o.Metadata, status: &o.Status.status,
			suspended: o.Spec.Suspend, interval: o.Spec.Interval,
		}
		s.info(r, info{
			group: kustomizeGroup, revision: o.Status.LastAttemptedRevision, applied: o.Status.LastAppliedRevision, path: o.Spec.Path,
			sourceKind: o.Spec.SourceRef.Kind, sourceNamespace: o.Spec.SourceRef.Namespace, sourceName: o.Spec.SourceRef.Name,
		})
		s.rows(r)
		s.timeRows(r, o.Status.History)
		s.dependsOnRows(r, o.Spec.DependsOn)
		s.inventoryRow(r, o.Status.Inventory)
		s.conditionRow(r, kustomizationHealthy, "Healthy")
	})
}

// conditionRow writes 1 or 0 for a condition that is True or False, and nothing
// while it is neither.
func (s *subject) conditionRow(r *exposition.Rows, f *exposition.Family, name string) {
	if c, _ := s.status.Conditions.get(name); c.Status == "True" || c.Status == "False" {
		r.Bool(f, c.Status == "True", s.labels()...)
	}
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

		LastAttemptedRevision string     `json:"lastAttemptedRevision"`
		Failures              int64      `json:"failures"`
		InstallFailures       int64      `json:"installFailures"`
		UpgradeFailures       int64      `json:"upgradeFailures"`
		Inventory             *inventory `json:"inventory"`
		History               []release  `json:"history"`
	} `json:"status"`
}

type chart struct {
	Spec struct {
		SourceRef reference `json:"sourceRef"`
	} `json:"spec"`
}

type release struct {
	ChartName    string    `json:"chartName"`
	ChartVersion string    `json:"chartVersion"`
	AppVersion   string    `json:"appVersion"`
	Status       string    `json:"status"`
	LastDeployed time.Time `json:"lastDeployed"`
}

const helmGroup = "helm.toolkit.fluxcd.io"

func helmReleases() watch.Resource {
	return watch.Of(watch.Resource{
		Group: helmGroup, Kind: "HelmRelease", Versions: []string{"v2", "v2beta2", "v2beta1"}, UsesTargets: true,
		Families: commonFamilies(resourceInfo, resourceSucceeded, resourceDependsOn, resourceInventory, releaseInfo, releaseDeployed, releaseFailures,
			releaseReleased, releaseRemediated, releaseDrifted, releaseTested),
	}, (*helmRelease).rows)
}

func (o *helmRelease) rows(v fleet.View, r *exposition.Rows) {
	s := subject{
		kind: "HelmRelease", target: o.Spec.KubeConfig.target(v, o.Metadata.Namespace), meta: &o.Metadata, status: &o.Status.status,
		suspended: o.Spec.Suspend, interval: o.Spec.Interval,
	}
	from := o.Spec.ChartRef
	if o.Spec.Chart.Spec.SourceRef.Name != "" {
		from = o.Spec.Chart.Spec.SourceRef
	}
	s.info(r, info{
		group: helmGroup, revision: o.Status.LastAttemptedRevision, applied: o.deployed().ChartVersion,
		sourceKind: from.Kind, sourceNamespace: from.Namespace, sourceName: from.Name,
	})
	s.rows(r)
	l := s.labels()
	s.dependsOnRows(r, o.Spec.DependsOn)
	s.inventoryRow(r, o.Status.Inventory)
	if len(o.Status.History) > 0 {
		h := o.Status.History[0]
		r.Add(releaseInfo, 1, s.labels(h.ChartName, h.ChartVersion, h.AppVersion, h.Status)...)
		r.Time(releaseDeployed, h.LastDeployed, l...)
	}
	r.Time(resourceSucceeded, o.deployed().LastDeployed, l...)
	r.Add(releaseFailures, float64(o.Status.Failures), s.labels("all")...)
	r.Add(releaseFailures, float64(o.Status.InstallFailures), s.labels("install")...)
	r.Add(releaseFailures, float64(o.Status.UpgradeFailures), s.labels("upgrade")...)
	s.conditionRow(r, releaseReleased, "Released")
	s.conditionRow(r, releaseRemediated, "Remediated")
	s.conditionRow(r, releaseDrifted, "Drifted")
	s.conditionRow(r, releaseTested, "TestSuccess")
}

// deployed is the release that is in the cluster now, as far as the history knows.
func (o *helmRelease) deployed() release {
	for _, h := range o.Status.History {
		if h.Status == "deployed" {
			return h
		}
	}
	return release{}
}
