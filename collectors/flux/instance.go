// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type fluxInstance struct {
	watch.Object

	Spec struct {
		Distribution struct {
			Version  string     `json:"version"`
			Registry redact.URL `json:"registry"`
			Variant  string     `json:"variant"`
			Artifact redact.URL `json:"artifact"`
		} `json:"distribution"`
		Components []string        `json:"components"`
		Cluster    instanceCluster `json:"cluster"`
		Sharding   struct {
			Key    string   `json:"key"`
			Shards []string `json:"shards"`
		} `json:"sharding"`
		Sync      *instanceSync `json:"sync"`
		Kustomize struct {
			Patches []struct {
				Target struct {
					Kind string `json:"kind"`
				} `json:"target"`
			} `json:"patches"`
		} `json:"kustomize"`
	} `json:"spec"`
	Status struct {
		status

		LastAttemptedRevision string      `json:"lastAttemptedRevision"`
		LastAppliedRevision   string      `json:"lastAppliedRevision"`
		Components            []component `json:"components"`
		Inventory             *inventory  `json:"inventory"`
		History               []history   `json:"history"`
	} `json:"status"`
}

// instanceCluster has the settings of a FluxInstance about its cluster.
type instanceCluster struct {
	Type          string `json:"type"`
	Size          string `json:"size"`
	Domain        string `json:"domain"`
	Multitenant   bool   `json:"multitenant"`
	NetworkPolicy *bool  `json:"networkPolicy"`
}

// instanceSync is the source and the Kustomization that a FluxInstance creates.
type instanceSync struct {
	Name string     `json:"name"`
	Kind string     `json:"kind"`
	URL  redact.URL `json:"url"`
	Ref  string     `json:"ref"`
	Path string     `json:"path"`
}

type component struct {
	Name       string     `json:"name"`
	Repository redact.URL `json:"repository"`
	Tag        string     `json:"tag"`
	Digest     string     `json:"digest"`
}

func (c component) image() string {
	image := c.Repository.Redacted()
	if c.Tag != "" {
		image += ":" + c.Tag
	}
	if c.Digest != "" {
		image += "@" + c.Digest
	}
	return image
}

// defaultComponents returns the components that a FluxInstance without spec.components installs.
func defaultComponents() []string {
	return []string{"source-controller", "kustomize-controller", "helm-controller", "notification-controller"}
}

func (c Collector) fluxInstances() watch.Resource {
	return newLifecycleResource(watch.Resource{
		Group: operatorGroup, Kind: "FluxInstance", Versions: []string{"v1"},
		Families: commonFamilies(instanceInfo, resourceOverdue, resourceSucceeded, resourceRevisionPending, resourceInventory,
			historyTime, historyDuration, historyCount, instanceVersion, instanceInRange, instanceOutOfRange, instanceUpgrade, instanceDesired,
			instanceKind, instanceImage,
			instanceSettings, instanceSyncInfo, instanceShard),
		Annotations: operatorAnnotations(),
	}, c.instanceRows)
}

func (c Collector) instanceRows(o *fluxInstance, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	s := operatorSubject("FluxInstance", "1h", v, &o.Metadata, &o.Status.status)
	s.setHistory(o.Status.History, o.Status.LastAppliedRevision != "")
	s.evaluate(seen)
	ready, reason := s.readyLabels()
	r.Add(instanceInfo, 1, s.kind, s.meta.Namespace, s.meta.Name, ready, reason, boolLabel(s.suspended),
		o.Spec.Distribution.Registry.Redacted(), o.Status.LastAppliedRevision, s.meta.UID)
	s.rows(r)
	c.overdueRow(&s, r)
	s.successRow(r)
	s.revisionRow(r, o.Status.LastAttemptedRevision, o.Status.LastAppliedRevision)
	s.inventoryRow(r, o.Status.Inventory)
	s.historyRows(r, o.Status.History)
	o.versionRows(&s, r)
	o.componentRows(&s, r)
	o.settingRows(&s, r)
	revision := dependencies.RevisionOf(o.Status.LastAppliedRevision)
	s.recordDependencies(r, dependencies.Node{Revision: revision, Demand: o.expectations(&s)}, nil)
	return s.result.Memory
}

// versionRows adds the requested, attempted and applied versions. If the attempted version differs from the
// applied one, the last attempt has not succeeded.
func (o *fluxInstance) versionRows(s *subject, r *exposition.Rows) {
	desired, attempted, applied := o.Spec.Distribution.Version, o.Status.LastAttemptedRevision, o.Status.LastAppliedRevision
	r.Add(instanceVersion, 1, s.labels(desired, attempted, applied)...)
	outOfRange := lifecycle.LaterOf(s.specChangedAt(), o.appliedSince())
	if attempted != "" && attempted != applied {
		outOfRange = o.attemptedSince(s)
		r.Time(instanceUpgrade, outOfRange.Time, s.labels(attempted, applied, outOfRange.Precision())...)
	}
	if fits, ok := inRange(desired, withoutDigest(applied)); ok {
		r.Bool(instanceInRange, fits, s.labels()...)
		if !fits {
			r.Time(instanceOutOfRange, outOfRange.Time, s.labels(outOfRange.Precision())...)
		}
	}
}

// appliedSince returns the time at which the applied revision was first applied; zero if it is not recorded.
func (o *fluxInstance) appliedSince() (since time.Time) {
	for _, h := range o.Status.History {
		if o.Status.LastAppliedRevision == h.Properties.Flux+"@"+h.Digest && h.First.After(since) {
			since = h.First
		}
	}
	return since
}

