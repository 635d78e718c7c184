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

const sourceGroup = "source.toolkit.fluxcd.io"

// source is an object of any kind that produces an artifact.
type source struct {
	watch.Object

	Spec struct {
		Suspend    bool       `json:"suspend"`
		Interval   string     `json:"interval"`
		Type       string     `json:"type"` // HelmRepository: default or oci
		URL        redact.URL `json:"url"`
		Endpoint   redact.URL `json:"endpoint"`   // Bucket
		BucketName string     `json:"bucketName"` // Bucket
		SourceRef  reference  `json:"sourceRef"`  // HelmChart, ExternalArtifact
		Ref        struct {
			Branch string `json:"branch"`
			Tag    string `json:"tag"`
			Semver string `json:"semver"`
			Name   string `json:"name"`
		} `json:"ref"`
	} `json:"spec"`
	Status struct {
		status

		Artifact struct {
			Revision   string    `json:"revision"`
			Size       *int64    `json:"size"`
			LastUpdate time.Time `json:"lastUpdateTime"`
		} `json:"artifact"`
	} `json:"status"`
}

func sources() []watch.Resource {
	families := commonFamilies(resourceInfo, artifactSize, artifactTime)
	declare := func(kind string, versions ...string) watch.Resource {
		return newLifecycleResource(watch.Resource{Group: sourceGroup, Kind: kind, Versions: versions, Families: families},
			func(o *source, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
				return o.rows(kind, v, seen, r)
			})
	}
	return []watch.Resource{
		declare("GitRepository", "v1", "v1beta2"),
		declare("OCIRepository", "v1", "v1beta2"),
		declare("Bucket", "v1", "v1beta2"),
		declare("HelmRepository", "v1", "v1beta2"),
		declare("HelmChart", "v1", "v1beta2"),
		declare("ExternalArtifact", "v1"),
	}
}

func (o *source) rows(kind string, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	s := subject{
		kind: kind, lifecycle: &fetched, target: v.Cluster, meta: &o.Metadata, status: &o.Status.status,
		suspended: o.Spec.Suspend, interval: o.Spec.Interval,
		// An OCI Helm repository only has the URL for its charts.
		static: kind == "HelmRepository" && o.Spec.Type == "oci",
		source: o.Spec.SourceRef.resolve(o.Metadata.Namespace), provides: true,
	}
	if at := o.Status.Artifact.LastUpdate; !at.IsZero() {
		s.attempts = []lifecycle.Attempt{{First: at, Last: at}}
	}
	s.evaluate(seen)
	i := info{
		group: sourceGroup, revision: o.Status.Artifact.Revision, applied: o.Status.Artifact.Revision,
		url: o.Spec.URL.Redacted(), ref: o.ref(kind),
		sourceKind: o.Spec.SourceRef.Kind, sourceNamespace: o.Spec.SourceRef.Namespace, sourceName: o.Spec.SourceRef.Name,
	}
	if kind == "Bucket" {
		i.url = o.Spec.Endpoint.Redacted()
	}
	s.addInfo(r, i)
	s.rows(r)
	if o.Status.Artifact.Size != nil {
		r.Add(artifactSize, float64(*o.Status.Artifact.Size), s.labels()...)
	}
	r.Time(artifactTime, o.Status.Artifact.LastUpdate, s.labels()...)
	s.recordDependencies(r, dependencies.Node{Revision: dependencies.RevisionOf(o.Status.Artifact.Revision),
		Origin: &dependencies.Origin{URL: i.url, Ref: i.ref}}, nil)
	return s.result.Memory
}

// ref returns the most specific reference that the source follows.
func (o *source) ref(kind string) string {
	ref := o.Spec.Ref
	switch kind {
	case "GitRepository":
		return lastNonEmpty(ref.Branch, ref.Tag, ref.Semver, ref.Name)
	case "OCIRepository":
		return lastNonEmpty(ref.Tag, ref.Semver)
	case "Bucket":
		return o.Spec.BucketName
	}
	return ""
}

// lastNonEmpty returns the last of values that is not empty.
func lastNonEmpty(values ...string) string {
	result := ""
	for _, v := range values {
		if v != "" {
			result = v
		}
	}
	return result
}

const generatorGroup = "source.extensions.fluxcd.io"

// generator is an ArtifactGenerator.
type generator struct {
	watch.Object

	Spec struct {
		Sources []reference `json:"sources"`
	} `json:"spec"`
	Status struct {
		status

		Inventory watch.Count `json:"inventory"`
	} `json:"status"`
}

// suspendGenerator is the annotation that suspends an ArtifactGenerator, which has no spec.suspend.
const suspendGenerator = "source.extensions.fluxcd.io/reconcile"

func generators() watch.Resource {
	return newLifecycleResource(watch.Resource{
		Group: generatorGroup, Kind: "ArtifactGenerator", Versions: []string{"v1", "v1beta1"},
		Families:    commonFamilies(resourceInfo, resourceInventory),
		Annotations: []string{suspendGenerator},
	}, func(o *generator, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
		s := subject{
			kind: "ArtifactGenerator", lifecycle: &plain, target: v.Cluster, meta: &o.Metadata, status: &o.Status.status,
			suspended: isDisabled(&o.Metadata, suspendGenerator), provides: true,
		}
		for _, from := range o.Spec.Sources {
			s.refers = append(s.refers, from.resolve(o.Metadata.Namespace))
		}
		if len(s.refers) == 1 { // if there are several, the status does not record which one failed
			s.source, s.refers = s.refers[0], nil
		}
		s.evaluate(seen)
		s.addInfo(r, info{group: generatorGroup})
		s.rows(r)
		r.Add(resourceInventory, float64(o.Status.Inventory), s.labels()...)
		s.recordDependencies(r, dependencies.Node{}, nil)
		return s.result.Memory
	})
}
