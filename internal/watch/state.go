// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"maps"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
)

// Families about clusters and watches.
var (
	clusterUp = &exposition.Family{
		Name: "cobaltcore_cluster_up", Type: exposition.Gauge, Labels: []string{"cluster"},
		Help: "Whether the cluster can be reached: 0 after two failed probes in a row.",
	}
	clusterInfo = &exposition.Family{
		Name: "cobaltcore_cluster_info", Type: exposition.Gauge, Labels: []string{"cluster", "role", "region", "owner", "source", "version", "cluster_uid"},
		Help: "The clusters of the fleet with their role, region and owner, source (kubeconfig, in-cluster, snapshot, flux-secret, greenhouse or secret), version, and the UID of their namespace kube-system. Two rows with the same UID are one cluster under two names.",
	}
	clusterContact = &exposition.Family{
		Name: "cobaltcore_cluster_last_contact_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster"},
		Help: "Time of the last successful probe of the cluster.",
	}
	clusterFailing = &exposition.Family{
		Name: "cobaltcore_cluster_failing", Type: exposition.Gauge, Labels: []string{"cluster", "reason"},
		Help: "Why the last probe of the cluster failed; there is no row while probes succeed.",
	}
	clusterFailingStatus = &exposition.Family{
		Name: "cobaltcore_cluster_failing_status_code", Type: exposition.Gauge, Labels: []string{"cluster"},
		Help: "HTTP status of the response with which the last probe of the cluster failed. There is no row without a response.",
	}
	clusterCredentials = &exposition.Family{
		Name: "cobaltcore_cluster_credential_expiry_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster", "type"},
		Help: "When the exporter's own credentials for the cluster expire: its token, if that has an expiry, and its client certificate (token or client_certificate).",
	}
	clusterCertificate = &exposition.Family{
		Name: "cobaltcore_cluster_api_certificate_expiry_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster"},
		Help: "Expiry of the last certificate of the API server.",
	}
	clusterIdentityChanged = &exposition.Family{
		Name: "cobaltcore_cluster_identity_changed_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster", "cluster_uid", "first_cluster_uid"},
		Help: "When the name began to lead to another cluster: the UID of the namespace kube-system differs from the first UID under this name. There is no row while it is the same.",
	}
	clusterRefused = &exposition.Family{
		Name: "cobaltcore_cluster_kubeconfig_invalid_since_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster"},
		Help: "Since when the changed kubeconfig or service account has been invalid. The previous connection stays in use; there is no row while the settings are valid.",
	}
	clusterKindsKnown = &exposition.Family{
		Name: "cobaltcore_cluster_kinds_known", Type: exposition.Gauge, Labels: []string{"cluster"},
		Help: "Whether the absence of a kind means that the cluster does not serve it. It is 0 for a snapshot that was not written by the exporter, which may have only some kinds.",
	}
	watchPresent = &exposition.Family{
		Name: "cobaltcore_watch_present", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind", "version"},
		Help: "Whether the cluster serves the kind in a supported version, and the version that the exporter watches.",
	}
	watchUnrecorded = &exposition.Family{
		Name: "cobaltcore_watch_unrecorded", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind"},
		Help: "Kinds to which objects in a snapshot refer, but of which the snapshot has no objects: their state is unknown. Always 1.",
	}
	watchUnsupported = &exposition.Family{
		Name: "cobaltcore_watch_unsupported_versions", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind", "versions"},
		Help: "Kinds that the cluster serves only in unsupported versions, separated by commas: the state of their objects is unknown. Always 1.",
	}
	watchSynced = &exposition.Family{
		Name: "cobaltcore_watch_synced", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind"},
		Help: "Whether the rows of the kind are complete. If it is 0, the kind has no rows.",
	}
	watchEvent = &exposition.Family{
		Name: "cobaltcore_watch_last_event_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind"},
		Help: "Time of the last event, bookmark (about one per minute) or list of the kind.",
	}
	watchObjects = &exposition.Family{
		Name: "cobaltcore_watch_objects", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind"},
		Help: "Objects of the kind that have rows.",
	}
	watchObjectsCut = &exposition.Family{
		Name: "cobaltcore_watch_objects_cut", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind"},
		Help: "Objects of the kind that are left out because of a limit of their number (limits.objectsPerKind) or of the size of rows.",
	}
	watchOverBudget = &exposition.Family{
		Name: "cobaltcore_watch_objects_over_budget", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind", "scope"},
		Help: "Objects in cobaltcore_watch_objects_cut that are left out because of a limit of the size of rows: of the kind (limits.rowMiBPerKind), the cluster (rowMiBPerCluster) or the process (rowMiB). There is no row for 0.",
	}
	watchLabelsCut = &exposition.Family{
		Name: "cobaltcore_watch_objects_with_cut_labels", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind"},
		Help: "Objects of the kind with a label value that was longer than limits.labelValueLength or not valid UTF-8, or with more than 64 KiB of rows and references, of which the rest is left out.",
	}
	watchPartial = &exposition.Family{
		Name: "cobaltcore_watch_partial_decodes_total", Type: exposition.Counter, Labels: []string{"cluster", "collector", "group", "kind"},
		Help: "Objects that arrived with a value of the wrong type, which was left out.",
	}
	watchFailing = &exposition.Family{
		Name: "cobaltcore_watch_failing", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "group", "kind", "reason"},
		Help: "Why the last attempt to list or watch the kind failed; there is no row while the watch works.",
	}
	watchErrors = &exposition.Family{
		Name: "cobaltcore_watch_errors_total", Type: exposition.Counter, Labels: []string{"cluster", "collector", "group", "kind", "reason"},
		Help: "Failed attempts to list or watch the kind. " +
			"The reasons expired and watchlist are only counted: the kind is listed again, or instead.",
	}
)

