// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
)

// WebConfig has the features that an exporter-toolkit configuration file enables. HTTP2 is false
// unless the file sets it, unlike in the toolkit.
type WebConfig struct{ TLS, BasicAuth, HTTP2 bool }

// protocols returns the protocols to serve. HTTP/2 is off by default: scrapes do not need it, and
// frames that cost a client nothing (streams that are reset, pings, settings) would delay them.
func (c WebConfig) protocols() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetHTTP2(c.HTTP2)
	return &p
}

// CheckWebConfig returns the features that an exporter-toolkit configuration file enables, or an
// error if it is invalid. An empty file name is valid.
func CheckWebConfig(ctx context.Context, file string) (WebConfig, error) {
	if file == "" {
		return WebConfig{}, nil
	}
	c, err := checkWebFiles(ctx, file)
	if err == nil {
		err = web.Validate(file)
	}
	if err != nil {
		return WebConfig{}, fmt.Errorf("web configuration %s: %w", file, err)
	}
	return c, nil
}

// checkWebFiles reads the file and the files that it names, because the toolkit would read files of
// any kind and size.
func checkWebFiles(ctx context.Context, file string) (WebConfig, error) {
	data, err := files.Read(ctx, file, files.MaxConfig)
	if err != nil {
		return WebConfig{}, err
	}
	var c struct {
		TLS   web.TLSConfig     `yaml:"tls_server_config"`
		Users map[string]string `yaml:"basic_auth_users"`
		HTTP  struct {
			HTTP2 bool `yaml:"http2"`
		} `yaml:"http_server_config"`
	}
	if err := yaml.Unmarshal(data, &c); err != nil {
		return WebConfig{}, err
	}
	c.TLS.SetDirectory(filepath.Dir(file))
	for _, name := range []string{c.TLS.TLSCertPath, c.TLS.TLSKeyPath, c.TLS.ClientCAs} {
		if name == "" {
			continue
		}
		// The toolkit reports a missing file with its key.
		if _, err := files.Read(ctx, name, files.MaxCredentials); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return WebConfig{}, err
		}
	}
	return WebConfig{TLS: c.TLS.IsEnabled(), BasicAuth: len(c.Users) > 0, HTTP2: c.HTTP.HTTP2}, nil
}
