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
	failing string // the last failure of Reload
}

// Load returns the TLS configuration of what the files hold now, and whether it
// is another one than the last time. While they cannot be used, the one before
// stays.
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
		InsecureSkipVerify: t.InsecureSkipVerify, //nolint:gosec // the user's explicit choice
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
			// The text of the error could quote the file.
			return t.current, false, &failure.FileError{Err: errors.New(t.CertFile + " and " + t.KeyFile + ": not a certificate with its key")}
		}
		c.Certificates = []tls.Certificate{pair}
	}
	t.digest, t.current = digest, c
	return c, true, nil
}

// Reload is [TLSFiles.Load] with a log line when the files cannot be used, one for
// as long as it is for the same reason.
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
