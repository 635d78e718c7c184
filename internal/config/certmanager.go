// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

// CertManager configures the collector of cert-manager.
type CertManager struct {
	Enabled bool `yaml:"enabled" jsonschema:"default=true" jsonschema_description:"Watch the objects of cert-manager in every cluster."`
}
