// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"os"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"
)

// CheckWebConfig says whether an exporter-toolkit configuration file turns on
// TLS, or what is wrong with it. No file is right, and no TLS.
func CheckWebConfig(file string) (tls bool, err error) {
	if file == "" {
		return false, nil
	}
	if err := web.Validate(file); err != nil {
		return false, fmt.Errorf("web configuration %s: %w", file, err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return false, fmt.Errorf("web configuration %s: %w", file, err)
	}
	var c struct {
		TLS web.TLSConfig `yaml:"tls_server_config"`
	}
	if err := yaml.Unmarshal(data, &c); err != nil {
		return false, fmt.Errorf("web configuration %s: %w", file, err)
	}
	return c.TLS.IsEnabled(), nil
}
