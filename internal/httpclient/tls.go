// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
)

// TLSFiles builds TLS configurations from files that may be replaced at any time.
type TLSFiles struct {
	config.TLS

	digest  [sha256.Size]byte
	current *tls.Config
	failing string // last failure of Reload
}

// Load returns the TLS configuration from the current contents of the files, and whether it has changed since the last
// call. If the files cannot be used, the previous configuration stays in use.
func (t *TLSFiles) Load() (c *tls.Config, changed bool, err error) {
	h := sha256.New()
	contents := map[string][]byte{}
	for _, file := range []string{t.CAFile, t.CertFile, t.KeyFile} {
		if file == "" {
			continue
		}
		if contents[file], err = files.Read(context.Background(), file, files.MaxCredentials); err != nil {
			return t.current, false, &failure.FileError{Err: err}
		}
		_, _ = fmt.Fprintf(h, "%d\n%s", len(contents[file]), contents[file])
	}
	digest := [sha256.Size]byte(h.Sum(nil))
	if t.current != nil && digest == t.digest {
		return t.current, false, nil
	}
	c = &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.InsecureSkipVerify, //nolint:gosec // configured by the user
	}
	if t.CAFile != "" {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(contents[t.CAFile]) {
			return t.current, false, &failure.FileError{Err: fmt.Errorf("%s: no certificate in it", t.CAFile)}
		}
	}
	if t.CertFile != "" {
		pair, err := tls.X509KeyPair(contents[t.CertFile], contents[t.KeyFile])
		if err != nil {
			// The original error could quote the file.
			return t.current, false, &failure.FileError{Err: errors.New(t.CertFile + " and " + t.KeyFile + ": not a certificate with its key")}
		}
		c.Certificates = []tls.Certificate{pair}
	}
	t.digest, t.current = digest, c
	return c, true, nil
}

// Reload calls [TLSFiles.Load] and logs a line if the files cannot be used, once for each series of failures with the
// same reason.
func (t *TLSFiles) Reload(log *slog.Logger) (c *tls.Config, changed bool, err error) {
	c, changed, err = t.Load()
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != t.failing && text != "" {
		log.Warn("TLS files not loaded; those before stay in use, if there are any", "err", err)
	}
	t.failing = text
	return c, changed, err
}
