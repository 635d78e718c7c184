// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package certmanager

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type issuerObject struct {
	watch.Object

	Spec   issuerSpec `json:"spec"`
	Status struct {
		Conditions lifecycle.Conditions `json:"conditions"`
	} `json:"status"`
}

// issuerSpec has one key, which is the type of the issuer. The configuration in it is not read.
type issuerSpec struct {
	ACME       *struct{} `json:"acme"`
	CA         *struct{} `json:"ca"`
	SelfSigned *struct{} `json:"selfSigned"`
	Vault      *struct{} `json:"vault"`
	Venafi     *struct{} `json:"venafi"`
}

func (s *issuerSpec) name() string {
	switch {
	case s.ACME != nil:
		return "acme"
	case s.CA != nil:
		return "ca"
	case s.SelfSigned != nil:
		return "selfSigned"
	case s.Vault != nil:
		return "vault"
	case s.Venafi != nil:
		return "venafi"
	}
	return ""
}

// issuers declares Issuer or ClusterIssuer.
func issuers(kind string) watch.Resource {
	return watch.NewStatefulResource(resource(kind, issuerFamilies()),
		func(o *issuerObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			result := declaredKind.Evaluate(lifecycleObject(&o.Metadata, o.Status.Conditions), seen)
			if result.State == lifecycle.Deleting {
				return result.Memory
			}
			namespace, name := o.Metadata.Namespace, o.Metadata.Name
			labels := []string{kind, namespace, name, issuerReference{Name: name, Kind: kind}.identity(namespace)}
			r.Add(issuerInfo, 1, append(labels[:4:4], o.Spec.name(), readyReason(o.Status.Conditions))...)
			r.Bool(issuerReady, o.Status.Conditions.Is("Ready", "True"), labels...)
			notReadyRow(r, issuerNotReady, &result, labels...)
			return result.Memory
		})
}
