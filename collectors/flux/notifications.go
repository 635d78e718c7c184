// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

const notificationGroup = "notification.toolkit.fluxcd.io"

// notification is an Alert, Provider or Receiver. The webhook path of a
// Receiver is not even decoded.
type notification struct {
	watch.Object

	Spec struct {
		Suspend  bool   `json:"suspend"`
		Interval string `json:"interval"`
	} `json:"spec"`
	Status status `json:"status"`
}

func notifications() []watch.Resource {
	declare := func(kind string, versions ...string) watch.Resource {
		return watch.Of(watch.Resource{
			Group: notificationGroup, Kind: kind, Versions: versions, Families: commonFamilies(resourceInfo),
		}, func(o *notification, v fleet.View, r *exposition.Rows) {
			static := kind != "Receiver" // Alerts and Providers have no status since v1beta3
			s := subject{
				kind: kind, target: v.Cluster, meta: &o.Metadata, status: &o.Status,
				suspended: o.Spec.Suspend, interval: o.Spec.Interval, alwaysReady: static, unobserved: static,
			}
			if static {
				s.interval = ""
			}
			s.info(r, info{group: notificationGroup})
			s.rows(r)
		})
	}
	return []watch.Resource{
		declare("Alert", "v1beta3", "v1beta2"),
		declare("Provider", "v1beta3", "v1beta2"),
		declare("Receiver", "v1", "v1beta2"),
	}
}

const imageGroup = "image.toolkit.fluxcd.io"

// image is an ImageRepository, ImagePolicy or ImageUpdateAutomation.
type image struct {
	watch.Object

	Spec struct {
		Suspend            bool       `json:"suspend"`
		Interval           string     `json:"interval"`
		Image              redact.URL `json:"image"`
		ImageRepositoryRef reference  `json:"imageRepositoryRef"`
		SourceRef          reference  `json:"sourceRef"`
	} `json:"spec"`
	Status struct {
		status

		LastScanResult struct {
			ScanTime time.Time `json:"scanTime"`
		} `json:"lastScanResult"`
		LastAutomationRun time.Time `json:"lastAutomationRunTime"`
	} `json:"status"`
}

func images() []watch.Resource {
	families := commonFamilies(resourceInfo, resourceReconciled)
	declare := func(kind string) watch.Resource {
		return watch.Of(watch.Resource{
			Group: imageGroup, Kind: kind, Versions: []string{"v1", "v1beta2", "v1beta1"}, Families: families,
		}, func(o *image, v fleet.View, r *exposition.Rows) { o.rows(kind, v, r) })
	}
	return []watch.Resource{declare("ImageRepository"), declare("ImagePolicy"), declare("ImageUpdateAutomation")}
}

func (o *image) rows(kind string, v fleet.View, r *exposition.Rows) {
	s := subject{
		kind: kind, target: v.Cluster, meta: &o.Metadata, status: &o.Status.status,
		suspended: o.Spec.Suspend, interval: o.Spec.Interval,
	}
	i := info{
		group: imageGroup, url: o.Spec.Image.Redacted(),
		sourceKind: o.Spec.SourceRef.Kind, sourceNamespace: o.Spec.SourceRef.Namespace, sourceName: o.Spec.SourceRef.Name,
	}
	if ref := o.Spec.ImageRepositoryRef; ref.Name != "" {
		i.sourceKind, i.sourceNamespace, i.sourceName = "ImageRepository", ref.Namespace, ref.Name
	}
	s.info(r, i)
	s.rows(r)
	r.Time(resourceReconciled, o.Status.LastScanResult.ScanTime, s.labels()...)
	r.Time(resourceReconciled, o.Status.LastAutomationRun, s.labels()...)
}
