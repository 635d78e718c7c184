// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package certmanager exports the objects of cert-manager: certificates and issuers that are not ready, with their
// reasons; the times of expiry and renewal; and failed requests.
package certmanager

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Name is the name of the collector and of its system, in collect[].
const Name = "certmanager"

const group = "cert-manager.io"

// System describes cert-manager to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return Collector{}, c.CertManager.Enabled
		},
		Objects: objects.Declaration{
			NotReady: []string{
				"cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds",
				"cobaltcore_certmanager_issuer_not_ready_since_timestamp_seconds",
				"cobaltcore_certmanager_request_pending_since_timestamp_seconds",
			},
			Failed: []string{"cobaltcore_certmanager_request_failed_timestamp_seconds"},
			Info:   []string{"cobaltcore_certmanager_certificate_info", "cobaltcore_certmanager_issuer_info"},
			Edges: []objects.Edge{{
				Family: "cobaltcore_certmanager_certificate_info", Label: "issuer", Kinds: []string{"Issuer", "ClusterIssuer"},
				Other: objects.ByReference,
			}},
		},
		Changes: []changes.Source{
			{
				Family: "cobaltcore_certmanager_certificate_not_ready_since_timestamp_seconds", Type: changes.State, Label: "status",
				Kind: "Certificate", Problems: true,
			},
			{
				Family: "cobaltcore_certmanager_issuer_not_ready_since_timestamp_seconds", Type: changes.State, Label: "status",
				Problems: true,
			},
			{Family: "cobaltcore_certmanager_certificate_info", Type: changes.Revision, Label: "revision", Kind: "Certificate"},
		},
		Metrics: []collectors.Section{{
			Title: "cert-manager",
			Text: "`issuer` identifies the issuer within the cluster: Issuer/namespace/name or ClusterIssuer/name, with the API group in front " +
				"if it is not cert-manager.io. A healthy Certificate has four rows, a healthy issuer two, and an issued CertificateRequest none.",
			Prefixes: []string{"cobaltcore_certmanager_"},
		}},
	}
}

// Collector watches the four kinds of cert-manager.io/v1.
type Collector struct{}

// Name returns the name of the collector.
func (Collector) Name() string { return Name }

// Families returns every family that the collector may export.
func (Collector) Families() []*exposition.Family { return Families() }

// Resources returns the kinds to watch.
func (Collector) Resources() []watch.Resource {
	return []watch.Resource{certificates(), requests(), issuers("Issuer"), issuers("ClusterIssuer")}
}

// Probes returns nothing: cert-manager is watched.
func (Collector) Probes(collectors.Site) []collectors.Probe { return nil }

func resource(kind string, families []*exposition.Family) watch.Resource {
	return watch.Resource{Group: group, Kind: kind, Versions: []string{"v1"}, Families: families}
}

// issuerReference is spec.issuerRef.
type issuerReference struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Group string `json:"group"`
}

// identity returns the label issuer for the issuer to which an object in namespace refers.
func (r issuerReference) identity(namespace string) string {
	kind := r.Kind
	if kind == "" {
		kind = "Issuer"
	}
	id := kind + "/"
	if r.Group != "" && r.Group != group {
		id = r.Group + "/" + id
	}
	if kind != "ClusterIssuer" {
		id += namespace + "/"
	}
	return id + r.Name
}
