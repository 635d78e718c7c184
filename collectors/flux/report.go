// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type fluxReport struct {
	watch.Object

	Spec struct {
		Distribution struct {
			Entitlement string `json:"entitlement"`
			Status      string `json:"status"`
			Version     string `json:"version"`
			ManagedBy   string `json:"managedBy"`
		} `json:"distribution"`
		Cluster struct {
			ServerVersion string `json:"serverVersion"`
			Platform      string `json:"platform"`
			Nodes         *int64 `json:"nodes"`
		} `json:"cluster"`
		Operator struct {
			APIVersion string `json:"apiVersion"`
			Version    string `json:"version"`
			Platform   string `json:"platform"`
		} `json:"operator"`
		Components  []reportComponent  `json:"components"`
		Reconcilers []reportReconciler `json:"reconcilers"`
		Sync        *reportSync        `json:"sync"`
	} `json:"spec"`
	Status status `json:"status"`
}

type reportComponent struct {
	Name  string     `json:"name"`
	Ready bool       `json:"ready"`
	Image redact.URL `json:"image"`
}

type reportReconciler struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Stats      struct {
		Running   int64  `json:"running"`
		Failing   int64  `json:"failing"`
		Suspended int64  `json:"suspended"`
		TotalSize string `json:"totalSize"`
	} `json:"stats"`
}

// reportSync leaves out the field status, which is the message of a condition.
type reportSync struct {
	ID     string     `json:"id"`
	Path   string     `json:"path"`
	Ready  bool       `json:"ready"`
	Source redact.URL `json:"source"`
}

func fluxReports() watch.Resource {
	return newLifecycleResource(watch.Resource{
		Group: operatorGroup, Kind: "FluxReport", Versions: []string{"v1"},
		Families: commonFamilies(operatorInfo, reportInfo, reportTime, reportNodes, reportComponentReady, reportComponentInfo,
			reportReconcilers, reportArtifacts, reportSyncReady, reportSyncInfo),
		Annotations: append(operatorAnnotations(), requestedAnnotation),
	}, (*fluxReport).rows)
}

func (o *fluxReport) rows(v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	s := operatorSubject("FluxReport", "", v, &o.Metadata, &o.Status)
	s.lifecycle = &reported
	s.evaluate(seen)
	s.rows(r)
	spec := &o.Spec
	r.Add(operatorInfo, 1, s.meta.Namespace, s.meta.Name, spec.Operator.Version, spec.Operator.APIVersion, spec.Operator.Platform)
	r.Add(reportInfo, 1, s.labels(spec.Distribution.Status, spec.Distribution.Version, spec.Distribution.ManagedBy,
		spec.Distribution.Entitlement, spec.Cluster.ServerVersion, spec.Cluster.Platform)...)
	if !s.suspended {
		r.Time(reportTime, o.reportedAt(), s.labels()...)
	}
	if spec.Cluster.Nodes != nil {
		r.Add(reportNodes, float64(*spec.Cluster.Nodes), s.labels()...)
	}
	for _, c := range spec.Components {
		r.Bool(reportComponentReady, c.Ready, s.labels(c.Name)...)
		r.Add(reportComponentInfo, 1, s.labels(c.Name, c.Image.Redacted())...)
	}
	for _, c := range spec.Reconcilers { // may list a kind twice: Rows drops the second
		group, _, _ := strings.Cut(c.APIVersion, "/")
		r.Add(reportReconcilers, float64(c.Stats.Running), s.labels(group, c.Kind, "running")...)
		r.Add(reportReconcilers, float64(c.Stats.Failing), s.labels(group, c.Kind, "failing")...)
		r.Add(reportReconcilers, float64(c.Stats.Suspended), s.labels(group, c.Kind, "suspended")...)
		if size, ok := parseSize(c.Stats.TotalSize); ok {
			r.Add(reportArtifacts, size, s.labels(group, c.Kind)...)
		}
	}
	if sync := spec.Sync; sync != nil {
		r.Bool(reportSyncReady, sync.Ready, s.labels()...)
		r.Add(reportSyncInfo, 1, s.labels(sync.ID, sync.Path, sync.Source.Redacted())...)
	}
	report := dependencies.Report{Version: spec.Distribution.Version, ManagedBy: spec.Distribution.ManagedBy, Written: o.reportedAt(),
		Once: seen.Once}
	for _, c := range spec.Components {
		report.Images = append(report.Images, dependencies.Image{Component: c.Name, Name: c.Image.Redacted()})
	}
	s.recordDependencies(r, dependencies.Node{Report: &report}, nil)
	return s.result.Memory
}

// reportedAt returns the newest evidence of the time at which the report was written. The Ready condition changes
// only with its message, and the managed fields only with the object. Flux Operator also requests an update after
// each reconciliation of a FluxInstance.
func (o *fluxReport) reportedAt() time.Time {
	ready, _ := o.Status.Conditions.Get("Ready")
	t := ready.LastTransitionTime
	for _, sign := range []time.Time{requestedAt(&o.Metadata), o.Metadata.OperatorChanged()} {
		if sign.After(t) {
			t = sign
		}
	}
	return t
}

const requestedAnnotation = "reconcile.fluxcd.io/requestedAt"

// requestedAt returns the time at which a reconciliation was requested. The annotation has seconds since the epoch
// if Flux Operator wrote it, and any text if a user did.
func requestedAt(m *watch.Meta) time.Time {
	seconds, err := strconv.ParseInt(m.Annotations[requestedAnnotation], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// parseSize reads sizes such as 3.7 MiB, the format of Flux Operator for the size of the artifacts of
// a kind.
func parseSize(s string) (bytes float64, ok bool) {
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, false
	}
	for i, name := range []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"} {
		if unit == name {
			return n * float64(int64(1)<<(10*i)), true
		}
	}
	return 0, false
}