// Families returns the families about clusters and watches.
func Families() []*exposition.Family {
	return slices.Concat(clusterFamilies(), watchFamilies(), objectFamilies())
}

func clusterFamilies() []*exposition.Family {
	return []*exposition.Family{
		clusterUp, clusterInfo, clusterContact, clusterFailing, clusterFailingStatus, clusterCredentials, clusterCertificate,
		clusterIdentityChanged, clusterRefused, clusterKindsKnown,
	}
}

func watchFamilies() []*exposition.Family {
	return []*exposition.Family{
		watchPresent, watchUnrecorded, watchUnsupported, watchSynced, watchEvent, watchObjects, watchObjectsCut, watchOverBudget,
		watchLabelsCut, watchPartial, watchFailing, watchErrors,
	}
}

// stateGroups returns the groups with the rows about the cluster itself and about the watches of each collector.
func (c *Cluster) stateGroups() []*exposition.Group {
	e := c.options.Exposition
	groups := []*exposition.Group{e.Func(exposition.Key{Cluster: c.Name}, clusterFamilies(), c.clusterRows)}
	for _, set := range c.options.Sets {
		key := exposition.Key{Cluster: c.Name, Collector: set.Collector}
		groups = append(groups, e.Func(key, watchFamilies(), func(r *exposition.Rows) { c.watchRows(set.Collector, r) }))
	}
	return groups
}

func (c *Cluster) clusterRows(r *exposition.Rows) {
	c.mu.Lock()
	s := c.state
	c.mu.Unlock()
	r.Bool(clusterUp, s.up)
	r.Add(clusterInfo, 1, c.Role, c.Region, c.Owner, c.Source, s.serverVersion, s.uid)
	r.Time(clusterContact, s.lastContact)
	r.Time(clusterCredentials, s.token, "token")
	r.Time(clusterCredentials, s.clientCert, "client_certificate")
	r.Time(clusterCertificate, s.serverCert)
	r.Time(clusterIdentityChanged, s.identity.changed, s.identity.last, s.identity.first)
	r.Time(clusterRefused, s.invalidSince)
	r.Bool(clusterKindsKnown, c.Snapshot == nil || s.complete)
	if s.failing.Reason != "" {
		r.Add(clusterFailing, 1, string(s.failing.Reason))
		if s.failingStatus > 0 {
			r.Add(clusterFailingStatus, float64(s.failingStatus))
		}
	}
}

func (c *Cluster) watchRows(collector string, r *exposition.Rows) {
	for _, k := range c.kinds {
		if k.collector != collector {
			continue
		}
		s := k.readState()
		labels := []string{k.collector, k.resource.Group, k.resource.Kind}
		with := func(more string) []string { return append(slices.Clip(labels), more) }
		if s.known {
			r.Bool(watchPresent, s.version != "", with(s.version)...)
		}
		if s.unrecorded {
			r.Add(watchUnrecorded, 1, labels...)
		}
		if len(s.unsupported) > 0 {
			r.Add(watchUnsupported, 1, with(strings.Join(s.unsupported, ","))...)
		}
		if s.version != "" {
			objects, over, cut := k.group.Size()
			r.Bool(watchSynced, s.synced, labels...)
			r.Time(watchEvent, s.lastEvent, labels...)
			r.Add(watchObjects, float64(objects), labels...)
			r.Add(watchObjectsCut, float64(over), labels...)
			overBudget := k.group.OverBudget()
			for _, scope := range slices.Sorted(maps.Keys(overBudget)) {
				r.Add(watchOverBudget, float64(overBudget[scope]), with(scope.String())...)
			}
			r.Add(watchLabelsCut, float64(cut), labels...)
			r.Add(watchPartial, float64(s.partial), labels...)
		}
		if s.failing.Reason != "" {
			r.Add(watchFailing, 1, with(string(s.failing.Reason))...)
		}
		for _, reason := range slices.Sorted(maps.Keys(s.errors)) {
			r.Add(watchErrors, float64(s.errors[reason]), with(string(reason))...)
		}
	}
}

// Status returns the state of the watches of a collector.
func (c *Cluster) Status(collector string) status.Status {
	var parts []status.Status
	for _, k := range c.kinds {
		if k.collector == collector {
			s := k.readState()
			parts = append(parts, s.status())
		}
	}
	return status.Merge(parts...)
}

func (s *kindState) status() status.Status {
	out := status.Status{Errors: map[string]uint64{}, Reason: s.failing.Reason}
	for reason, n := range s.errors {
		out.Errors[string(reason)] = n
	}
	if s.version == "" {
		out.Up = s.known && s.failing.Reason == ""
		return out
	}
	out.Up, out.Took, out.LastSuccess = s.synced && s.failing.Reason == "", s.syncTook, s.lastEvent
	return out
}
