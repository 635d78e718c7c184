// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

const notificationGroup = "notification.toolkit.fluxcd.io"

// notification is an Alert, Provider or Receiver. The webhook path of a Receiver is not decoded, because it is a
// secret.
type notification struct {
	watch.Object

	Spec struct {
		Suspend  bool   `json:"suspend"`
		Interval string `json:"interval"`
		// ProviderRef is the Provider of an Alert.
		ProviderRef reference `json:"providerRef"`
		// Resources are the objects that a Receiver reconciles on request.
		Resources []reference `json:"resources"`
	} `json:"spec"`
	Status status `json:"status"`
}

// notifying is the lifecycle of Alerts before v1beta3. Only their Provider can make them not ready
// (fluxcd/notification-controller v1.1, internal/controller/alert_controller.go).
var notifying = lifecycle.Kind{WaitsOnly: true}

func notifications() []watch.Resource {
	declare := func(kind string, versions ...string) watch.Resource {
		return newLifecycleResource(watch.Resource{
			Group: notificationGroup, Kind: kind, Versions: versions, Families: commonFamilies(resourceInfo, resourceDependsOn),
		}, func(o *notification, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			s := subject{
				kind: kind, lifecycle: &plain, target: v.Cluster, meta: &o.Metadata, status: &o.Status, suspended: o.Spec.Suspend,
				interval: o.Spec.Interval,
				static:   kind != "Receiver", // Alerts and Providers have no status since v1beta3
			}
			if s.static {
				s.interval = ""
			}
			for _, ref := range o.Spec.Resources {
				s.refers = append(s.refers, ref.resolve(o.Metadata.Namespace))
			}
			var waits []dependencies.Wait
			if ref := o.Spec.ProviderRef; kind == "Alert" && ref.Name != "" {
				ref.Kind = "Provider"
				s.lifecycle, waits = &notifying, []dependencies.Wait{{Ref: ref.resolve(o.Metadata.Namespace)}}
			}
			s.evaluate(seen)
			s.addInfo(r, info{group: notificationGroup})
			s.rows(r)
			s.dependsOnRows(r, waits)
			s.recordDependencies(r, dependencies.Node{}, waits)
			return s.result.Memory
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
			TagCount int64     `json:"tagCount"`
		} `json:"lastScanResult"`
		LastAutomationRun time.Time `json:"lastAutomationRunTime"`
	} `json:"status"`
}

func (c Collector) images() []watch.Resource {
	families := commonFamilies(resourceInfo, resourceOverdue, resourceDependsOn)
	declare := func(kind string) watch.Resource {
		return newLifecycleResource(watch.Resource{
			Group: imageGroup, Kind: kind, Versions: []string{"v1", "v1beta2", "v1beta1"}, Families: families,
		}, func(o *image, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			return c.imageRows(o, kind, v, seen, r)
		})
	}
	return []watch.Resource{declare("ImageRepository"), declare("ImagePolicy"), declare("ImageUpdateAutomation")}
}

func (c Collector) imageRows(o *image, kind string, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	s := subject{
		kind: kind, lifecycle: &plain, target: v.Cluster, meta: &o.Metadata, status: &o.Status.status,
		suspended: o.Spec.Suspend, interval: o.Spec.Interval, lastRun: o.Status.LastScanResult.ScanTime,
		source: o.Spec.SourceRef.resolve(o.Metadata.Namespace),
	}
	if o.Status.LastAutomationRun.After(s.lastRun) {
		s.lastRun = o.Status.LastAutomationRun
	}
	i := info{
		group: imageGroup, url: o.Spec.Image.Redacted(),
		sourceKind: o.Spec.SourceRef.Kind, sourceNamespace: o.Spec.SourceRef.Namespace, sourceName: o.Spec.SourceRef.Name,
	}
	var waits []dependencies.Wait
	if ref := o.Spec.ImageRepositoryRef; ref.Name != "" {
		ref.Kind = "ImageRepository"
		i.sourceKind, i.sourceNamespace, i.sourceName = ref.Kind, ref.Namespace, ref.Name
		s.source = ref.resolve(o.Metadata.Namespace)
		waits = []dependencies.Wait{{Ref: s.source}}
	}
	s.evaluate(seen)
	s.addInfo(r, i)
	s.rows(r)
	c.overdueRow(&s, r)
	s.dependsOnRows(r, waits)
	s.recordDependencies(r, dependencies.Node{Empty: kind == "ImageRepository" && o.Status.LastScanResult.TagCount == 0}, waits)
	return s.result.Memory
}
