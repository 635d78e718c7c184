// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
)

// CheckWebConfig reports whether an exporter-toolkit configuration file turns on
// TLS, or why it is not valid. An empty name is valid and turns nothing on.
func CheckWebConfig(ctx context.Context, file string) (tls bool, err error) {
	if file == "" {
		return false, nil
	}
	if tls, err = checkWebFiles(ctx, file); err == nil {
		err = web.Validate(file)
	}
	if err != nil {
		return false, fmt.Errorf("web configuration %s: %w", file, err)
	}
	return tls, nil
}

// checkWebFiles reads the file and the files that it names: the toolkit would read files
// of any kind and size.
func checkWebFiles(ctx context.Context, file string) (tls bool, err error) {
	data, err := files.Read(ctx, file, files.MaxConfig)
	if err != nil {
		return false, err
	}
	var c struct {
		TLS web.TLSConfig `yaml:"tls_server_config"`
	}
	if err := yaml.Unmarshal(data, &c); err != nil {
		return false, err
	}
	c.TLS.SetDirectory(filepath.Dir(file))
	for _, name := range []string{c.TLS.TLSCertPath, c.TLS.TLSKeyPath, c.TLS.ClientCAs} {
		if name == "" {
			continue
		}
		if _, err := files.Read(ctx, name, files.MaxCredentials); err != nil && !errors.Is(err, fs.ErrNotExist) { // the toolkit reports it better
			return false, err
		}
	}
	return c.TLS.IsEnabled(), nil
}