// attemptedSince returns the onset of the attempts to apply the pending revision: the end of the first recorded
// attempt, or else the last change of the spec or of the state.
func (o *fluxInstance) attemptedSince(s *subject) lifecycle.Onset {
	since := lifecycle.Onset{Once: s.result.Onset.Once}
	_, digest, _ := strings.Cut(o.Status.LastAttemptedRevision, "@")
	for _, h := range o.Status.History {
		if h.Digest == digest && (since.Time.IsZero() || h.First.Before(since.Time)) {
			since.Time = h.First
		}
	}
	if since.Time.IsZero() {
		ready, _ := s.status.Conditions.Get("Ready")
		since.AtLeast = true
		for _, t := range []time.Time{s.meta.SpecChanged(), s.result.Onset.Time, ready.LastTransitionTime} {
			if since.Time.IsZero() && t.After(s.result.LastSuccess) {
				since.Time = t
			}
		}
		since.Time = cmp.Or(since.Time, ready.LastTransitionTime)
	}
	return since
}

// withoutDigest returns the version of a revision such as v2.9.5@sha256:….
func withoutDigest(revision string) string {
	version, _, _ := strings.Cut(revision, "@")
	return version
}

// componentRows adds the requested components, their kinds, and the images that were rolled out.
func (o *fluxInstance) componentRows(s *subject, r *exposition.Rows) {
	for _, name := range o.components() {
		r.Add(instanceDesired, 1, s.labels(name)...)
		if !o.isInstalled(s) {
			continue
		}
		for _, kind := range reconciledKinds(name) {
			r.Add(instanceKind, 1, s.labels(name, kind)...)
		}
	}
	for _, c := range o.Status.Components {
		r.Add(instanceImage, 1, s.labels(c.Name, c.image())...)
	}
}

func (o *fluxInstance) components() []string {
	if len(o.Spec.Components) > 0 {
		return o.Spec.Components
	}
	return defaultComponents()
}

// reconciledKinds returns the kinds that every version of a component reconciles.
func reconciledKinds(component string) []string {
	switch component {
	case "source-controller":
		return []string{"GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart"}
	case "kustomize-controller":
		return []string{"Kustomization"}
	case "helm-controller":
		return []string{"HelmRelease"}
	case "notification-controller":
		return []string{"Alert", "Provider", "Receiver"}
	case "image-reflector-controller":
		return []string{"ImageRepository", "ImagePolicy"}
	case "image-automation-controller":
		return []string{"ImageUpdateAutomation"}
	case "source-watcher":
		return []string{"ArtifactGenerator"}
	}
	return nil
}

// settingRows adds the settings, and the requested objects other than controllers.
func (o *fluxInstance) settingRows(s *subject, r *exposition.Rows) {
	c := &o.Spec.Cluster
	r.Add(instanceSettings, 1, s.labels(c.Type, c.Size, c.Domain, boolLabel(c.Multitenant), boolLabel(o.networkPolicy()),
		o.Spec.Distribution.Variant, o.Spec.Distribution.Artifact.Redacted())...)
	if sync := o.Spec.Sync; sync != nil {
		r.Add(instanceSyncInfo, 1, s.labels(sync.Kind, o.syncName(), sync.URL.Redacted(), sync.Ref, sync.Path)...)
	}
	if o.isInstalled(s) {
		for _, shard := range o.Spec.Sharding.Shards {
			r.Add(instanceShard, 1, s.labels(shard)...)
		}
	}
}

func (o *fluxInstance) networkPolicy() bool {
	return o.Spec.Cluster.NetworkPolicy == nil || *o.Spec.Cluster.NetworkPolicy
}

// syncName returns the name of the source and the Kustomization of the sync.
func (o *fluxInstance) syncName() string { return cmp.Or(o.Spec.Sync.Name, o.Metadata.Namespace) }

// isInstalled reports whether the objects that the FluxInstance requests should exist.
func (o *fluxInstance) isInstalled(s *subject) bool {
	return s.result.State == lifecycle.Ready || s.result.State == lifecycle.Suspended && o.Status.LastAppliedRevision != ""
}

// patches reports whether the FluxInstance patches objects of any of the kinds.
func (o *fluxInstance) patches(kinds ...string) bool {
	for _, p := range o.Spec.Kustomize.Patches {
		if slices.Contains(kinds, p.Target.Kind) {
			return true
		}
	}
	return false
}

// expectations returns the expected values of other objects; nil while they are being installed.
func (o *fluxInstance) expectations(s *subject) *dependencies.Demand {
	if !o.isInstalled(s) {
		return nil
	}
	d := &dependencies.Demand{
		Registry: strings.TrimSuffix(o.Spec.Distribution.Registry.Redacted(), "/"), Version: withoutDigest(o.Status.LastAppliedRevision),
		Since: o.appliedSince(), Changed: s.specChangedAt(),
	}
	for _, c := range o.Status.Components {
		d.Images = append(d.Images, dependencies.Image{Component: c.Name, Name: c.Repository.Redacted()})
	}
	if o.networkPolicy() && !o.patches("NetworkPolicy") {
		d.Policies = dependencies.NetworkPolicies()
	}
	if o.Spec.Sharding.Key == "" || o.Spec.Sharding.Key == shardLabel {
		d.Shards = o.Spec.Sharding.Shards
	}
	if sync := o.Spec.Sync; sync != nil {
		d.Sync = dependencies.Sync{
			Source: dependencies.Ref{Kind: sync.Kind, Namespace: o.Metadata.Namespace, Name: o.syncName()},
			URL:    sync.URL.Redacted(), Ref: sync.Ref, Path: trimPath(sync.Path), Patched: o.patches(sync.Kind, "Kustomization"),
		}
	}
	return d
}

// trimPath returns the canonical form of a path within a source.
func trimPath(p string) string { return strings.Trim(strings.TrimPrefix(p, "."), "/") }
