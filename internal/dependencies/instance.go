// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dependencies

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

var (
	policyPresent = &exposition.Family{
		Name: "cobaltcore_flux_instance_network_policy_present", Type: exposition.Gauge,
		Labels: []string{"cluster", "target_cluster", "kind", "exported_namespace", "name", "policy"},
		Help:   "Whether a NetworkPolicy that a FluxInstance declares exists in its namespace.",
	}
	mismatchInfo = &exposition.Family{
		Name: "cobaltcore_flux_instance_mismatch_info", Type: exposition.Gauge,
		Labels: []string{"cluster", "target_cluster", "kind", "exported_namespace", "name", "aspect", "object", "desired", "actual"},
		Help: "An object that differs from the declaration in a FluxInstance that is ready or suspended. aspect is sync, registry, distribution or shard; " +
			"object is the source or Kustomization of the sync, the component, the FluxReport, or the shard. Always 1.",
	}
	mismatchSince = &exposition.Family{
		Name: "cobaltcore_flux_instance_mismatch_since_timestamp_seconds", Type: exposition.Gauge,
		Labels: []string{"cluster", "target_cluster", "kind", "exported_namespace", "name", "aspect", "object", "onset"},
		Help: "Since when an object differs from the declaration in a FluxInstance: the last change of either of them, or the time of the FluxReport. There is no row if this is not recorded. " +
			"onset: see cobaltcore_flux_resource_not_ready_since_timestamp_seconds.",
	}
)

// Kinds that are compared with the expectations of a FluxInstance.
const (
	KindNetworkPolicy = "NetworkPolicy"
	kindReport        = "FluxReport"
	kindKustomization = "Kustomization"
)

// NetworkPolicies returns the names of the network policies that Flux installs.
func NetworkPolicies() []string { return []string{"allow-egress", "allow-scraping", "allow-webhooks"} }

// Demand has the expectations of a FluxInstance about other objects.
type Demand struct {
	// Policies are the names of NetworkPolicies in its namespace.
	Policies []string
	Sync     Sync
	// Shards are the shards with their own controllers. Without shards, the controllers reconcile all objects.
	Shards   []string
	Registry string
	Images   []Image
	// Version is the applied version, and Since is the time at which it was first applied.
	Version string
	Since   time.Time
	// Changed is the time of the last change of the spec; zero if unknown.
	Changed time.Time
}

// Sync describes the source and the Kustomization, of the same name, that sync a cluster.
type Sync struct {
	Source         Ref
	URL, Ref, Path string
	// Patched means that they are patched before they are applied.
	Patched bool
}

// Image is the image of a component of Flux.
type Image struct{ Component, Name string }

// repository returns the path of the image without its last element.
func (i Image) repository() string { return i.Name[:max(strings.LastIndexByte(i.Name, '/'), 0)] }

// Report is the Flux distribution in a FluxReport.
type Report struct {
	Version, ManagedBy string
	Images             []Image
	// Written is the earliest time at which the report may have been written.
	Written time.Time
	// Once means that no later report follows.
	Once bool
}

// Origin is the location from which a source or a Kustomization gets its content.
type Origin struct {
	URL, Ref, Path string
	// Changed is the time of the last change of the spec; zero if unknown.
	Changed time.Time
}

// mismatch is an object that differs from the expectations of a FluxInstance, and the onset of the difference; zero if
// unknown.
type mismatch struct {
	aspect, object, desired, actual string

	since lifecycle.Onset
}

// affectsInstances reports whether a change of an object may affect the mismatches of an instance.
func (c *Cluster) affectsInstances(ref Ref, before, now *Node) bool {
	if len(c.instances) == 0 {
		return false
	}
	if shardOf(before) != shardOf(now) || c.instances[ref] || ref.Kind == kindReport || ref.Kind == KindNetworkPolicy {
		return true
	}
	for instance := range c.instances {
		sync := c.nodes[instance].Demand.Sync.Source
		if sync.Namespace == ref.Namespace && sync.Name == ref.Name {
			return true
		}
	}
	return false
}

func shardOf(n *Node) string {
	if n == nil {
		return ""
	}
	return n.Shard
}

// indexInstance updates the sets of instances and shards after a note was replaced.
func (c *Cluster) indexInstance(ref Ref, before, now *Node) {
	if shard := shardOf(before); shard != "" {
		if c.shards[shard]--; c.shards[shard] == 0 {
			delete(c.shards, shard)
		}
	}
	if shard := shardOf(now); shard != "" {
		c.shards[shard]++
	}
	if now != nil && now.Demand != nil {
		c.instances[ref] = true
	} else if c.instances[ref] {
		delete(c.instances, ref)
		c.group.Delete(instanceKey(ref))
	}
}

// instanceKey returns the key of the rows of an instance.
func instanceKey(ref Ref) string { return "demand of " + ref.String() }

func (c *Cluster) renderInstances() {
	for ref := range c.instances {
		node := c.nodes[ref]
		labels := func(more ...string) []string {
			return append([]string{node.Target, ref.Kind, ref.Namespace, ref.Name}, more...)
		}
		c.group.Set(instanceKey(ref), c.rows, func(r *exposition.Rows) {
			if c.known[KindNetworkPolicy] {
				for _, name := range node.Demand.Policies {
					r.Bool(policyPresent, c.nodes[Ref{KindNetworkPolicy, ref.Namespace, name}] != nil, labels(name)...)
				}
			}
			for _, m := range c.mismatches(ref, node) {
				r.Add(mismatchInfo, 1, labels(m.aspect, m.object, m.desired, m.actual)...)
				if !m.since.Time.IsZero() { // already shifted to the time of the rows
					r.Add(mismatchSince, float64(m.since.Time.Unix()), labels(m.aspect, m.object, m.since.Precision())...)
				}
			}
		})
	}
}

func (c *Cluster) mismatches(ref Ref, instance *Node) []mismatch {
	d := instance.Demand
	all := slices.Concat(c.syncMismatches(&d.Sync, d.Changed), registryMismatches(d, d.Images, lifecycle.LaterOf(d.Changed, d.Since)))
	report := c.nodes[Ref{kindReport, ref.Namespace, ref.Name}]
	if report != nil && report.Report != nil {
		all = append(all, reportMismatches(Ref{kindReport, ref.Namespace, ref.Name}, d, report.Report)...)
	}
	if len(d.Shards) > 0 {
		for shard, objects := range c.shards {
			if !slices.Contains(d.Shards, shard) {
				all = append(all, mismatch{aspect: "shard", object: shard, desired: strings.Join(d.Shards, ","), actual: "objects: " + strconv.Itoa(objects)})
			}
		}
	}
	return all
}

// syncMismatches compares the source and the Kustomization of the sync with the spec. changed is the time of the last
// change of the spec.
func (c *Cluster) syncMismatches(s *Sync, changed time.Time) []mismatch {
	if s.Source.Name == "" {
		return nil
	}
	applier := Ref{kindKustomization, s.Source.Namespace, s.Source.Name}
	var all []mismatch
	add := func(ref Ref, o Origin, desired, actual string) {
		if desired != actual && !s.Patched {
			all = append(all, mismatch{"sync", ref.String(), desired, cmp.Or(actual, "none"), lifecycle.LaterOf(changed, o.Changed)})
		}
	}
	for _, ref := range []Ref{s.Source, applier} {
		desired := s.URL
		if ref == applier {
			desired = s.Source.String()
		}
		node, origin := c.nodes[ref], Origin{}
		if node != nil && node.Origin != nil {
			origin = *node.Origin
		}
		switch {
		case node == nil && c.known[ref.Kind]:
			all = append(all, mismatch{aspect: "sync", object: ref.String(), desired: desired, actual: "missing"})
		case node == nil:
		case ref == applier:
			add(ref, origin, desired, node.Source.String())
			add(ref, origin, s.Path, origin.Path)
		default:
			add(ref, origin, desired, origin.URL)
			add(ref, origin, s.Ref, origin.Ref)
		}
	}
	return all
}

// registryMismatches compares the registry of images with the expected registry.
func registryMismatches(d *Demand, images []Image, since lifecycle.Onset) []mismatch {
	var all []mismatch
	for _, i := range images {
		if from := i.repository(); from != "" && d.Registry != "" && from != d.Registry && !strings.HasPrefix(from, d.Registry+"/") {
			all = append(all, mismatch{"registry", i.Component, d.Registry, from, since})
		}
	}
	return all
}

// reportMismatches compares the installed distribution with the applied distribution. A report from before the last
// upgrade is ignored.
func reportMismatches(ref Ref, d *Demand, r *Report) []mismatch {
	if r.Written.Before(d.Since) {
		return nil
	}
	since := lifecycle.Onset{Time: r.Written, AtLeast: true, Once: r.Once}
	all := registryMismatches(d, r.Images, since)
	if r.Version != "" && d.Version != "" && r.Version != d.Version {
		all = append(all, mismatch{"distribution", ref.String(), d.Version, r.Version, since})
	}
	if r.ManagedBy != "" && r.ManagedBy != "flux-operator" {
		all = append(all, mismatch{"distribution", ref.String(), "flux-operator", r.ManagedBy, since})
	}
	return all
}
